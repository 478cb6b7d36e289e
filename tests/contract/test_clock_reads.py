"""The clock reads what is due and who is due, and nobody else (M17): counted, by calls and by what they consume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import boto3
import pytest

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH
from huitou.platform import keys, program_keys
from huitou.platform.table import Table
from huitou.points.command_store import TableCommands
from huitou.points.decisions import Decision
from huitou.points.service import Points
from huitou.points.store import TableWallets
from huitou.points.wallet import Lot, open_wallet
from huitou.simulator.memory_standing import MemoryQueue
from huitou.standing.clock import Clock
from huitou.standing.messages import DueWallet, read_message
from huitou.standing.store import TableDueIndex, TableWatermarks
from tests.benchmarks.stage import Cost, MeteredTable
from tests.builders import program
from tests.purchases import NOON, Publications

BATCH = 25
KEYS_BYTES = 200
"""More than an entry of the index has."""
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

Call = tuple[str, str | None, str]
"""Operation, index and partition."""


class WatchedTable(MeteredTable):
    """A table that tells what is asked of it, where, and what that costs."""

    def __init__(self, table: Table) -> None:
        super().__init__(table.name, table.region, table.endpoint, lambda: self.cost)
        self.forget()

    def forget(self) -> None:
        self.cost = Cost()
        self.made: list[Call] = []

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.made += ((operation, request.get("IndexName"), pk) for pk in _partitions(request))
        return super()._call(operation, request)


def _partitions(request: dict[str, Any]) -> set[str]:
    if "TransactItems" in request:
        writes = [write for item in request["TransactItems"] for write in item.values()]
        return {pk for write in writes for pk in _partitions(write)}
    if "KeyConditionExpression" in request:
        return {request["ExpressionAttributeValues"][":pk"]["S"]}
    return {(request["Key"] if "Key" in request else request["Item"])["pk"]["S"]}


def a_member(number: int) -> MemberId:
    return MemberId(f"01JNSM3VF0R6T8C1W5PJ{number:06d}")


def fill(table: Table, members: int, due: int) -> set[MemberId]:
    """Members whose points end in a year, but those of the first ``due`` end now; these."""
    batches: Any = boto3.client("dynamodb", region_name=table.region, endpoint_url=table.endpoint)
    puts = iter({"PutRequest": {"Item": item}} for item in _items(TableWallets(table), members, due))
    while batch := list(islice(puts, BATCH)):
        assert not batches.batch_write_item(RequestItems={table.name: batch}).get("UnprocessedItems")
    return {a_member(number) for number in range(due)}


def _items(wallets: TableWallets, members: int, due: int) -> Iterable[dict[str, Any]]:
    for number in range(members):
        lot = Lot(1, 100, EPOCH, NOON if number < due else NOON + 365 * DAY, issuer="maru")
        wallet = replace(open_wallet(a_member(number), "points", EPOCH), version=1, lots=(lot,), next_lot=2, home=True)
        yield from (write.operation.request["Item"] for write in wallets.save(wallet, Decision(wallet, ())))


@pytest.mark.parametrize("dynamo_table", ["emulator"], indirect=True)
@pytest.mark.parametrize(
    ("members", "due"), [(300, 10), pytest.param(100_000, 1_000, marks=pytest.mark.proof)], ids=["few", "many"]
)
def test_a_tick_and_its_workers_read_those_who_are_due_and_nobody_else(
    dynamo_table: Table, members: int, due: int
) -> None:
    """M17: each who is due costs as much, however many are not; a tick in which nothing is due, one unit a shard."""
    whose, watched = fill(dynamo_table, members, due), WatchedTable(dynamo_table)
    shards = [("Query", "due", keys.due_shard(shard)) for shard in range(keys.DUE_SHARDS)]
    queue = MemoryQueue()
    clock = Clock(TableDueIndex(watched), queue, TableWatermarks(watched), watched.commit)

    clock.tick(lambda: NOON, lambda: True)

    queued = [read_message(body) for body, _ in queue.messages]
    assert {each.member for each in queued if isinstance(each, DueWallet)} == whose
    assert len(queued) == due
    marks = [("GetItem", None, program_keys.watermarks()[0]), ("PutItem", None, program_keys.watermarks()[0])]
    assert Counter(watched.made) == Counter([*shards, *shards, *marks])  # again for what is late
    most_entries = -(-due * KEYS_BYTES // 4096)
    assert watched.cost.reads <= 2 * keys.DUE_SHARDS + most_entries + 1

    watched.forget()
    points = Points(
        TableWallets(watched), TableCommands(watched), Publications(program()), watched.commit, lambda _: None
    )
    for each in queued:
        assert isinstance(each, DueWallet)
        points.settle(each.member, each.currency, NOON)

    one = [("Query", None), ("TransactWriteItems", None)]
    assert Counter(watched.made) == Counter((*call, keys.member(who)) for who in whose for call in one)
    assert (watched.cost.reads, watched.cost.writes, watched.cost.index_writes) == (due, 4 * due, due)

    watched.forget()
    clock.tick(lambda: NOON + MINUTE, lambda: True)
    assert Counter(watched.made) == Counter(shards)
    assert (watched.cost.reads, watched.cost.writes) == (keys.DUE_SHARDS, 0)
