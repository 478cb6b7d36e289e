"""Merges in memory."""

from __future__ import annotations

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.members.model import Member
from huitou.merging.model import Merge
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryMerges:
    """`MergeStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, merge: Digest) -> Merge | None:
        return self._table.get(Merge, *keys.merge(merge))

    def before(self, merge: Merge) -> Member | None:
        return self._table.get(Member, *keys.record_before_merge(merge.survivor, merge.id))

    def add(self, merge: Merge, before: Member) -> list[Write]:
        refused = StaleReadError("The key was used meanwhile.")
        return [
            self._table.put(*keys.merge(merge.id), merge, refused=refused, when=absent),
            self._table.put(
                *keys.record_before_merge(merge.survivor, merge.id), before, refused=refused, when=lambda _: True
            ),
        ]

    def reverse(self, merge: Merge) -> Write:
        refused = StaleReadError("It was undone meanwhile.")
        return self._table.put(
            *keys.merge(merge.id),
            merge,
            refused=refused,
            when=lambda stored: stored is not None and stored.reversed_at is None,
        )
