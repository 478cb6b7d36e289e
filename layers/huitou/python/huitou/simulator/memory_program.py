"""Programme versions and drafts in memory; or one programme that simply holds."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import EPOCH
from huitou.kernel.pages import Page
from huitou.platform import program_keys as keys
from huitou.program.model import Program
from huitou.program.versions import ActiveVersion, Draft, ProgramVersion
from huitou.simulator.memory import MemoryTable, absent


class MemoryVersions:
    """`VersionStore` over a `MemoryTable`."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def active(self) -> ActiveVersion | None:
        return self._table.get(ActiveVersion, *keys.program_active())

    def version(self, number: int) -> ProgramVersion | None:
        return self._table.get(ProgramVersion, *keys.program_version(number))

    def versions(self, *, after: str | None = None, limit: int) -> Page[ProgramVersion]:
        return self._table.query(
            ProgramVersion, keys.PROGRAM, prefix=keys.VERSION_PREFIX, after=after, limit=limit, newest_first=True
        )

    def publish(self, version: ProgramVersion, replaced: ActiveVersion | None, audit: AuditEntry) -> list[Write]:
        stale = StaleReadError("Another version was published meanwhile.")
        active = ActiveVersion(version.number, version.digest)
        return [
            self._table.put(*keys.program_version(version.number), version, when=absent, refused=stale),
            self._table.put(*keys.program_active(), active, when=lambda now: now == replaced, refused=stale),
            self._table.put(*keys.audit(audit.at, audit.id), audit, when=absent, refused=stale),
        ]


class MemoryDrafts:
    """`DraftStore` over a `MemoryTable`."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def draft(self, draft_id: Digest) -> Draft | None:
        return self._table.get(Draft, *keys.program_draft(draft_id))

    def drafts(self, *, after: str | None = None, limit: int) -> Page[Draft]:
        page = self._table.query(Draft, keys.PROGRAM, prefix=keys.DRAFT_PREFIX, after=after, limit=limit)
        return Page(tuple(draft for draft in page.items if not draft.discarded), page.next_cursor)

    def add(self, draft: Draft, audit: AuditEntry) -> list[Write]:
        refused = StaleReadError("A draft of this id was created meanwhile.")
        return [
            self._table.put(*keys.program_draft(draft.id), draft, when=absent, refused=refused),
            self._logged(audit),
        ]

    def replace(self, draft: Draft, before: Draft, audit: AuditEntry | None = None) -> list[Write]:
        key = keys.program_draft(draft.id)
        written = self._table.put(*key, draft, when=lambda now: now == before, refused=_moved())
        return [written, self._logged(audit)] if audit else [written]

    def _logged(self, audit: AuditEntry) -> Write:
        refused = StaleReadError("The same change was recorded at the same instant.")
        return self._table.put(*keys.audit(audit.at, audit.id), audit, when=absent, refused=refused)


def _moved() -> StaleReadError:
    return StaleReadError("The draft was changed meanwhile.")


class OneProgram:
    """`Programs`, of which one has held from the beginning."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def active(self, at_least: int = 0) -> Program:
        del at_least
        return self._program

    def at(self, instant: datetime) -> Program:
        del instant
        return self._program

    def version(self, number: int) -> Program:
        del number
        return self._program

    def published_at(self, number: int) -> datetime:
        del number
        return EPOCH
