"""Segments in DynamoDB: whose facts changed, as the stream tells it, what members did, and who is in which segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.attributes import BinaryAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId, OwnedId, is_member_id
from huitou.kernel.instants import parse_instant, to_millis
from huitou.kernel.pages import Page, all_items
from huitou.platform import keys
from huitou.platform.table import Item, KindOf, Table
from huitou.points.store import WalletItem, packed_until_in
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId
from huitou.program.rules import SegmentId
from huitou.purchases.store import PurchaseItem, VisitItem, purchase_in, visit_in
from huitou.segments.packs import Kept, Packing, pack, quarter_of, unpack
from huitou.standing.listed import Listed
from huitou.standing.store import ListedItem

I = TypeVar("I", bound=Item)  # noqa: E741 - an item, nothing else


def owner_of(record: Mapping[str, Any]) -> MemberId:
    """Whose item the record is about. Raises `ValueError` or `KeyError` for a record that is nobody's."""
    member = keys.parse_member(record["dynamodb"]["Keys"]["pk"]["S"])
    if not is_member_id(member):
        raise ValueError("The record is about no member.")
    return member


class QuarterItem(Item):
    """What a member did in a quarter of a year."""

    packed = BinaryAttribute(attr_name="d", legacy_encoding=False)


class TableDeeds:
    """`Deeds` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, member: MemberId, since: datetime | None, packed_until: datetime | None) -> Kept:
        loose_from = max(filter(None, (since, packed_until)), default=None)
        has_packs = packed_until is not None and (since is None or since < packed_until)
        bought = keys.since(keys.PURCHASE_PREFIX, loose_from)
        if has_packs:
            bought = keys.with_quarters(bought, quarter_of(since) if since else None)
        items = list(self._items(_deed_kind, member, bought))
        visits = self._items(VisitItem, member, keys.since(keys.EVENT_PREFIX, loose_from))
        return Kept(
            [unpack(keys.parse_quarter(item.sk), item.packed) for item in items if isinstance(item, QuarterItem)],
            [purchase_in(member, item) for item in items if isinstance(item, PurchaseItem)],
            [visit_in(OwnedId(member, item.sk.removeprefix(keys.EVENT_PREFIX)), item) for item in visits],
        )

    def packed_until(self, member: MemberId, home: CurrencyId) -> datetime | None:
        head = self._table.get(WalletItem, *keys.wallet(member, home))
        return packed_until_in(head) if head else None

    def pack(self, wallet: Wallet, packing: Packing) -> list[Write]:
        refused = StaleReadError("The member did something meanwhile.")
        until = self._table.update(
            WalletItem,
            *keys.wallet(wallet.member, wallet.currency),
            [WalletItem.packed_until.set(to_millis(packing.until))],
            condition=WalletItem.version == wallet.version,
            refused=refused,
        )
        packs = ((keys.quarter(wallet.member, quarter), made) for quarter, made in packing.packs.items())
        return [
            until,
            *(
                self._table.put(QuarterItem(*key, packed=pack(made)), refused=refused)
                if made
                else self._table.delete(QuarterItem, *key, refused=refused)
                for key, made in packs
            ),
        ]

    def _items(self, kind: KindOf[I], member: MemberId, between: tuple[str, str]) -> Iterator[I]:
        pk = keys.member(member)
        return all_items(lambda after: self._table.query(kind, pk, between=between, after=after))


def _deed_kind(sk: str) -> type[Item]:
    return QuarterItem if sk.startswith(keys.QUARTER_PREFIX) else PurchaseItem


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


class TableMemberSample:
    """`MemberSample` in DynamoDB: the records of members, in the index of segments."""

    shards = len(keys.SAMPLE_SHARDS)

    def __init__(self, table: Table) -> None:
        self._table = table

    def first(self, shard: int, *, after: str | None, limit: int) -> Page[MemberId]:
        page = self._table.query(Item, _sample(shard), after=after, limit=limit, index=keys.SEGMENTS_INDEX)
        return Page(tuple(keys.parse_member(each.pk) for each in page.items), page.next_cursor)

    def count(self, shard: int, after: str | None) -> tuple[int, str | None]:
        return self._table.count(_sample(shard), index=keys.SEGMENTS_INDEX, after=after)


def _sample(shard: int) -> str:
    return keys.sample_shard(keys.SAMPLE_SHARDS[shard])


def _listed(item: ListedItem, segment: SegmentId) -> Listed:
    joined = frozenset(item.joined or ())
    return Listed(keys.parse_member(item.pk), segment, parse_instant(item.segments_sk), joined)
