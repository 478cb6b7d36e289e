"""How long after its instant what falls due is booked, and what that costs: tick, queue and worker, in real time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any

import boto3

from huitou.kernel.ids import new_member_id
from huitou.kernel.instants import EPOCH, to_instant
from huitou.platform.keys import DUE_SHARDS
from huitou.platform.queues import SqsQueue
from huitou.platform.table import Table
from huitou.points.command_store import TableCommands
from huitou.points.decisions import Decision
from huitou.points.service import Points
from huitou.points.store import TableWallets
from huitou.points.wallet import Lot, open_wallet
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.standing.clock import Clock
from huitou.standing.messages import DueWallet, read_message
from huitou.standing.store import TableDueIndex, TableWatermarks
from tests.benchmarks.stage import Cost, MeteredTable, prepared
from tests.contract.targets import REGION, emulator

MEMBERS = 200
HEAD_START = timedelta(seconds=10)
SPREAD = timedelta(seconds=20)
TABLE = "members-ticking"
SHARDS = DUE_SHARDS
OF_INDEX = 0.5
"""A read of an index is never consistent, and costs half of what `MeteredTable` counts."""


@dataclass(frozen=True, slots=True)
class Lateness:
    """Seconds behind the instant, and units for each who was due; ``idle_reads`` of a tick when nobody is."""

    p50: float
    p99: float
    reads: float
    writes: float
    index_writes: float
    idle_reads: float


def measure() -> Lateness:
    """One tick queues all of it ahead; one worker takes what the queue shows."""
    with emulator() as endpoint, prepared(endpoint, [TABLE]):
        sqs: Any = boto3.client("sqs", region_name=REGION, endpoint_url=endpoint)
        url = sqs.create_queue(QueueName="ticking")["QueueUrl"]
        cost = Cost()
        table, program = MeteredTable(TABLE, REGION, endpoint, lambda: cost), Table("program", REGION, endpoint)
        wallets = TableWallets(table)
        programs = ProgramReader(TableVersions(program), lambda: 0.0)
        points = Points(wallets, TableCommands(table), programs, table.commit, lambda _: None)
        _fill(wallets, table)
        cost.reads = cost.writes = cost.index_writes = 0

        clock = Clock(TableDueIndex(table), SqsQueue(url, REGION, endpoint), TableWatermarks(program), program.commit)
        queued = clock.tick(_now, lambda: True).queued
        late: list[float] = []
        while len(late) < queued:
            taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in taken.get("Messages", ()):
                due = read_message(message["Body"])
                assert isinstance(due, DueWallet)
                assert points.settle(due.member, due.currency, _now()).entries
                late.append((_now() - due.at).total_seconds())
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        reads, writes, index_writes = (units / queued for units in (cost.reads, cost.writes, cost.index_writes))
        cost.reads = 0
        assert not clock.tick(_now, lambda: True).queued
    cuts = quantiles(late, n=100)
    return Lateness(cuts[49], cuts[98], reads, writes, index_writes, idle_reads=cost.reads * OF_INDEX)


def _fill(wallets: TableWallets, table: Table) -> None:
    start = _now() + HEAD_START
    for number in range(MEMBERS):
        lot = Lot(1, 100, EPOCH, to_instant(start + number * SPREAD / MEMBERS), issuer="maru")
        opened = open_wallet(new_member_id(), "points", EPOCH)
        wallet = replace(opened, version=1, lots=(lot,), next_lot=2, home=True)
        table.commit(wallets.save(opened, Decision(wallet, ())))


def _now() -> datetime:
    return to_instant(datetime.now(UTC))
