"""Imports for tests: rows, and all three states over stores in memory."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from huitou.imports.model import ImportFormat, Run
from huitou.imports.openings import Control
from huitou.imports.preparing import Preparation
from huitou.imports.programs import PinnedPrograms
from huitou.imports.rejections import write_rejections
from huitou.imports.reporting import Reporting
from huitou.imports.requests import read_head, read_row
from huitou.imports.service import Imports, Progress, running
from huitou.imports.working import Task, Worker
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import all_items
from huitou.members.directory import MemberDirectory
from huitou.members.identity import Identity, card_identity
from huitou.members.model import Member
from huitou.members.service import Members
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import GROUP, Program
from huitou.purchases.refund_service import Refunds
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.simulator.memory_imports import MemoryFiles, MemoryOpenings, MemoryRuns
from huitou.simulator.memory_members import MemoryMembers
from huitou.simulator.memory_points import MemoryWallets
from huitou.simulator.memory_purchases import MemoryMemberStates, MemoryPurchases
from huitou.simulator.memory_refunds import MemoryRefunds
from huitou.simulator.memory_standing import MemoryStandings
from tests.builders import TAIPEI, at, program
from tests.members import HASHER
from tests.purchases import Publications, judged_on

Row = dict[str, Any]

STARTED = at("2026-06-30 12:00")
"""When the imports of tests are started."""


def member_row(card: str = "C-1", enrolled_at: str | None = "2026-01-02 09:00", **changes: Any) -> Row:
    """Somebody with a card, enrolled at maru."""
    when = {"enrolled_at": format_instant(at(enrolled_at))} if enrolled_at else {}
    return {"type": "member", "brand": "maru", "identities": [{"card": card}], **when, **changes}


def purchase_row(
    receipt: str = "A-1", when: str = "2026-03-02 12:00", amount: str = "1000", card: str | None = "C-1", **changes: Any
) -> Row:
    """A sale of bread at maru's store m1."""
    return {
        "type": "purchase",
        "brand": "maru",
        "store": "m1",
        "receipt": receipt,
        "occurred_at": format_instant(at(when)),
        "currency": "TWD",
        "lines": [{"sku": "bread-1", "category": "bread", "amount": amount}],
        "total": amount,
        **({"member": {"card": card}} if card else {}),
        **changes,
    }


def sora_row(receipt: str = "S-1", when: str = "2026-03-02 12:00", **changes: Any) -> Row:
    """A sale at sora's store s1."""
    return purchase_row(receipt, when, **{"brand": "sora", "store": "s1", **changes})


def ndjson(rows: Iterable[Row | str]) -> bytes:
    """Rows as a file; a text is a line as it stands."""
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


