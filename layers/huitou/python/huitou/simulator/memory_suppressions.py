"""Suppressions in memory."""

from __future__ import annotations

from huitou.kernel.commits import StaleReadError, Write
from huitou.members.identity import IdentityKey
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable
from huitou.suppressions.model import Suppression


class MemorySuppressions:
    """`SuppressionStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, address: IdentityKey) -> Suppression | None:
        return self._table.get(Suppression, *keys.suppression(*address))

    def save(self, after: Suppression) -> Write:
        def is_latest(value: object) -> bool:
            return (value.version if isinstance(value, Suppression) else 0) == after.version - 1

        overtaken = StaleReadError("Another word came meanwhile.")
        return self._table.put(*keys.suppression(*after.address), after, refused=overtaken, when=is_latest)
