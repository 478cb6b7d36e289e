"""Rebuilds in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.jobs import JobStatus
from huitou.platform import keys
from huitou.rebuilding.model import Part, Rebuild
from huitou.simulator.memory import MemoryTable, absent


class MemoryRebuilds:
    """`RebuildStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, rebuild: Digest) -> Rebuild | None:
        return self._table.get(Rebuild, *keys.rebuild(rebuild))

    def add(self, rebuild: Rebuild) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(*keys.rebuild(rebuild.id), rebuild, refused=refused, when=absent)

    def part(self, rebuild: Digest, number: int) -> Part | None:
        return self._table.get(Part, *keys.rebuild_part(rebuild, number))

    def save_part(self, rebuild: Digest, part: Part) -> Write:
        refused = StaleReadError("Another worker goes through the same part.")
        return self._table.put(*keys.rebuild_part(rebuild, part.number), part, refused=refused, when=_always)

    def parts(self, rebuild: Digest) -> Sequence[Part]:
        pk, _ = keys.rebuild(rebuild)
        return self._table.query(Part, pk, prefix=keys.PART_PREFIX).items

    def finish(self, rebuild: Rebuild) -> Write:
        def still(stored: Rebuild | None) -> bool:
            return stored is not None and stored.status is JobStatus.RUNNING

        ended = StaleReadError("The rebuild has ended meanwhile.")
        return self._table.put(*keys.rebuild(rebuild.id), rebuild, refused=ended, when=still)


def _always(_: object) -> bool:
    return True
