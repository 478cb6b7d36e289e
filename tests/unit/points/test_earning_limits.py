"""Caps of a member and budgets of all members: what is more is cut, and the cut is shown (M7, M12, E12)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.points.circumstances import Circumstances
from huitou.points.earning import Earning, earnings
from huitou.points.plan import counters
from huitou.points.wallet import RuleOutcome
from tests.builders import Line, SaleSeen, at, document, program, rule, sale

CAMPAIGN = {"dates": {"from": "2026-03-01", "to": "2026-03-31"}}


def capped(*caps: tuple[int, str], **changes: Any) -> dict[str, Any]:
    return rule(caps=[{"points": str(points), "per": per} for points, per in caps], **changes)


def earned(written: dict[str, Any], seen: SaleSeen, **circumstances: Any) -> Earning:
    return earnings(seen, program(document(earning=[written])), Circumstances(**circumstances))["points"]


def test_a_cap_cuts_and_shows_what_it_cut() -> None:
    """M7, M12: 10 points, of which 4 fit."""
    assert earned(capped((4, "purchase")), sale()) == Earning(
        4, (RuleOutcome("base", 1000, 4, cut=6, cut_by="purchase"),)
    )


@pytest.mark.parametrize(
    ("per", "key"),
    [("day", "base/d2026-03-02"), ("month", "base/m2026-03"), ("campaign", "base/c2026-03-01"), ("lifetime", "base/l")],
)
def test_a_cap_over_time_counts_what_was_used_before(per: str, key: str) -> None:
    """M7, E12: 7 of 12 are used, 5 fit."""
    written = capped((12, per), when=CAMPAIGN)

    earning = earned(written, sale(), used={key: 7})

    assert earning == Earning(5, (RuleOutcome("base", 1000, 5, cut=5, cut_by=per),), {key: 5})
    assert earned(written, sale()).used == {key: 10}
    assert counters(program(document(earning=[written])), sale().occurred_at) == {key}


def test_of_several_caps_the_tightest_is_named_and_all_are_used() -> None:
    """M7, M12."""
    earning = earned(capped((9, "purchase"), (20, "day"), (25, "month")), sale(), used={"base/m2026-03": 22})

    assert earning.outcomes == (RuleOutcome("base", 1000, 3, cut=7, cut_by="month"),)
    assert earning.used == {"base/d2026-03-02": 3, "base/m2026-03": 3}


def test_a_cap_that_a_later_version_lowered_gives_nothing_and_takes_nothing() -> None:
    """M7: more was used than it allows now."""
    assert earned(capped((5, "day")), sale(), used={"base/d2026-03-02": 8}) == Earning(
        0, (RuleOutcome("base", 1000, 0, cut=10, cut_by="day"),)
    )


def test_the_day_of_a_cap_is_the_members_not_the_stores() -> None:
    """E9: 00:30 on Tuesday in Tokyo is Monday by the programme's calendar."""
    abroad = sale(brand="sora", store="s1", occurred_at=at("2026-03-02 23:30"))

    assert list(earned(capped((50, "day")), abroad).used) == ["base/d2026-03-02"]


def test_a_budget_cuts_last_and_what_it_gave_is_told() -> None:
    """E12: 10 points, of which the cap lets 8 and the budget 5."""
    written = capped((8, "day"), budget="100")

    assert earned(written, sale(), budgets={"base": 5}) == Earning(
        5, (RuleOutcome("base", 1000, 5, cut=5, cut_by="budget"),), {"base/d2026-03-02": 5}, {"base": 5}
    )
    assert earned(written, sale()).budgets == {"base": 8}


def test_an_empty_budget_pays_nothing() -> None:
    """E12."""
    assert earned(rule(budget="100"), sale(), budgets={"base": 0}) == Earning(
        0, (RuleOutcome("base", 1000, 0, cut=10, cut_by="budget"),)
    )


@given(
    st.lists(st.tuples(st.integers(0, 70), st.integers(0, 100_000)), min_size=1, max_size=12),
    st.integers(1, 400),
    st.integers(1, 900),
    st.integers(1, 1500),
)
def test_caps_are_never_exceeded_over_any_sales(
    sales: list[tuple[int, int]], day: int, month: int, lifetime: int
) -> None:
    """M7, E12: whatever is bought, in whatever order of days."""
    version = program(document(earning=[capped((day, "day"), (month, "month"), (lifetime, "lifetime"))]))
    used: dict[str, int] = {}
    total = 0
    for offset, amount in sales:
        when = at(f"2026-{1 + offset // 28:02}-{1 + offset % 28:02} 12:00")
        earning = earnings(sale(Line(amount), occurred_at=when), version, Circumstances(used=used))["points"]
        total += earning.points
        for key, more in earning.used.items():
            used[key] = used.get(key, 0) + more

    limits = {"d": day, "m": month, "l": lifetime}
    assert all(spent <= limits[key.split("/")[1][0]] for key, spent in used.items())
    assert total == used.get("base/l", 0) == sum(spent for key, spent in used.items() if "/d" in key)
