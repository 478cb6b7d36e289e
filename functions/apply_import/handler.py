"""The second state of an import: applies the rows of one chunk; many run at once."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from huitou.imports.programs import PinnedPrograms
from huitou.imports.rejections import write_rejections
from huitou.imports.requests import read_row
from huitou.imports.service import running
from huitou.imports.store import TableOpenings, TableRuns
from huitou.imports.working import Task, Worker
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.members.directory import MemberDirectory
from huitou.members.identity import IdentityHasher
from huitou.members.service import Members
from huitou.members.store import TableMembers
from huitou.platform.files import S3Files
from huitou.platform.observability import Observer
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import IdentitySecret, ImportBucket, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.budget_store import TableBudgets
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.refund_service import Refunds
from huitou.purchases.refund_store import TableRefunds
from huitou.purchases.store import TableMemberStates, TablePurchases
from huitou.sale_composition import SegmentsOnDemand
from huitou.standing.store import TableStandings

REST = timedelta(hours=1)
"""Longer than a chunk can take, so that the clock does not come between its commits."""


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    identity_secret: IdentitySecret
    import_bucket: ImportBucket


settings = load(Needs)
observer = Observer("apply_import")
members_table = Table(settings.members_table, settings.region, settings.endpoint)
program_table = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program_table), monotonic)
runs = TableRuns(program_table)
files = S3Files(settings.import_bucket, settings.region, settings.endpoint)
hasher = IdentityHasher(Secret(settings.identity_secret, settings.region, settings.endpoint).text)
members, wallets = TableMembers(members_table), TableWallets(members_table)
standings = TableStandings(members_table)
refunds = Refunds(
    TablePurchases(members_table),
    wallets,
    programs,
    members_table.commit,
    pause,
    budgets=TableBudgets(members_table),
    states=TableMemberStates(members_table),
    standings=standings,
    refunds=TableRefunds(members_table),
    segments=SegmentsOnDemand(members_table, program_table, programs),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what `partition_import` returned, ``chunk`` one element of its manifest."""
    del context
    run = running(runs, parse_digest(event["run"]["import_id"]))
    number, key = event["chunk"]["number"], event["chunk"]["key"]
    pinned = PinnedPrograms(programs, run.program_version)
    worker = Worker(
        members=Members(
            members=members,
            wallets=wallets,
            programs=pinned,
            standings=standings,
            hasher=hasher,
            commit=members_table.commit,
            pause=pause,
        ),
        directory=MemberDirectory(members, hasher),
        wallets=wallets,
        purchases=TablePurchases(members_table),
        budgets=TableBudgets(members_table),
        states=TableMemberStates(members_table),
        standings=standings,
        openings=TableOpenings(members_table),
        segments=SegmentsOnDemand(members_table, program_table, pinned),
        commit=members_table.commit,
        pause=pause,
        read_row=read_row,
        net=refunds.net,
    )
    task = Task(run, pinned, rest_until=to_instant(datetime.now(UTC)) + REST)
    with gzip.open(io.BytesIO(files.read(key))) as lines:
        tally = worker.apply(lines, task)
    write_rejections(files, run.rejections_key(number), sorted(tally.rejections))
    program_table.commit([runs.save_chunk(run.id, number, tally.counts)])
    observer.log("applied", {"import_id": run.id})
    observer.count("PurchasesImported", tally.counts.recorded)
    observer.flush()
    return {"number": number}
