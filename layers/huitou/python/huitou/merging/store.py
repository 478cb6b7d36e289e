"""Merges in DynamoDB."""

from __future__ import annotations

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.members.model import Member
from huitou.members.store import MemberItem, member_in, member_item
from huitou.merging.model import Merge, Transfer
from huitou.platform import keys
from huitou.platform.table import Item, Table


class MergeItem(Item):
    """Who became whom, and which entries say what changed hands. An erasure takes the words out (E25)."""

    survivor = UnicodeAttribute()
    absorbed = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    actor = UnicodeAttribute()
    client_reference = UnicodeAttribute(null=True)
    merged_at = UnicodeAttribute()
    transfers = JSONAttribute(null=True)
    joined = JSONAttribute(null=True)
    reversed_at = UnicodeAttribute(null=True)


class TableMerges:
    """`MergeStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, merge: Digest) -> Merge | None:
        item = self._table.get(MergeItem, *keys.merge(merge))
        return merge_in(merge, item) if item else None

    def before(self, merge: Merge) -> Member | None:
        item = self._table.get(MemberItem, *keys.record_before_merge(merge.survivor, merge.id))
        return member_in(merge.survivor, item) if item else None

    def add(self, merge: Merge, before: Member) -> list[Write]:
        refused = StaleReadError("The key was used meanwhile.")
        record = member_item(before)
        record.pk, record.sk = keys.record_before_merge(merge.survivor, merge.id)
        return [
            self._table.put(_item(merge), condition=MergeItem.pk.does_not_exist(), refused=refused),
            self._table.put(record, refused=refused),
        ]

    def reverse(self, merge: Merge) -> Write:
        return self._table.put(
            _item(merge),
            condition=MergeItem.pk.exists() & MergeItem.reversed_at.does_not_exist(),
            refused=StaleReadError("It was undone meanwhile."),
        )


def _item(merge: Merge) -> MergeItem:
    return MergeItem(
        *keys.merge(merge.id),
        survivor=merge.survivor,
        absorbed=merge.absorbed,
        reason=merge.reason,
        actor=merge.actor,
        client_reference=merge.client_reference,
        merged_at=format_instant(merge.merged_at),
        transfers=[list(each) for each in merge.transfers] or None,
        joined={brand: format_instant(at) for brand, at in merge.joined.items()} or None,
        reversed_at=format_instant(merge.reversed_at) if merge.reversed_at else None,
    )


def merge_in(merge: Digest, item: MergeItem) -> Merge:
    return Merge(
        id=merge,
        survivor=MemberId(item.survivor),
        absorbed=MemberId(item.absorbed),
        reason=item.reason or "",
        actor=item.actor,
        client_reference=item.client_reference,
        merged_at=parse_instant(item.merged_at),
        transfers=tuple(Transfer(*each) for each in item.transfers or ()),
        joined={brand: parse_instant(at) for brand, at in (item.joined or {}).items()},
        reversed_at=parse_instant(item.reversed_at) if item.reversed_at else None,
    )