class Importer:
    """The use cases of imports over stores in memory. ``commit`` stands in for the table's own, to let it fail."""

    def __init__(self, only: Program | None = None, commit: Commit | None = None) -> None:
        self.table = MemoryTable()
        self.commit = commit or self.table.commit
        self.programs = Publications(only or program())
        self.files = MemoryFiles()
        self.runs = MemoryRuns(self.table)
        self.wallets = MemoryWallets(self.table)
        self.purchases = MemoryPurchases(self.table)
        self.members = MemoryMembers(self.table)
        self.standings = MemoryStandings(self.table)
        self.states = MemoryMemberStates(self.table)
        self.refunds = Refunds(
            self.purchases,
            self.wallets,
            self.programs,
            self.commit,
            lambda _: None,
            budgets=MemoryBudgets(self.table),
            states=self.states,
            standings=self.standings,
            refunds=MemoryRefunds(self.table),
            segments=judged_on(self.table, self.programs),
        )
        self.executions: list[tuple[Digest, int]] = []
        self.ended: dict[tuple[Digest, int], datetime] = {}
        self.use = Imports(
            runs=self.runs,
            files=self.files,
            states=self,
            programs=self.programs,
            commit=self.table.commit,
            pause=lambda _: None,
        )

    def start(self, run: Digest, attempt: int) -> None:
        """The state machine, which is told to start, and does nothing by itself."""
        if (run, attempt) not in self.executions:
            self.executions.append((run, attempt))

    def ended_at(self, run: Digest, attempt: int) -> datetime | None:
        """When a test says so."""
        return self.ended.get((run, attempt))

    def begin(
        self,
        content: bytes,
        *,
        form: ImportFormat = ImportFormat.NDJSON,
        brand: str = GROUP,
        key: str = "first",
        now: datetime = STARTED,
        control: Control | None = None,
    ) -> Run:
        """An import that was asked for, uploaded and started."""
        created = self.use.create(form, None, key, brand, now, control=control)
        self.files.write(created.run.upload_key, content)
        return self.use.start(created.run.id, brand, now)

    def prepare(self, run: Run) -> list[dict[str, Any]]:
        """The first state; answers with the chunks."""
        preparation = Preparation(self.runs, self.files, self.programs, read_head, self.table.commit)
        manifest: list[dict[str, Any]] = json.loads(self.files.read(preparation.prepare(run.id)["manifest_key"]))
        return manifest

    def work(self, run: Run, chunk: dict[str, Any], after: Callable[[], None] = lambda: None) -> None:
        """The second state, for one chunk; ``after`` is called when its rows are applied, before that is known."""
        run = running(self.runs, run.id)
        pinned = PinnedPrograms(self.programs, run.program_version)
        worker = Worker(
            members=Members(
                members=self.members,
                wallets=self.wallets,
                standings=self.standings,
                programs=pinned,
                hasher=HASHER,
                commit=self.commit,
                pause=lambda _: None,
            ),
            directory=MemberDirectory(self.members, HASHER),
            wallets=self.wallets,
            purchases=self.purchases,
            budgets=MemoryBudgets(self.table),
            states=self.states,
            standings=self.standings,
            openings=MemoryOpenings(self.table),
            segments=judged_on(self.table, pinned),
            commit=self.commit,
            pause=lambda _: None,
            read_row=read_row,
            net=self.refunds.net,
        )
        with gzip.open(io.BytesIO(self.files.read(chunk["key"]))) as lines:
            tally = worker.apply(lines, Task(run, pinned, STARTED + timedelta(hours=1)))
        after()
        write_rejections(self.files, run.rejections_key(chunk["number"]), sorted(tally.rejections))
        self.table.commit([self.runs.save_chunk(run.id, chunk["number"], tally.counts)])

    def finish(self, run: Run, error: dict[str, str] | None = None) -> Progress:
        """The last state; answers with what callers see then."""
        Reporting(self.runs, self.files, self.table.commit).report(run.id, error, STARTED)
        return self.use.progress(run.id, GROUP)

    def bring(self, rows: Sequence[Row | str] | bytes, **how: Any) -> Progress:
        """A whole import."""
        run = self.begin(rows if isinstance(rows, bytes) else ndjson(rows), **how)
        for chunk in self.prepare(run):
            self.work(run, chunk)
        return self.finish(run)

    def rejected(self, run: Run) -> list[dict[str, Any]]:
        """All rejected rows, as their report lists them."""
        return [json.loads(line) for line in self.files.read(run.rejected_key).decode().splitlines()]

    def member(self, card: str = "C-1") -> MemberId:
        return self.member_of(card_identity(card))

    def member_of(self, identity: Identity) -> MemberId:
        found = MemberDirectory(self.members, HASHER).find(identity)
        assert found is not None
        return found

    def wallet(self, card: str = "C-1", currency: str = "points") -> Wallet:
        wallet = self.wallets.load(self.member(card), currency)
        assert wallet is not None
        return wallet

    def entries(self, card: str = "C-1", currency: str = "points") -> list[Entry]:
        member = self.member(card)
        return list(all_items(lambda after: self.wallets.entries(member, currency, after=after)))

    def story(self, card: str = "C-1", currency: str = "points") -> list[str]:
        """The ledger in short: when by Taipei's clocks, what, how much."""
        return [
            f"{each.effective_at.astimezone(TAIPEI):%m-%d} {each.type} {each.amount}"
            for each in self.entries(card, currency)
        ]

    def anonymous(self) -> dict[str, tuple[object, ...]]:
        """Everything there is about each member, by card and without our ids, which differ from run to run."""
        everything: dict[str, tuple[object, ...]] = {}
        for member in self.table.all(Member):
            (card,) = (held.identity.value for held in member.identities)
            wallets = self.wallets.load_all(member.id)
            ledger = [
                repr(entry).replace(member.id, card)
                for currency in sorted(wallets)
                for entry in self.entries(card, currency)
            ]
            purchases = self.purchases.of_member(member.id, after=None, limit=10_000).items
            everything[card] = (
                member.enrolled_at,
                [repr(wallets[currency]).replace(member.id, card) for currency in sorted(wallets)],
                ledger,
                [repr(purchase).replace(member.id, card) for purchase in purchases],
            )
        return everything
