"""The past as a file that could be imported (M36): read by the code of imports, and partitioned as they are.

Rows that an import ties together, by an identity or a receipt, count as one member: who it is in production a file
cannot say. A receipt that comes twice counts once (E14), and sales of nobody are left out (M40).
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from huitou.imports.apply import Arrival, Bill
from huitou.imports.model import ImportFormat, ImportStatus, Run
from huitou.imports.partition import Head, PlacedRow, groups_of
from huitou.imports.preparing import Preparation
from huitou.imports.requests import read_head, read_row
from huitou.kernel.errors import DomainError
from huitou.kernel.ids import Digest, MemberId, digest_of, ulid_for
from huitou.kernel.instants import EPOCH
from huitou.members.identity import Identity, IdentityKind
from huitou.members.model import PROFILE_FIELDS, Member, Profile
from huitou.program.model import GROUP, Program
from huitou.simulator.history import SALES_ONLY, History
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_imports import MemoryFiles, MemoryRuns
from huitou.simulator.memory_program import OneProgram

RUN = Digest("A" * 26)
PERSONAL = frozenset({IdentityKind.PHONE, IdentityKind.EMAIL, IdentityKind.LINE})
"""Identities that a report does not name a member by."""


class FileSales:
    """`Sales` of a file; ``content`` opens it. Rows that ``program`` could not import are left out and counted.

    Raises `UnreadableFileError`, `FileTooLargeError`.
    """

    tells = SALES_ONLY

    def __init__(self, content: Callable[[], BinaryIO], form: ImportFormat, program: Program, now: datetime) -> None:
        self._program = program
        self._files = _Files(content)
        self._run = Run(RUN, GROUP, form, None, now, ImportStatus.RUNNING, started_at=now, program_version=1)
        self._table = MemoryTable()
        self.last_at = EPOCH
        """When the latest of the sales happened."""
        self.rejected = 0
        """Rows left out."""
        self._partition()

    @property
    def members(self) -> int:
        """How many there are."""
        return sum(1 for _ in self._groups())

    def histories(self) -> Iterator[History]:
        for rows in self._groups():
            history = self._history(rows)
            if history is not None:
                yield history

    def _partition(self) -> None:
        runs = MemoryRuns(self._table)
        self._table.commit([runs.add(self._run)])
        Preparation(runs, self._files, OneProgram(self._program), self._read_head, self._table.commit).prepare(RUN)
        [(_, counts)] = runs.chunks(RUN)
        self.rejected = counts.rejected

    def _read_head(self, text: bytes, run: Run, program: Program) -> Head:
        head = read_head(text, run, program)
        if head.receipt and head.at:
            self.last_at = max(self.last_at, head.at)
        return head

    def _groups(self) -> Iterator[list[PlacedRow]]:
        for key in sorted(self._files.content):
            if "/chunks/" in key:
                yield from groups_of(gzip.GzipFile(fileobj=io.BytesIO(self._files.content[key])))

    def _history(self, rows: Sequence[PlacedRow]) -> History | None:
        """The member of a group; None for a sale of nobody."""
        read = [row for row in map(self._read, rows) if row is not None]
        arrivals = [row for row in read if isinstance(row, Arrival)]
        bills = {row.purchase.receipt: row for row in reversed(read) if isinstance(row, Bill) and row.buyer is not None}
        sales = sorted((bill.purchase for bill in bills.values()), key=lambda sale: (sale.occurred_at, sale.receipt))
        names = [name for each in arrivals for name in each.identities]
        known_by = [*names, *(bill.buyer for bill in bills.values() if bill.buyer is not None)]
        if not known_by:
            return None
        dates = [each.at for each in arrivals if each.at is not None] + [sale.occurred_at for sale in sales[:1]]
        enrolled_at = min(dates, default=self._run.decided_at)
        enrolments = [(each.at or enrolled_at, each.enrolment(enrolled_at)) for each in arrivals]
        member = _member_id(known_by[0], enrolled_at)
        profile = _profile([enrolment.profile for _, enrolment in enrolments])
        return History(
            member=member,
            name=_name(known_by),
            enrolled_at=enrolled_at,
            purchases=sales,
            joined={enrolment.brand: at for at, enrolment in reversed(enrolments)},
            person=Member(member, 1, enrolled_at, GROUP, profile, {}, (), {}, {}),
        )

    def _read(self, row: PlacedRow) -> Arrival | Bill | None:
        """What counts of a row: balances that another system left are none of the programme's doing."""
        try:
            read = read_row(row.text, self._run, self._program)
        except DomainError:
            self.rejected += 1
            return None
        return read if isinstance(read, Arrival | Bill) else None


class _Files(MemoryFiles):
    """Chunks in memory, compressed; the file itself where it lies."""

    def __init__(self, content: Callable[[], BinaryIO]) -> None:
        super().__init__()
        self._content = content

    def open(self, key: str, etag: str) -> BinaryIO:
        del key, etag
        return self._content()


def _member_id(name: Identity | MemberId, enrolled_at: datetime) -> MemberId:
    """Always the same for the same file."""
    if isinstance(name, str):
        return name
    return MemberId(ulid_for(enrolled_at, digest_of((name.kind, name.scope, name.value))))


def _profile(rows: Sequence[Profile]) -> Profile:
    """What the first row says that says anything about it."""

    def said(field: str) -> Any:
        return next((value for row in rows if (value := getattr(row, field)) is not None), None)

    return Profile(**{field: said(field) for field in PROFILE_FIELDS})


def _name(names: Sequence[Identity | MemberId]) -> str:
    """The first that is no personal data; else a digest, that tells two members apart and nothing else."""
    for name in names:
        if isinstance(name, str):
            return name
        if name.kind not in PERSONAL:
            return f"{name.scope} {name.value}".strip()
    first = names[0]
    return first if isinstance(first, str) else digest_of((first.kind, first.scope, first.value))[:8]
