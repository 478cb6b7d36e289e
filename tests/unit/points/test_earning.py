"""What a sale earns and why: each condition holds or says what it found instead (M7, M12, E9)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.points.earning import Earning, earnings
from huitou.points.wallet import RuleOutcome
from tests.builders import Line, SaleSeen, at, document, program, rule, sale

ABROAD = {"brand": "sora", "store": "s1"}
"""Sora's store in Tokyo, one hour ahead of Taipei."""


def earned(seen: SaleSeen, *rules: dict[str, Any]) -> Earning:
    """What ``seen`` earns of the shared points."""
    return earnings(seen, program(document(earning=list(rules))))["points"]


def outcome(when: dict[str, Any], seen: SaleSeen) -> RuleOutcome:
    """What one rule with these conditions says of ``seen``."""
    (said,) = earned(seen, rule(when=when)).outcomes
    return said


FIRED = RuleOutcome("base", 1000, 10)
"""One point per 100 of 1000."""


def failed(condition: str, found: str) -> RuleOutcome:
    return RuleOutcome("base", 0, 0, condition, found)


def test_a_rule_without_conditions_fires_and_shows_its_sum() -> None:
    """M12."""
    assert earned(sale(), rule()) == Earning(10, (FIRED,))


def test_every_rule_has_its_say_in_the_order_of_the_programme() -> None:
    """M12: those that did not fire too."""
    said = earned(sale(), rule(), rule(id="app", when={"channels": ["app"]}), rule(id="double", points="2"))

    assert said.points == 30
    assert [(each.rule, each.points, each.failed) for each in said.outcomes] == [
        ("base", 10, ""),
        ("app", 0, "channels"),
        ("double", 20, ""),
    ]


@pytest.mark.parametrize(
    ("when", "holds", "fails", "condition", "found"),
    [
        ({"brands": ["maru"]}, {}, ABROAD, "brands", "sora"),
        ({"channels": ["app"]}, {"channel": "app"}, {}, "channels", "store"),
        ({"weekdays": ["mon"]}, {}, {"occurred_at": at("2026-03-03 12:00")}, "weekdays", "tue"),
        (
            {"dates": {"from": "2026-03-02", "to": "2026-03-02"}},
            {},
            {"occurred_at": at("2026-03-03 00:00")},
            "dates",
            "2026-03-03",
        ),
        (
            {"hours": {"from": "11:00", "to": "14:00"}},
            {},
            {"occurred_at": at("2026-03-02 14:00")},
            "hours",
            "14:00",
        ),
    ],
)
def test_a_condition_holds_or_says_what_it_found(
    when: dict[str, Any], holds: dict[str, Any], fails: dict[str, Any], condition: str, found: str
) -> None:
    """M7, M12."""
    assert outcome(when, sale(**holds)) == FIRED
    assert outcome(when, sale(**fails)) == failed(condition, found)


def test_a_category_selects_lines_and_pays_for_them_alone() -> None:
    """M7."""
    when = {"categories": ["bread", "tea"]}

    assert outcome(when, sale(Line(300, "bread"), Line(250, "tea"), Line(900))) == RuleOutcome("base", 550, 5)
    assert outcome(when, sale(Line(300, "cake"), Line(900))) == failed("categories", "cake")
    assert outcome(when, sale(Line(900))) == failed("categories", "")


@pytest.mark.parametrize(
    ("occurred_at", "fires"),
    [
        ("2026-02-28 23:59:59.999", False),
        ("2026-03-01 00:00", True),
        ("2026-03-31 23:59:59.999", True),
        ("2026-04-01 00:00", False),
    ],
)
def test_dates_include_both_ends(occurred_at: str, fires: bool) -> None:
    """M7."""
    said = outcome({"dates": {"from": "2026-03-01", "to": "2026-03-31"}}, sale(occurred_at=at(occurred_at)))

    assert (said == FIRED) == fires


@pytest.mark.parametrize("dates", [{"from": "2026-03-01"}, {"to": "2026-03-31"}])
def test_dates_may_be_open_at_one_end(dates: dict[str, str]) -> None:
    assert outcome({"dates": dates}, sale()) == FIRED


def test_day_weekday_and_hour_are_the_stores() -> None:
    """E9: 23:30 on Monday in Taipei is 00:30 on Tuesday in Tokyo."""
    abroad = sale(**ABROAD, occurred_at=at("2026-03-02 23:30"))

    assert outcome({"weekdays": ["tue"]}, abroad) == FIRED
    assert outcome({"dates": {"from": "2026-03-03", "to": "2026-03-03"}}, abroad) == FIRED
    assert outcome({"hours": {"from": "23:00", "to": "23:59"}}, abroad) == failed("hours", "00:30")


