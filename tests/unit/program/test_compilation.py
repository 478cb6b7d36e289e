"""A published document as decisions read it."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huitou.program.model import (
    Condition,
    EarningRule,
    EndOfMonth,
    EndOfYear,
    Expiry,
    Never,
    PointCurrency,
    RollingDays,
    Rounding,
    Sliding,
    Store,
)
from tests.builders import document, program, rule

TAIPEI, TOKYO = ZoneInfo("Asia/Taipei"), ZoneInfo("Asia/Tokyo")


def test_a_store_without_a_time_zone_has_the_groups() -> None:
    """E9: weekday, hour and business date of a sale are the store's."""
    stores = program().stores

    assert stores["m1"] == Store("m1", "maru", "Maru Xinyi", "north", TAIPEI)
    assert stores["s1"] == Store("s1", "sora", "Sora Ginza", "abroad", TOKYO)


def test_amounts_become_whole_numbers_of_the_smallest_unit() -> None:
    written = document(
        money={"currency": "USD", "exponent": 2},
        earning=[rule(currency="beans", points="0.5", per="2.50", rounding="half_up")],
    )

    assert program(written).earning == (
        EarningRule("base", "Base", "beans", 5, 250, Rounding.HALF_UP, Condition(brands=frozenset({"sora"}))),
    )


def test_a_rule_for_points_of_one_brand_asks_for_that_brand() -> None:
    """M6: brand-only points are earned at their brand, whether or not the rule says so."""
    assert program(document(earning=[rule(currency="beans")])).earning[0].when.brands == {"sora"}


def test_every_condition_arrives() -> None:
    """M7: brand, category, channel, dates, weekday and time of day."""
    when = {
        "brands": ["maru"],
        "categories": ["bread"],
        "channels": ["app"],
        "dates": {"from": "2026-05-01", "to": "2026-05-31"},
        "weekdays": ["fri", "sat"],
        "hours": {"from": "22:00", "to": "02:30"},
    }

    assert program(document(earning=[rule(when=when)])).earning[0].when == Condition(
        brands=frozenset({"maru"}),
        categories=frozenset({"bread"}),
        channels=frozenset({"app"}),
        first_day=date(2026, 5, 1),
        last_day=date(2026, 5, 31),
        weekdays=frozenset({"fri", "sat"}),
        hours=(time(22), time(2, 30)),
    )


@pytest.mark.parametrize(
    ("written", "expiry"),
    [
        ({"type": "never"}, Never()),
        ({"type": "rolling_days", "days": 90}, RollingDays(90)),
        ({"type": "end_of_month", "months": 2}, EndOfMonth(2)),
        ({"type": "end_of_year", "years": 1}, EndOfYear(1)),
        ({"type": "sliding", "days": 365}, Sliding(365)),
    ],
)
def test_every_kind_of_expiry_arrives(written: dict[str, Any], expiry: Expiry) -> None:
    """M8: rolling days, end of month, end of next year (隔年底), sliding, none; with pending days."""
    points = {"id": "points", "name": "Points", "expiry": written, "pending_days": 7}

    compiled = program(document(point_currencies=[points]))

    assert compiled.currencies["points"] == PointCurrency("points", "Points", 0, None, expiry, 7)


def test_limits_and_joins_arrive() -> None:
    compiled = program(document(joins="explicit", late_limit_days=7, claim_limit_days=3))

    assert (compiled.joins_on_use, compiled.late_limit, compiled.claim_limit) == (
        False,
        timedelta(days=7),
        timedelta(days=3),
    )
