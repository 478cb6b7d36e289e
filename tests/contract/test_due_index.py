"""The due index: what the clock finds, and in which order, in memory and on DynamoDB alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.errors import DomainError
from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.instants import EPOCH, MILLISECOND, parse_instant
from huitou.kernel.pages import InvalidCursorError, all_items
from huitou.platform import keys
from huitou.platform.table import Table
from huitou.points.decisions import Decision
from huitou.points.ports import WalletStore
from huitou.points.store import TableWallets
from huitou.points.wallet import Lot, Wallet, open_wallet
from huitou.purchases.ports import RefundStore
from huitou.purchases.refund_store import TableRefunds
from huitou.purchases.refunds import RefundStatus
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_points import MemoryWallets
from huitou.simulator.memory_refunds import MemoryRefunds
from huitou.simulator.memory_standing import MemoryWatermarks
from huitou.standing.messages import Due, DueMessage, DuePosition, DueRefund, DueWallet
from huitou.standing.ports import Watermarks
from huitou.standing.store import DueItem, TableDueIndex, TableWatermarks
from tests.contract.targets import AnyTable
from tests.purchases import bill, return_of
from tests.standing import due_index_on

T = TypeVar("T")
NOON = parse_instant("2026-03-02T12:00:00+08:00")
MINUTE = timedelta(minutes=1)
LAGGED_SECONDS = 2
"""An index may follow its table with a delay; the targets of this suite take none or little."""


def a_member(number: int) -> MemberId:
    return MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}")


def one_shard(count: int) -> list[MemberId]:
    """Members whose wallets all lie in the shard of the first."""
    same = [member for member in map(a_member, range(1000)) if shard_of(member) == shard_of(a_member(0))]
    return same[:count]


def shard_of(member: MemberId) -> int:
    return next(shard for shard in range(keys.DUE_SHARDS) if keys.due_shard(shard) == keys.due(member, NOON)[0])


def a_lot(ends: datetime | None) -> Lot:
    return Lot(number=1, remaining=100, active_at=EPOCH, expires_at=ends, issuer="maru")


class Shelf:
    """Wallets to put on the table under test, and its due index."""

    def __init__(self, table: AnyTable) -> None:
        self.table = table
        self.wallets: WalletStore = MemoryWallets(table) if isinstance(table, MemoryTable) else TableWallets(table)
        self.index = due_index_on(table)

    def put(self, member: MemberId, *, ends: datetime | None, currency: str = "points") -> None:
        before = self.wallets.load(member, currency) or open_wallet(member, currency, NOON)
        lots = (a_lot(ends),) if ends else ()
        self._save(before, replace(before, version=before.version + 1, lots=lots))

    def due(self, member: MemberId, *, since: datetime = EPOCH, until: datetime = NOON) -> list[Due]:
        """What is due in the member's shard."""
        shard = shard_of(member)
        return list(all_items(lambda after: self.index.due(shard, since, until, after=after, limit=2)))

    def everything(self) -> list[Due]:
        """What is due by noon in any shard."""
        pages = (self.index.due(shard, EPOCH, NOON, limit=100) for shard in range(self.index.shards))
        return [due for page in pages for due in page.items]

    def _save(self, before: Wallet, after: Wallet) -> None:
        self.table.commit(self.wallets.save(before, Decision(after, ())))


@pytest.fixture
def shelf(table: AnyTable) -> Shelf:
    return Shelf(table)


def settled(look: Callable[[], T], expected: T) -> T:
    """What ``look`` sees once the index has caught up."""
    give_up = time.monotonic() + LAGGED_SECONDS
    while (seen := look()) != expected and time.monotonic() < give_up:
        time.sleep(0.05)
    return seen


def test_a_wallet_is_due_at_the_very_instant_at_which_its_points_end(shelf: Shelf) -> None:
    """E5: the end itself is not valid any more, so there is something to book at it."""
    shelf.put(a_member(0), ends=NOON)
    expected: list[Due] = [DueWallet(a_member(0), "points", NOON)]
    assert settled(lambda: shelf.due(a_member(0), until=NOON), expected) == expected


def test_a_wallet_is_not_due_before(shelf: Shelf) -> None:
    """M17: nothing is found a millisecond early."""
    shelf.put(a_member(0), ends=NOON)
    assert shelf.due(a_member(0), until=NOON - timedelta(milliseconds=1)) == []


def test_a_wallet_without_a_deadline_is_not_in_the_index(shelf: Shelf) -> None:
    """M17: the index is sparse."""
    shelf.put(a_member(0), ends=None)
    assert shelf.due(a_member(0), until=NOON + timedelta(days=9999)) == []


def test_a_deadline_that_moves_is_found_where_it_is_now(shelf: Shelf) -> None:
    shelf.put(a_member(0), ends=NOON - MINUTE)
    shelf.put(a_member(0), ends=NOON)
    expected: list[Due] = [DueWallet(a_member(0), "points", NOON)]
    assert settled(lambda: shelf.due(a_member(0)), expected) == expected


def test_a_deadline_that_is_over_leaves_the_index(shelf: Shelf) -> None:
    shelf.put(a_member(0), ends=NOON)
    shelf.put(a_member(0), ends=None)
    assert settled(lambda: len(shelf.due(a_member(0))), 0) == 0


def test_what_is_older_than_asked_for_is_left_out(shelf: Shelf) -> None:
    shelf.put(a_member(0), ends=NOON - 2 * MINUTE)
    assert shelf.due(a_member(0), since=NOON - MINUTE) == []


