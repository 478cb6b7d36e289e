"""A published document as decisions read it."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huitou.program.compilation import compile_program
from huitou.program.model import (
    EndOfMonth,
    EndOfYear,
    Expiry,
    Never,
    PointCurrency,
    RollingDays,
    Sliding,
    Store,
)
from huitou.program.rules import (
    Bonus,
    Cap,
    Combine,
    Condition,
    EarningRule,
    Multiplier,
    Per,
    Rate,
    Rounding,
    Stack,
)
from huitou.program.terms import Conversion, MoneyOff, Price, RefundPolicy, Settlement, Worth
from huitou.program.tiers import AnniversaryWindow, CalendarWindow, RollingWindow, Tier, TierPolicy
from tests.builders import document, program, rule

TIERS: dict[str, Any] = {
    "measure": "spend",
    "window": {"type": "rolling", "days": 365},
    "grace_days": 30,
    "downgrade": "requalify",
    "on_refund": "drop",
    "warning_days": 60,
    "levels": [
        {"id": "basic", "name": "Basic", "threshold": "0"},
        {"id": "gold", "name": "Gold", "threshold": "30000"},
    ],
}
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
        EarningRule("base", "Base", "beans", Rate(5, 250), Rounding.HALF_UP, Condition(brands=frozenset({"sora"}))),
    )


def test_a_rule_for_points_of_one_brand_asks_for_that_brand() -> None:
    """M6: brand-only points are earned at their brand, whether or not the rule says so."""
    assert program(document(earning=[rule(currency="beans")])).earning[0].when.brands == {"sora"}


def test_every_condition_arrives() -> None:
    """M7: where, how, what, when and who."""
    when = {
        "brands": ["maru"],
        "stores": ["m1"],
        "regions": ["north"],
        "payments": ["line_pay"],
        "skus": ["4710088430016"],
        "minimum": "500",
        "tiers": ["gold"],
        "segments": ["lapsed"],
        "first_purchase": "brand",
        "birthday_month": True,
        "categories": ["bread"],
        "channels": ["app"],
        "dates": {"from": "2026-05-01", "to": "2026-05-31"},
        "weekdays": ["fri", "sat"],
        "hours": {"from": "22:00", "to": "02:30"},
    }

    written = document(earning=[rule(when=when)], segments=["lapsed"], tiers=TIERS)

    assert program(written).earning[0].when == Condition(
        brands=frozenset({"maru"}),
        stores=frozenset({"m1"}),
        regions=frozenset({"north"}),
        payments=frozenset({"line_pay"}),
        skus=frozenset({"4710088430016"}),
        minimum=500,
        tiers=frozenset({"gold"}),
        segments=frozenset({"lapsed"}),
        first_purchase="brand",
        birthday_month=True,
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


def test_that_points_are_announced_to_end_arrives() -> None:
    """M8: and is enough to look at members for."""
    points, beans = document()["point_currencies"]
    silent, told = (
        program(document(point_currencies=[{**points, "expiry_notice_days": days}, beans])) for days in (None, 14)
    )
    assert (silent.currencies["points"].expiry_notice_days, silent.places_members) == (None, False)
    assert (told.currencies["points"].expiry_notice_days, told.places_members) == (14, True)


def test_limits_and_joins_arrive() -> None:
    compiled = program(document(joins="explicit", late_limit_days=7, claim_limit_days=3))

    assert (compiled.joins_on_use, compiled.late_limit, compiled.claim_limit) == (
        False,
        timedelta(days=7),
        timedelta(days=3),
    )


def test_a_rule_is_a_rate_a_bonus_or_a_multiplier() -> None:
    """M7: "10 points per NT$100", "50 points", "two and a half times"."""
    bonus = {"id": "gift", "name": "Gift", "currency": "beans", "points": "2.5"}
    double = {"id": "double", "name": "Double", "currency": "points", "times": "2.5", "of": ["base"]}

    rules = program(document(earning=[rule(), bonus, double])).earning

    assert [each.reward for each in rules] == [Rate(1, 100), Bonus(25), Multiplier(250, frozenset({"base"}))]


def test_limits_of_a_rule_and_its_neighbours_arrive() -> None:
    """M7: caps, budget, stack, exclusion, priority; M13: who pays."""
    limited = rule(
        id="limited",
        caps=[{"points": "10", "per": "day"}, {"points": "200", "per": "lifetime"}],
        budget="1000",
        stack="cards",
        excludes=["base"],
        priority=7,
        funded_by="group",
    )
    stacks = [{"id": "cards", "name": "Cards", "combine": "best_of"}]

    assert program(document(earning=[rule(), limited], stacks=stacks)).earning[1] == EarningRule(
        "limited",
        "Base",
        "points",
        Rate(1, 100),
        Rounding.DOWN,
        Condition(),
        caps=(Cap(10, Per.DAY), Cap(200, Per.LIFETIME)),
        budget=1000,
        stack=Stack("cards", Combine.BEST_OF),
        excludes=frozenset({"base"}),
        priority=7,
        funded_by="group",
    )


def test_tiers_arrive() -> None:
    """M15"""
    assert program(document(tiers=TIERS)).tiers == TierPolicy(
        "spend",
        RollingWindow(365),
        30,
        "requalify",
        "drop",
        60,
        (Tier("basic", "Basic", 0), Tier("gold", "Gold", 30_000)),
    )


@pytest.mark.parametrize(
    ("written", "window"),
    [({"type": "calendar", "months": 3}, CalendarWindow(3)), ({"type": "anniversary"}, AnniversaryWindow())],
)
def test_every_kind_of_window_arrives(written: dict[str, Any], window: object) -> None:
    """M15"""
    policy = program(document(tiers={**TIERS, "window": written})).tiers

    assert policy is not None
    assert policy.window == window


@pytest.mark.parametrize(("measure", "threshold"), [("spend", 1200), ("visits", 12), ("points", 12)])
def test_a_threshold_is_in_the_smallest_unit_of_what_is_measured(measure: str, threshold: int) -> None:
    levels = [TIERS["levels"][0], {"id": "gold", "name": "Gold", "threshold": "12"}]
    money = {"currency": "USD", "exponent": 2}

    policy = program(document(money=money, tiers={**TIERS, "measure": measure, "levels": levels})).tiers

    assert policy is not None
    assert policy.levels[1].threshold == threshold


def test_what_points_are_worth_arrives() -> None:
    """M6, M9: money off by brand and currency; conversions by pair, in smallest units."""
    compiled = program(
        document(
            money_off=[
                {"brand": "sora", "currency": "beans", "points": "2.5", "money": "5", "minimum": "5", "share": 30},
                {"brand": "maru", "currency": "points", "points": "100", "money": "10"},
            ],
            conversions=[{"from": "beans", "to": "points", "give": "0.5", "get": "4"}],
        )
    )

    assert compiled.money_off == {
        ("sora", "beans"): MoneyOff("sora", "beans", 25, 5, 50, 30),
        ("maru", "points"): MoneyOff("maru", "points", 100, 10, 100, 100),
    }
    assert compiled.conversions == {("beans", "points"): Conversion("beans", "points", 5, 4)}


def test_refunds_holds_and_settlement_arrive() -> None:
    """E1, E4, E17, E19, M13"""
    compiled = program(
        document(
            refunds={"policy": "debt", "limit_days": 30, "courtesy_days": 7},
            hold_limit_minutes=15,
            settlement={
                "prices": [
                    {
                        "currency": "points",
                        "issuer": "maru",
                        "honoured_by": "sora",
                        "since": "2026-01-01",
                        "points": "100",
                        "money": "8",
                    }
                ],
                "worth": [{"currency": "points", "since": "2026-01-01", "points": "100", "money": "7"}],
                "bearers": {"waived": "group"},
            },
        )
    )

    assert (compiled.refund_policy, compiled.refund_limit, compiled.courtesy_days, compiled.hold_limit) == (
        RefundPolicy.DEBT,
        timedelta(days=30),
        7,
        timedelta(minutes=15),
    )
    assert compiled.settlement == Settlement(
        (Price("points", "maru", "sora", date(2026, 1, 1), 100, 8),),
        (Worth("points", date(2026, 1, 1), 100, 7),),
        {"waived": "group", "debt": "brand", "courtesy": "brand", "adjustment": "brand", "campaign": "brand"},
    )


OLD = {
    "name": "Huitou Club",
    "time_zone": "Asia/Taipei",
    "money": {"currency": "TWD", "exponent": 0},
    "home_currency": "points",
    "late_limit_days": 30,
    "claim_limit_days": 30,
    "joins": "on_use",
    "brands": [{"id": "maru", "name": "Maru"}, {"id": "sora", "name": "Sora"}],
    "stores": [
        {"id": "m1", "brand": "maru", "name": "Maru Xinyi", "region": "north", "time_zone": None},
        {"id": "s1", "brand": "sora", "name": "Sora Ginza", "region": "abroad", "time_zone": "Asia/Tokyo"},
    ],
    "channels": ["store", "app"],
    "categories": ["bread", "tea"],
    "point_currencies": [
        {
            "id": "points",
            "name": "Points",
            "brand": None,
            "exponent": 0,
            "pending_days": 0,
            "expiry": {"type": "rolling_days", "days": 90},
        },
        {
            "id": "beans",
            "name": "Beans",
            "brand": "sora",
            "exponent": 1,
            "pending_days": 0,
            "expiry": {"type": "never"},
        },
    ],
    "earning": [
        {
            "id": "base",
            "name": "Base",
            "currency": "points",
            "points": "1",
            "per": "100",
            "rounding": "down",
            "when": {
                "brands": [],
                "categories": [],
                "channels": [],
                "dates": None,
                "weekdays": [],
                "hours": None,
            },
        }
    ],
}
"""`document` as it was stored before there was more than rates, currencies and stores."""


def test_a_version_that_was_published_long_ago_still_holds() -> None:
    """M34: versions never change, so what came later has a meaning for those that do not know it."""
    assert compile_program(OLD, 1) == program(document())
