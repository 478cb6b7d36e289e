"""Counts in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.counts.model import CountPart, SegmentCount
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.jobs import JobStatus
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryCounts:
    """`CountStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, count: Digest) -> SegmentCount | None:
        return self._table.get(SegmentCount, *keys.count(count))

    def add(self, count: SegmentCount) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(*keys.count(count.id), count, refused=refused, when=absent)

    def part(self, count: Digest, number: int) -> CountPart | None:
        return self._table.get(CountPart, *keys.count_part(count, number))

    def save_part(self, count: Digest, part: CountPart) -> Write:
        def ahead(stored: CountPart | None) -> bool:
            return stored is None or (not stored.finished and stored.done <= part.done)

        refused = StaleReadError("Another worker is further with the same part.")
        return self._table.put(*keys.count_part(count, part.number), part, refused=refused, when=ahead)

    def parts(self, count: Digest) -> Sequence[CountPart]:
        pk, _ = keys.count(count)
        return self._table.query(CountPart, pk, prefix=keys.PART_PREFIX).items

    def finish(self, count: SegmentCount) -> Write:
        def still(stored: SegmentCount | None) -> bool:
            return stored is not None and stored.status is JobStatus.RUNNING

        ended = StaleReadError("The count has ended meanwhile.")
        return self._table.put(*keys.count(count.id), count, refused=ended, when=still)
