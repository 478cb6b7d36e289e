"""M21: what holds of any two arms, however few or uneven."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from huitou.campaigns.lift import result_of
from huitou.campaigns.results import Arm, Costs, Effect, LiftVerdict, enough_conversions, enough_sales

FREE = Costs()
UNITS = st.lists(st.tuples(st.booleans(), st.integers(0, 10**12)), max_size=60)
AMOUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=6)


@st.composite
def arms(draw: st.DrawFn) -> Arm:
    """Of up to ten million units; so many of them converted."""
    units = draw(st.integers(0, 60) | st.integers(0, 10**7))
    return Arm(units, draw(st.integers(0, units)))


@st.composite
def large_arms(draw: st.DrawFn) -> Arm:
    """The same few amounts, again and again, until there are enough."""
    amounts = draw(AMOUNTS)
    some = sum((Arm.of(each > 0, each) for each in amounts), Arm())
    arm = Arm()
    for _ in range(draw(st.integers(10, 80))):
        arm += some
    assume(enough_sales(arm))
    return arm


@given(UNITS, st.lists(st.integers(0, 3), max_size=60))
def test_shards_add_up_to_the_arm(units: list[tuple[bool, int]], shards: list[int]) -> None:
    """In whatever shard a unit was counted, and in whatever order shards are added."""
    parts = [Arm()] * 4
    for place, (converted, sales) in enumerate(units):
        shard = shards[place] if place < len(shards) else 0
        parts[shard] += Arm.of(converted, sales)
    whole = Arm(
        len(units),
        sum(converted for converted, _ in units),
        *(sum(sales**power for _, sales in units) for power in (1, 2, 3)),
    )
    assert sum(parts, Arm()) == sum(reversed(parts), Arm()) == whole


@given(UNITS)
def test_spread_and_lean_are_the_central_moments(units: list[tuple[bool, int]]) -> None:
    arm = sum((Arm.of(*unit) for unit in units), Arm())
    away = [arm.units * sales - arm.sales for _, sales in units]
    assert arm.spread * arm.units == sum(each**2 for each in away)
    assert arm.lean * arm.units == sum(each**3 for each in away)


@given(arms(), arms())
@example(Arm(1, 1), Arm(10**7, 0))
def test_a_difference_lies_within_its_interval_and_that_within_what_can_be(treated: Arm, held_out: Arm) -> None:
    found = result_of(treated, held_out, FREE).conversion
    assert (found is None) == (treated.units == 0 or held_out.units == 0)
    if found:
        assert -1 <= found.low <= found.value <= found.high <= 1


@given(arms(), arms())
def test_arms_that_are_swapped_mirror_the_interval_of_conversion(treated: Arm, held_out: Arm) -> None:
    one, other = result_of(treated, held_out, FREE), result_of(held_out, treated, FREE)
    assert _is_mirrored(one.conversion, other.conversion)
    if one.relative and other.relative:
        assert 1 + one.relative.low == pytest.approx(1 / (1 + other.relative.high))
        assert 1 + one.relative.high == pytest.approx(1 / (1 + other.relative.low))


@given(arms(), arms())
def test_both_intervals_of_conversion_say_the_same_of_an_effect(treated: Arm, held_out: Arm) -> None:
    """But for what a float cannot tell from zero."""
    result = result_of(treated, held_out, FREE)
    assume(result.relative is not None)
    assert result.conversion
    assert result.relative
    assert result.relative.low <= result.relative.value <= result.relative.high
    for absolute, relative in zip(result.conversion[1:3], result.relative[1:3], strict=True):
        if abs(absolute) > 1e-9:
            assert (absolute > 0) == (relative > 0)


@given(large_arms(), large_arms())
def test_arms_that_are_swapped_mirror_the_interval_of_sales(treated: Arm, held_out: Arm) -> None:
    one, other = result_of(treated, held_out, FREE).sales, result_of(held_out, treated, FREE).sales
    assert one
    assert one.low < one.value < one.high
    assert _is_mirrored(one, other)


@given(arms(), arms(), st.builds(Costs, *[st.integers(0, 10**9)] * 3))
def test_whatever_was_counted_there_is_a_verdict(treated: Arm, held_out: Arm, costs: Costs) -> None:
    """Nobody bought: no interval of sales can be told."""
    result = result_of(treated, held_out, costs)
    known = result.conversion_verdict is not LiftVerdict.NOT_ENOUGH_DATA
    assert known == enough_conversions(treated, held_out)
    assert result.sales_verdict is result.net_verdict is LiftVerdict.NOT_ENOUGH_DATA


def _is_mirrored(one: Effect | None, other: Effect | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low), rel=1e-9, abs=1e-12)