def test_a_shard_is_paged_in_the_order_of_time_with_nothing_twice_or_left_out(shelf: Shelf) -> None:
    """Also where several wallets, and two of one member, are due at the same instant."""
    first, second, third, fourth, fifth = one_shard(5)
    shelf.put(fifth, ends=NOON - 3 * MINUTE)
    for member in (first, second, third):
        shelf.put(member, ends=NOON)
    shelf.put(first, ends=NOON, currency="beans")
    shelf.put(fourth, ends=NOON - MINUTE)
    assert settled(lambda: len(shelf.due(first)), 6) == 6
    everything = shelf.due(first)
    assert [due.at for due in everything] == [NOON - 3 * MINUTE, NOON - MINUTE, NOON, NOON, NOON, NOON]
    assert everything[:2] == [DueWallet(fifth, "points", NOON - 3 * MINUTE), DueWallet(fourth, "points", NOON - MINUTE)]
    points = {DueWallet(member, "points", NOON) for member in (first, second, third)}
    assert set(everything[2:]) == points | {DueWallet(first, "beans", NOON)}


def test_every_wallet_is_in_exactly_one_shard(shelf: Shelf) -> None:
    members = [a_member(number) for number in range(12)]
    for member in members:
        shelf.put(member, ends=NOON)
    expected = {DueWallet(member, "points", NOON) for member in members}
    assert settled(lambda: len(shelf.everything()), len(expected)) == len(expected)
    assert set(shelf.everything()) == expected


def test_a_refund_that_waits_is_due_when_that_ends_and_not_when_something_became_of_it(shelf: Shelf) -> None:
    """E19: it is in the index beside the wallets, in the order of time."""
    refunds: RefundStore = (
        MemoryRefunds(shelf.table) if isinstance(shelf.table, MemoryTable) else TableRefunds(shelf.table)
    )
    waiting = return_of(bill(), "R-1", closes_at=NOON)
    shelf.table.commit(refunds.add(waiting))
    shelf.table.commit(refunds.add(return_of(bill(), "R-2", closes_at=NOON, status=RefundStatus.BOOKED)))
    expected: list[Due] = [DueRefund(waiting.id, NOON)]
    assert settled(shelf.everything, expected) == expected

    shelf.table.commit(refunds.settle(replace(waiting, status=RefundStatus.CANCELLED)))
    assert settled(lambda: len(shelf.everything()), 0) == 0


def test_an_entry_says_what_it_is_about(dynamo_table: Table) -> None:
    """M17: wallets, positions and refunds share the index."""
    refund = return_of(bill()).id
    for key in (keys.position(a_member(1)), keys.wallet(a_member(1), "points"), keys.refund(refund)):
        due_pk, due_sk = keys.due(a_member(1), NOON)
        thing = DueItem(*key, due_pk=due_pk, due_sk=due_sk)
        dynamo_table.commit([dynamo_table.put(thing, refused=StaleReadError("Not refused."))])
    expected: set[Due] = {
        DuePosition(a_member(1), NOON),
        DueWallet(a_member(1), "points", NOON),
        DueRefund(refund, NOON),
    }
    index = TableDueIndex(dynamo_table)
    look = partial(index.due, shard_of(a_member(1)), EPOCH, NOON, limit=9)
    assert settled(lambda: set(look().items), expected) == expected


@pytest.mark.parametrize("is_service", [False, True])
def test_a_message_shows_its_kind_and_is_due_at_the_very_instant(dynamo_table: Table, *, is_service: bool) -> None:
    """M23: keys alone tell it; who reads instants only, and knows nothing of kinds, reads the same one."""
    message, index = OwnedId(a_member(1), a_member(2)), TableDueIndex(dynamo_table)
    due_pk, due_sk = keys.due(message.member, NOON, is_service=is_service)
    thing = DueItem(*keys.message(*message), due_pk=due_pk, due_sk=due_sk)
    dynamo_table.commit([dynamo_table.put(thing, refused=StaleReadError("Not refused."))])
    look = partial(index.due, shard_of(message.member), limit=9)
    expected: tuple[Due, ...] = (DueMessage(message, NOON, is_service),)
    assert settled(lambda: look(NOON, NOON).items, expected) == expected
    assert look(EPOCH, NOON - MILLISECOND).items == look(NOON + MILLISECOND, NOON + MINUTE).items == ()
    assert parse_instant(due_sk) == NOON


def test_how_far_was_queued_is_read_back(table: AnyTable) -> None:
    """M17: nothing, before the first tick."""
    marks: Watermarks = MemoryWatermarks(table) if isinstance(table, MemoryTable) else TableWatermarks(table)
    assert marks.load() == {}
    for reached in ({0: NOON, 15: NOON + MINUTE}, {0: NOON + MINUTE}):
        table.commit([marks.save(reached)])
        assert marks.load() == reached


@pytest.mark.parametrize("cursor", ["", "rubbish", "2027-01-01T00:00:00.000Z\nM#x\nWALLET#points#HEAD"])
def test_a_cursor_from_elsewhere_is_refused(shelf: Shelf, cursor: str) -> None:
    with pytest.raises(DomainError) as refusal:
        shelf.index.due(0, EPOCH, NOON, after=cursor, limit=2)
    assert isinstance(refusal.value, InvalidCursorError)
