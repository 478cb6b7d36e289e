"""A budget in shards: whatever is granted, returned and split anew, nothing is lost or given twice (E12)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.budgets import SHARDS, BudgetId, Grant, Shard, granted, is_current, kept, released, split, taken

WELCOME = BudgetId("welcome", "points")

lefts = st.dictionaries(st.integers(0, SHARDS - 1), st.integers(0, 50), max_size=SHARDS)


@given(st.integers(0, 10**6))
def test_a_new_budget_is_split_evenly_and_whole(budget: int) -> None:
    """E12: the shards never sum above the budget."""
    shards = split([], budget, version=3)

    assert sum(shard.left for shard in shards) == budget
    assert max(shard.left for shard in shards) - min(shard.left for shard in shards) <= 1
    assert [shard.number for shard in shards] == list(range(SHARDS))


@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(0, SHARDS - 1), st.integers(1, 90))), st.integers(0, 1000))
def test_a_changed_budget_counts_what_was_granted(first: int, asked: list[tuple[int, int]], second: int) -> None:
    """E12: raised or lowered, what is left and what was granted sum up to it; overdrawn shards give nothing."""
    shards = {shard.number: shard for shard in split([], first, version=1)}
    given_away = 0
    for number, points in asked:
        part = min(points, shards[number].left)
        shards[number] = shards[number]._replace(left=shards[number].left - part)
        given_away += part

    again = split(shards.values(), second, version=2)

    assert sum(shard.left for shard in again) == second - given_away
    assert given_away <= first
    assert all(shard.left <= 0 for shard in again) or given_away < second


def test_shards_are_split_again_only_by_a_later_version_that_says_otherwise() -> None:
    """E12: a function that has not seen the new version yet does not undo its split."""
    shards = [Shard(0, 5, budget=100, version=4)]

    assert is_current(shards, 100, version=9)
    assert is_current(shards, 200, version=3)
    assert not is_current(shards, 200, version=5)
    assert not is_current([], 200, version=1)


@given(lefts, st.data())
def test_a_grant_takes_from_each_shard_in_turn_no_more_than_it_has(left: dict[int, int], data: st.DataObject) -> None:
    """E12."""
    points = data.draw(st.integers(0, sum(left.values())))

    grants = taken(WELCOME, points, left)

    assert granted(grants) == ({"welcome": points} if points else {})
    assert all(0 < grant.points <= left[grant.shard] for grant in grants)
    assert [grant.shard for grant in grants] == [number for number in left if left[number] > 0][: len(grants)]


@given(lefts, st.integers(0, 400))
def test_what_a_refund_returns_goes_back_to_where_it_came_from(left: dict[int, int], keeps: int) -> None:
    """E12: last taken first."""
    grants = taken(WELCOME, sum(left.values()), left)

    stays = kept(grants, {"welcome": keeps})
    back = released(grants, stays)

    assert sum(grant.points for grant in stays) == min(keeps, sum(left.values()))
    for shard, points in left.items():
        assert sum(grant.points for grant in [*stays, *back] if grant.shard == shard) == points
    assert not back or back[-1].shard == grants[-1].shard
    assert released(grants, grants) == []
    assert released(grants, []) == grants


def test_returned_points_are_told_by_rule() -> None:
    """E12."""
    other = BudgetId("gift", "points")
    grants = [Grant(WELCOME, 1, 5), Grant(other, 1, 7), Grant(WELCOME, 2, 5)]

    assert kept(grants, {"welcome": 6, "gift": 7}) == [*grants[:2], Grant(WELCOME, 2, 1)]
    assert released(grants, kept(grants, {"welcome": 6, "gift": 7})) == [Grant(WELCOME, 2, 4)]
