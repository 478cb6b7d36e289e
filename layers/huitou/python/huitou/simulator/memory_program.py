"""Programme versions in memory."""

from __future__ import annotations

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.program.versions import ActiveVersion, ProgramVersion
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
