"""What was found about all members together, in memory."""

from __future__ import annotations

from huitou.insights.model import Findings
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import program_keys as keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryFindings:
    """`FindingsStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def newest(self) -> Findings | None:
        return self._table.get(Findings, *keys.insights())

    def version(self, number: int) -> Findings | None:
        return self._table.get(Findings, *keys.insights_version(number))

    def add(self, findings: Findings) -> list[Write]:
        def unmoved(stored: Findings | None) -> bool:
            return (stored.version if stored else 0) == findings.version - 1

        stale = StaleReadError("Another run was concluded meanwhile.")
        return [
            self._table.put(*keys.insights(), findings, refused=stale, when=unmoved),
            self._table.put(*keys.insights_version(findings.version), findings, refused=stale, when=absent),
        ]
