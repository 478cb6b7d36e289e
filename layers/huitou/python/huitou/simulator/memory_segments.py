"""Who is in which segment, in memory."""

from __future__ import annotations

from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.program.model import BrandId
from huitou.program.rules import SegmentId
from huitou.simulator.memory import MemoryTable
from huitou.standing.listed import Listed


class MemoryMemberLists:
    """`MemberLists` in memory."""

    shards = keys.MEMBER_SHARDS

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def entries(self, segment: SegmentId, shard: int, *, after: str | None, limit: int) -> Page[Listed]:
        found = self._in_order(segment, shard)
        cursors = sorted(cursor for cursor in found if after is None or cursor > after)
        shown = cursors[:limit]
        return Page(tuple(found[cursor] for cursor in shown), shown[-1] if len(cursors) > len(shown) else None)

    def count(
        self, segment: SegmentId, shard: int, *, joined: BrandId | None, after: str | None
    ) -> tuple[int, str | None]:
        those = {cursor for cursor, each in self._in_order(segment, shard).items() if joined in {None, *each.joined}}
        return sum(after is None or cursor > after for cursor in those), None

    def _in_order(self, segment: SegmentId, shard: int) -> dict[str, Listed]:
        """By what is the index's cursor of each."""
        return {
            "\n".join((since, *keys.listed(each.member, segment))): each
            for each in self._table.all(Listed)
            for pk, since in [keys.segment_entry(each.member, each.segment, each.since)]
            if pk == keys.segment_shard(segment, shard)
        }
