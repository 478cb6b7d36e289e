"""M19, M20, E21: whatever is delivered again, late or in another order, and whoever dies between two writes, a campaign
begins once for each absence, each of its steps is taken once, points and coupons come once, and marketing is handed
over at most once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huitou.accounts.liability import count_open
from huitou.campaigns.model import Journey, JourneyState, TurnOutcome
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import to_millis
from huitou.outbox.model import MessageState
from huitou.program.model import CurrencyId
from huitou.simulator.memory import MemoryTable
from huitou.standing.messages import Due
from tests.builders import TAIPEI
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.office import HOUR
from tests.outbox import NOON
from tests.soundness import discrepancies

FATES: Final = ("lives", "lives", "lives", "before", "after")
STEPS: Final = [HELLO, {"wait_days": 7}, HELLO]
GIVING: Final = [
    {"give_points": {"currency": "points", "amount": 40}},
    {"tag": "missed"},
    {"wait_days": 7},
    {"give_points": {"currency": "beans", "amount": "2.5"}},
    {"untag": "missed"},
    {"give_coupon": "any"},
]
COUPONS: Final = {"coupons": [{"id": "any", "name": "Anything", "valid_days": 30}]}


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
    town = Town(campaign(once="absence", steps=STEPS), table=Deadly())
    mei = town.join()
    days = [sum(gaps[:n]) for n in range(len(gaps))]
    live(town, mei, days, fates, order)
    journeys = town.journeys_of(mei)
    assert {each.id.cause.occurrence for each in journeys} == absences(days, days[-1] + 45)
    taken_once(journeys)
    messages = town.messages_of(mei)
    assert {each.id.key for each in messages} == {turn.message for each in journeys for turn in each.turns}
    assert all(each.is_final or each.state is MessageState.UNCLEAR for each in messages)
    handed = Counter(parcel.id for carrier in town.carriers.values() for parcel in carrier.handed)
    assert all(count == 1 for count in handed.values())


@given(
    gaps=st.lists(st.integers(1, 50), min_size=1, max_size=3),
    fates=st.lists(st.sampled_from(FATES), max_size=60),
    order=st.randoms(use_true_random=False),
    held_out=st.booleans(),
)
def test_points_coupons_and_tags_come_once_whoever_dies(
    gaps: list[int], fates: list[str], order: Random, held_out: bool
) -> None:
    """E13: and none appear or vanish; E27: whoever is held out has none."""
    giving = campaign(brand=None, once="absence", stays=False, holdout_percent=50, steps=GIVING)
    town = Town(giving, changes=COUPONS, table=Deadly())
    mei = town.join()
    before = town.record(mei).version
    with pytest.MonkeyPatch.context() as drawing:
        drawing.setattr("huitou.campaigns.drawing.is_in_share", lambda *_: held_out)
        live(town, mei, [sum(gaps[:n]) for n in range(len(gaps))], fates, order)
    journeys = town.journeys_of(mei)
    taken_once(journeys)
    assert {each.held_out for each in journeys} <= {held_out}
    given = [] if held_out else journeys
    assert held_out == (TurnOutcome.HELD_OUT in {turn.outcome for each in journeys for turn in each.turns})
    assert town.record(mei).version == before + 2 * len(given)
    assert town.record(mei).tags == {}
    for currency, step, points in (("points", 0, 40), ("beans", 3, 25)):
        entries = town.shop.wallets.entries(mei, currency).items
        gifts = {each.id: (each.cause.id, each.amount) for each in entries if each.cause.type == "campaign"}
        assert sorted(gifts.values()) == sorted(
            (f"miss-you/{each.id.cause.occurrence}/{step}", points) for each in given
        )
        assert gifts.keys() == {turn.entry for each in given for turn in each.turns if turn.step == step}
        sound(town, mei, currency)
    coupons = town.coupons.of_members([mei], None, after=None, limit=9).items
    assert sorted(each.cause.id for each in coupons) == sorted(
        f"miss-you/{each.id.cause.occurrence}/5" for each in given
    )
    assert {each.id.key for each in coupons} == {turn.coupon for each in given for turn in each.turns if turn.step == 5}
    assert [town.coupons.find(each.code) for each in coupons] == list(coupons)


def sound(town: Town, member: MemberId, currency: CurrencyId) -> None:
    """E13, M13: the entries lead to what the wallet holds, and to what finance owes."""
    wallet, entries = town.shop.wallets.load(member, currency), town.shop.wallets.entries(member, currency).items
    if wallet is None:
        return
    assert discrepancies(wallet, list(entries), lambda _: TAIPEI) == []
    owed = count_open(entries, town.now, TAIPEI, lambda _: TAIPEI)
    assert sum(int(spendable) for _, (spendable, *_) in owed.rows()) == wallet.balance(town.now).spendable


def live(town: Town, member: MemberId, days: Sequence[int], fates: Sequence[str], order: Random) -> None:
    """The member buys on ``days``; whatever falls due until 45 days after the last is delivered again and again, in
    any order, to workers that die.
    """
    assert isinstance(town.shop.table, Deadly)
    town.shop.table.fates = iter(fates)
    seen: list[Due] = []
    for day in range(days[-1] + 46):
        town.now = NOON + day * DAY
        if day in days:
            buy(town, member, day)
        for _ in range(4):
            town.now += 3 * HOUR
            seen += town.due(town.now)
            for due in order.sample(seen, len(seen)):
                with suppress(DiedError):
                    town.deliver(due)
            seen = seen[-5:]
    town.until(town.now + 5 * DAY)


def taken_once(journeys: Sequence[Journey]) -> None:
    """All have come to their end, by each step once."""
    assert all(each.state is not JourneyState.RUNNING for each in journeys)
    for each in journeys:
        assert len({turn.step for turn in each.turns}) == len(each.turns)


def buy(town: Town, member: MemberId, day: int) -> None:
    """The sale is rung up until it is; who looks at it may die."""
    while True:
        with suppress(DiedError):
            town.buy(member, f"A-{day}")
            return
