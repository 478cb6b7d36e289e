"""M19, E21: whatever is delivered again, late or in another order, and whoever dies between two writes, a campaign
begins once for each absence, each of its steps is taken once, and marketing is handed over at most once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Final

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.campaigns.model import JourneyState
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import to_millis
from huitou.outbox.model import MessageState
from huitou.simulator.memory import MemoryTable
from huitou.standing.messages import Due
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.office import HOUR
from tests.outbox import NOON

FATES: Final = ("lives", "lives", "lives", "before", "after")
STEPS: Final = [HELLO, {"wait_days": 7}, HELLO]


class DiedError(Exception):
    """The worker is gone, and the queue will deliver again."""


class Deadly(MemoryTable):
    """Who commits may die just before, or just after it."""

    def __init__(self) -> None:
        super().__init__()
        self.fates: Iterator[str] = iter(())

    def commit(self, writes: Sequence[Write]) -> None:
        fate = next(self.fates, "lives")
        if fate == "before":
            raise DiedError
        super().commit(writes)
        if fate == "after":
            raise DiedError


def absences(purchases: Sequence[int], until: int) -> set[str]:
    """Told apart from everything else: after which purchases nobody came for 30 days.

    Who comes at the very instant at which these are over was away for a millisecond, and is not told.
    """
    nexts = [*purchases[1:], until]
    return {str(to_millis(NOON + day * DAY)) for day, then in zip(purchases, nexts, strict=True) if then - day > 30}


@example(gaps=[13, 30, 47], fates=[], order=Random(0))  # noqa: S311 - it chooses what is delivered first
@given(
    gaps=st.lists(st.integers(1, 50), min_size=1, max_size=4),
    fates=st.lists(st.sampled_from(FATES), max_size=60),
    order=st.randoms(use_true_random=False),
)
def test_each_absence_begins_it_once_whoever_dies(gaps: list[int], fates: list[str], order: Random) -> None:
    table = Deadly()
    town = Town(campaign(once="absence", steps=STEPS), table=table)
    mei = town.join()
    days = [sum(gaps[:n]) for n in range(len(gaps))]
    end = days[-1] + 45
    table.fates = iter(fates)
    seen: list[Due] = []
    for day in range(end + 1):
        town.now = NOON + day * DAY
        if day in days:
            buy(town, mei, day)
        for _ in range(4):
            town.now += 3 * HOUR
            seen += town.due(town.now)
            for due in order.sample(seen, len(seen)):
                with suppress(DiedError):
                    town.deliver(due)
            seen = seen[-5:]

    town.until(town.now + 5 * DAY)
    journeys = town.journeys_of(mei)
    assert {each.id.cause.occurrence for each in journeys} == absences(days, end)
    assert all(each.state is not JourneyState.RUNNING for each in journeys)
    for each in journeys:
        assert len({turn.step for turn in each.turns}) == len(each.turns)
    messages = town.messages_of(mei)
    assert {each.id.key for each in messages} == {turn.message for each in journeys for turn in each.turns}
    assert all(each.is_final or each.state is MessageState.UNCLEAR for each in messages)
    handed = Counter(parcel.id for carrier in town.carriers.values() for parcel in carrier.handed)
    assert all(count == 1 for count in handed.values())


def buy(town: Town, member: MemberId, day: int) -> None:
    """The sale is rung up until it is; who looks at it may die."""
    while True:
        with suppress(DiedError):
            town.buy(member, f"A-{day}")
            return
