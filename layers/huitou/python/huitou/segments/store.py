"""Segments in DynamoDB: whose facts changed, as the stream of members tells it, and who is in which segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huitou.kernel.ids import MemberId, is_member_id
from huitou.kernel.instants import parse_instant
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.platform.table import Table
from huitou.program.model import BrandId
from huitou.program.rules import SegmentId
from huitou.standing.listed import Listed
from huitou.standing.store import ListedItem


def owner_of(record: Mapping[str, Any]) -> MemberId:
    """Whose item the record is about. Raises `ValueError` or `KeyError` for a record that is nobody's."""
    member = keys.parse_member(record["dynamodb"]["Keys"]["pk"]["S"])
    if not is_member_id(member):
        raise ValueError("The record is about no member.")
    return member


class TableMemberLists:
    """`MemberLists` in DynamoDB."""

    shards = keys.MEMBER_SHARDS

    def __init__(self, table: Table) -> None:
        self._table = table

    def entries(self, segment: SegmentId, shard: int, *, after: str | None, limit: int) -> Page[Listed]:
        pk = keys.segment_shard(segment, shard)
        page = self._table.query(ListedItem, pk, after=after, limit=limit, index=keys.SEGMENTS_INDEX)
        return Page(tuple(_listed(each, segment) for each in page.items), page.next_cursor)

    def count(
        self, segment: SegmentId, shard: int, *, joined: BrandId | None, after: str | None
    ) -> tuple[int, str | None]:
        pk, those = keys.segment_shard(segment, shard), ListedItem.joined.contains(joined) if joined else None
        return self._table.count(pk, index=keys.SEGMENTS_INDEX, those=those, after=after)


def _listed(item: ListedItem, segment: SegmentId) -> Listed:
    joined = frozenset(item.joined or ())
    return Listed(keys.parse_member(item.pk), segment, parse_instant(item.segments_sk), joined)
