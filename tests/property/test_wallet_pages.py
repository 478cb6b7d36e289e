"""However many lots there are, they come back from the store as they were, and each write stays small."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.commits import MOST_WRITES
from huitou.kernel.ids import MemberId
from huitou.platform.table import Table
from huitou.points.decisions import Adjust, Command, Decision, Earn, HandOver, Redeem, Reverse, Settle, TakeOver, decide
from huitou.points.earning import Earning
from huitou.points.packing import LOTS_PER_ITEM, LOTS_PER_PAGE
from huitou.points.paging import MOST_PAGES
from huitou.points.store import TableWallets
from huitou.points.wallet import Cause, Entry, EntryType, Lot, Wallet
from tests.builders import MEI, OPENED, lot, wallet
from tests.items import ItemsInMemory, size_of
from tests.ledger import points_program
from tests.purchases import LIN

NINETY_DAYS = points_program({"type": "rolling_days", "days": 90}, pending_days=1)
SLIDING = points_program({"type": "sliding", "days": 90})
DAY = timedelta(days=1)
NOWHERE: Mapping[int, Lot] = {}
LARGEST_ITEM = 400 * 1024
"""DynamoDB's limit, in bytes."""


class Shelf:
    """A wallet that is saved and loaded again after each decision."""

    def __init__(self, program: Any = NINETY_DAYS) -> None:
        self.items = ItemsInMemory()
        self.store = TableWallets(cast(Table, self.items))
        self.program = program
        self.now = OPENED
        self.redemptions: list[Entry] = []
        self.since: list[Entry] = []
        self.items.commit([self.store.create(wallet(version=0))])

    @property
    def wallet(self) -> Wallet:
        return self.load(MEI)

    def load(self, member: MemberId) -> Wallet:
        found = self.store.load(member, "points")
        assert found is not None
        return found

    def carry_out(self, command: Command) -> Decision:
        decision = decide(self.wallet, command, self.program, self.now)
        self.save(decision)
        self.since += decision.entries
        self.redemptions += [entry for entry in decision.entries if entry.type is EntryType.REDEEM]
        return decision

    def save(self, decision: Decision) -> None:
        """Saves, and checks that what is loaded is what was saved, on pages that do not overlap."""
        self.items.commit(self.store.save(self.wallet, decision))
        loaded = self.wallet
        assert loaded.lots == decision.wallet.lots
        assert (loaded.version, loaded.next_lot) == (decision.wallet.version, decision.wallet.next_lot)
        assert all(page.first <= page.last for page in loaded.pages)
        assert all(one.last < other.first for one, other in pairwise(sorted(loaded.pages)))
        assert len(self.loose()) <= LOTS_PER_ITEM
        pages = [key for key in self.items.rows if "LOTS#" in key[1]]
        assert len(pages) == len(loaded.pages)

    def loose(self) -> list[Lot]:
        """The lots in the wallet's own item."""
        loaded = self.wallet
        paged = [range(page.first, page.last + 1) for page in loaded.pages]
        return [each for each in loaded.lots if not any(each.number in numbers for numbers in paged)]

    def earn(self, days: float = 0) -> None:
        self.now += days * DAY
        self.carry_out(Earn(Earning(10, ()), "maru", self.now, Cause("purchase", str(self.now))))

    def redeem(self, points: int) -> None:
        self.carry_out(Redeem(points, "maru", Cause("redemption", str(self.now))))

    def reverse(self, number: int) -> None:
        redemption = self.redemptions.pop(number % len(self.redemptions))
        since = tuple(entry for entry in self.since if entry.version > redemption.version)
        self.carry_out(Reverse(redemption, since, "maru", Cause("reversal", redemption.cause.id)))

    def hand_over(
        self, sender: MemberId, to: MemberId, lots: Collection[int] | None = None, places: Mapping[int, Lot] = NOWHERE
    ) -> None:
        """Lets lots change hands, all of them if none are named; into new ``places`` if none are said."""
        wallets, cause = (self.load(sender), self.load(to)), Cause("merge", "x")
        leaving = HandOver(to, cause, None if lots is None else frozenset(lots))
        handing = decide(wallets[0], leaving, self.program, self.now)
        taking = decide(
            wallets[1], TakeOver(handing.entries[0].changes, (), (), sender, cause, places), self.program, self.now
        )
        writes = [write for each in zip(wallets, (handing, taking), strict=True) for write in self.store.save(*each)]
        assert len(writes) <= 3 * MOST_PAGES + 4
        self.items.commit(writes)
        assert max(map(size_of, self.items.rows.values())) <= LARGEST_ITEM


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(1, 30)),
        st.tuples(st.just("redeem"), st.integers(1, 100)),
        st.tuples(st.just("reverse"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 50)),
    ),
    max_size=10,
)


