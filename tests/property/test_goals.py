"""M20: whatever a member does while a journey waits, and however often they are looked at, it goes on if and only if
its goal was not reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from hypothesis import example, given
from hypothesis import strategies as st

from tests.campaigns import DAY, HELLO, SEGMENTS, Town, campaign
from tests.office import HOUR
from tests.outbox import NOON
from tests.purchases import bill, return_of

HELD_DAYS: Final = 7
LATELY: Final = {
    "id": "lately",
    "name": "Bought lately",
    "when": {"purchases": {"at_least": 1, "in": f"last {HELD_DAYS} days"}},
}
BEGINS_ON: Final = 20
LATE: Final = timedelta(minutes=1)

days = st.lists(st.integers(1, 90), max_size=4, unique=True).map(sorted)
waits = st.integers(1, 70)


def a_journey(wait: int, **goal: Any) -> Town:
    """Told on day `BEGINS_ON`, and once more ``wait`` days later."""
    steps = [HELLO, {"wait_days": wait}, HELLO]
    town = Town()
    town.republish(segments=[*SEGMENTS, LATELY], campaigns=[campaign(enters="staff", stays=False, steps=steps, **goal)])
    return town


def is_told_twice(town: Town, bought: Sequence[int], looked: Sequence[int], back: frozenset[int]) -> bool:
    """Whether the second message goes out to who buys on days at noon, brings some back the hour after, and is looked
    at on other days besides, when something else is known of them."""
    mei = town.join()
    for day in sorted({*bought, *looked, BEGINS_ON}):
        town.until(NOON + day * DAY)
        if day in bought:
            town.shop.sell(sold := bill(f"A-{day}", occurred_at=town.now), mei, now=town.now)
            if day in back:
                town.shop.refund(return_of(sold, f"R-{day}", occurred_at=town.now + HOUR), now=town.now + HOUR)
                town.now += HOUR
            else:
                town.segments.refresh(mei, town.now + LATE)
        if day in looked:
            town.enrolment.tag(mei, f"day-{day}", "group", town.now)
            town.segments.refresh(mei, town.now + LATE)
        if day == BEGINS_ON:
            town.now += LATE
            town.appoint(mei)
    town.until(NOON + 180 * DAY)
    assert len(town.messages_of(mei)) in {1, 2}
    return len(town.messages_of(mei)) == 2


@example(bought=[31], looked=[75], wait=60)
@given(bought=days, looked=days, wait=waits)
def test_a_segment_that_was_entered_stays_reached(bought: list[int], looked: list[int], wait: int) -> None:
    """Who buys enters unless they are there already, since they bought in the days before."""
    before = {day: max((each for each in bought if each < day), default=-HELD_DAYS) for day in bought}
    entered = [day for day, last in before.items() if day - last >= HELD_DAYS]
    reached = any(BEGINS_ON < day <= BEGINS_ON + wait for day in entered)
    town = a_journey(wait, goals=["lately"])
    assert is_told_twice(town, bought, looked, frozenset()) is not reached


@given(bought=days, looked=days, wait=waits, back=st.frozensets(st.integers(1, 90)))
def test_a_purchase_that_was_kept_ends_it(
    bought: list[int], looked: list[int], wait: int, back: frozenset[int]
) -> None:
    reached = any(BEGINS_ON < day <= BEGINS_ON + wait and day not in back for day in bought)
    town = a_journey(wait, purchase_is_goal=True)
    assert is_told_twice(town, bought, looked, back) is not reached