def test_a_sale_without_a_store_is_on_the_groups_calendar() -> None:
    """E9."""
    online = sale(brand="sora", store=None, occurred_at=at("2026-03-02 23:30"))

    assert outcome({"weekdays": ["mon"]}, online) == FIRED


@pytest.mark.parametrize(
    ("occurred_at", "said"),
    [
        ("2026-03-06 21:59", failed("hours", "21:59")),
        ("2026-03-06 22:00", FIRED),
        ("2026-03-07 01:59", FIRED),
        ("2026-03-07 02:00", failed("weekdays", "sat")),
        ("2026-03-06 01:59", failed("weekdays", "thu")),
        ("2026-03-07 22:00", failed("weekdays", "sat")),
    ],
)
def test_hours_over_midnight_belong_to_the_weekday_on_which_they_began(occurred_at: str, said: RuleOutcome) -> None:
    """M7: Friday night from ten to two; 6 March 2026 is a Friday."""
    when = {"weekdays": ["fri"], "hours": {"from": "22:00", "to": "02:00"}}

    assert outcome(when, sale(occurred_at=at(occurred_at))) == said


def test_a_night_belongs_to_the_date_on_which_it_began() -> None:
    """M7: the last night of March ends in April."""
    when = {"dates": {"from": "2026-03-31", "to": "2026-03-31"}, "hours": {"from": "22:00", "to": "02:00"}}

    assert outcome(when, sale(occurred_at=at("2026-04-01 01:00"))) == FIRED
    assert outcome(when, sale(occurred_at=at("2026-03-31 01:00"))) == failed("dates", "2026-03-30")


def test_the_first_condition_that_fails_is_the_one_that_is_named() -> None:
    """M12."""
    when = {"brands": ["maru"], "channels": ["app"]}

    assert outcome(when, sale(**ABROAD)) == failed("brands", "sora")


@pytest.mark.parametrize(
    ("rounding", "points"),
    [("down", {149: 1, 150: 1, 199: 1, 200: 2}), ("half_up", {149: 1, 150: 2, 249: 2}), ("up", {100: 1, 101: 2})],
)
def test_a_fraction_is_rounded_as_the_rule_says(rounding: str, points: dict[int, int]) -> None:
    """M7: once per rule and purchase."""
    said = {total: earned(sale(Line(total)), rule(rounding=rounding)).points for total in points}

    assert said == points


def test_lines_are_summed_before_they_are_rounded() -> None:
    """M7: two times 50 earn a point."""
    assert earned(sale(Line(50), Line(50)), rule()).points == 1


@given(totals=st.lists(st.integers(0, 10**9), min_size=1, max_size=5), per=st.integers(1, 999), pays=st.integers(1, 99))
def test_the_three_roundings_are_neighbours(totals: list[int], per: int, pays: int) -> None:
    """M7: down and up enclose the exact value; half up is the nearer of them."""
    amounts = sale(*map(Line, totals))
    down, half, up = (
        earned(amounts, rule(points=str(pays), per=str(per), rounding=each)).points
        for each in ("down", "half_up", "up")
    )

    exact = sum(totals) * pays
    assert down * per <= exact <= up * per
    assert up - down <= 1
    assert half == (up if 2 * (exact - down * per) >= per else down)


def test_points_of_one_brand_are_earned_there_alone_and_left_out_where_there_are_none() -> None:
    """M6: the shared points are always told of, the others only where something was earned."""
    written = document(earning=[rule(), rule(id="beans", currency="beans", points="0.5")])

    assert set(earnings(sale(), program(written))) == {"points"}
    assert earnings(sale(**ABROAD), program(written))["beans"].points == 50


def test_a_sale_that_earns_nothing_says_why() -> None:
    """M12."""
    assert earned(sale(Line(99)), rule(), rule(id="app", when={"channels": ["app"]})) == Earning(
        0, (RuleOutcome("base", 99, 0), RuleOutcome("app", 0, 0, "channels", "store"))
    )


@pytest.mark.parametrize("letter", ["麵", "😀"])
def test_what_hundreds_of_rules_found_fits_into_an_entry_whatever_a_till_calls_its_categories(letter: str) -> None:
    """M12: an entry is one item, which may have 400 kB; letters beyond ASCII are stored escaped."""
    rules = [rule(id=f"rule-{number}", when={"categories": ["bread"]}) for number in range(500)]
    lines = [Line(10, letter * 60 + str(number)) for number in range(3)]

    assert len(json.dumps(earned(sale(*lines), *rules).outcomes)) < 350_000