@given(steps=STEPS, sliding=st.booleans())
def test_any_sequence_of_decisions_is_loaded_as_it_was_saved(steps: list[tuple[str, int]], sliding: bool) -> None:
    shelf = Shelf(SLIDING if sliding else NINETY_DAYS)
    for step, number in steps:
        spendable = shelf.wallet.balance(shelf.now).spendable
        match step:
            case "earn":
                for _ in range(number):
                    shelf.earn(days=0.5)
            case "redeem" if spendable:
                shelf.redeem(max(1, spendable * number // 100))
            case "reverse" if shelf.redemptions:
                shelf.reverse(number)
            case "wait":
                shelf.now += number * DAY
                shelf.carry_out(Settle())


@pytest.mark.parametrize("lots", [0, 1, 20, 21, 36, 37, 70, 300])
def test_a_wallet_of_any_size_comes_back_whole(lots: int) -> None:
    shelf = Shelf()
    for _ in range(lots):
        shelf.earn(days=0.1)

    assert [each.number for each in shelf.wallet.lots] == list(range(1, lots + 1))
    assert len(shelf.wallet.pages) == min(MOST_PAGES, max(0, -(-(lots - LOTS_PER_ITEM) // LOTS_PER_PAGE)))


def test_a_purchase_writes_one_item_of_the_wallet_but_once_in_sixteen_times() -> None:
    """Whatever the number of lots: a page is written when it is laid aside, and then left alone."""
    shelf = Shelf()
    for _ in range(60):
        shelf.earn(days=0.1)
    written = []
    for _ in range(LOTS_PER_PAGE * 3):
        before = shelf.wallet
        decision = decide(before, Adjust(1, "maru", "", "", Cause("adjustment", "x")), shelf.program, shelf.now)
        writes = shelf.store.save(before, decision)
        written.append(len(writes) - len(decision.entries))
        shelf.items.commit(writes)

    assert written.count(1) == (LOTS_PER_PAGE - 1) * 3
    assert written.count(2) == 3


def test_points_that_come_back_to_old_lots_do_not_cost_later_purchases() -> None:
    """They are laid aside between the pages, at once, and not one by one beside each purchase."""
    shelf = Shelf()
    for _ in range(70):
        shelf.earn(days=0.1)
    shelf.now += DAY
    shelf.redeem(690)
    for _ in range(40):
        shelf.earn(days=0.1)
    shelf.reverse(0)
    pages = len(shelf.wallet.pages)
    for _ in range(LOTS_PER_PAGE):
        shelf.earn(days=0.1)

    assert len(shelf.wallet.pages) <= pages + 2


def test_thousands_of_lots_end_at_once_in_one_commit() -> None:
    """Points of a whole year end with it; a commit that cannot hold that would stop the wallet for ever."""
    shelf = Shelf()
    lots = tuple(lot(number, 10, expires_at=OPENED + DAY) for number in range(1, 2001))
    shelf.save(Decision(wallet(*lots, version=2), ()))
    for _ in range(LOTS_PER_PAGE):
        shelf.earn()
    everything = decide(shelf.wallet, Redeem(20_000, "maru", Cause("redemption", "x")), shelf.program, shelf.now)
    spending = shelf.store.save(shelf.wallet, everything)
    shelf.now += DAY

    ended = shelf.carry_out(Settle())

    assert [entry.amount for entry in ended.entries] == [160, -20_000]
    assert len(shelf.wallet.pages) <= MOST_PAGES
    assert len(spending) < MOST_WRITES


@settings(max_examples=20, deadline=None)
@given(own=st.integers(0, 2000), theirs=st.integers(1, 2000), spent=st.integers(0, 20_000))
def test_what_two_have_becomes_one_and_two_again_with_few_writes(own: int, theirs: int, spent: int) -> None:
    """E15: a merge is one commit, of as many currencies as usual programmes have, whatever the number of lots."""
    shelf = Shelf()
    shelf.save(Decision(wallet(*(lot(number, 10) for number in range(1, own + 1)), version=2), ()))
    if spent := min(spent, 10 * own):
        shelf.redeem(spent)
    other = wallet(*(lot(number, 10) for number in range(1, theirs + 1)), member=LIN, version=1)
    shelf.items.commit(shelf.store.save(replace(other, version=0), Decision(other, ())))
    before = shelf.wallet

    shelf.hand_over(LIN, MEI)
    together = shelf.wallet
    came = {each.number for each in together.lots if each.origin}
    shelf.hand_over(MEI, LIN, came, {each.number: lot(each.number - before.next_lot + 1) for each in together.lots})

    assert len(came) == theirs
    assert shelf.wallet.lots == before.lots
    assert shelf.load(LIN).lots == other.lots


@given(data=st.data(), lots=st.integers(30, 80), sliding=st.booleans())
def test_a_torn_read_is_repeated(data: st.DataObject, lots: int, sliding: bool) -> None:
    """A query is no snapshot: each item may be from before a write or from after it, the wallet never is from both."""
    shelf = Shelf(SLIDING if sliding else NINETY_DAYS)
    end, slides = OPENED + 91 * DAY, 90 if sliding else 0
    first = (lot(number, 10, expires_at=end, sliding_days=slides) for number in range(1, lots + 1))
    shelf.save(Decision(wallet(*first, version=2), ()))
    before, rows = shelf.wallet, dict(shelf.items.rows)
    for points in data.draw(st.lists(st.integers(1, 100), min_size=1, max_size=3)):
        shelf.redeem(points)
        shelf.earn(days=1)
    after, written = shelf.wallet, shelf.items.rows
    new = data.draw(st.sets(st.sampled_from(sorted({*rows, *written}))))
    seen = {key: (written if key in new else rows).get(key) for key in {*rows, *written}}
    torn = {key: row for key, row in seen.items() if row is not None}
    reads = iter([torn, torn])
    shelf.items.read = lambda: next(reads, written)

    assert shelf.wallet in (before, after)


def test_a_wallets_weight_is_what_dynamodb_counts() -> None:
    """The measure itself: names and texts in bytes, numbers by their digits."""
    assert size_of({"pk": {"S": "äb"}, "v": {"N": "12345"}}) == 2 + 3 + 1 + 4
