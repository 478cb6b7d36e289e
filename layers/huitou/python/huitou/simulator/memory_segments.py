"""What members did, who is in which segment, and all members in the order of a hash, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page, page_of
from huitou.members.model import Member
from huitou.platform import keys
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId
from huitou.program.rules import SegmentId
from huitou.purchases.model import Purchase, Visit
from huitou.segments.packs import Kept, Pack, Packing, quarter_of
from huitou.simulator.memory import MemoryTable
from huitou.standing.listed import Listed


class MemoryDeeds:
    """`Deeds` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def read(self, member: MemberId, since: datetime | None, packed_until: datetime | None) -> Kept:
        pk, loose_from = keys.member(member), max(filter(None, (since, packed_until)), default=None)
        packs: Sequence[Pack] = ()
        if packed_until is not None and (since is None or since < packed_until):
            between = keys.with_quarters((keys.QUARTER_PREFIX, ""), quarter_of(since) if since else None)
            packs = self._table.query(Pack, pk, between=between).items
        return Kept(
            packs,
            self._table.query(Purchase, pk, between=keys.since(keys.PURCHASE_PREFIX, loose_from)).items,
            self._table.query(Visit, pk, between=keys.since(keys.EVENT_PREFIX, loose_from)).items,
        )

    def packed_until(self, member: MemberId, home: CurrencyId) -> datetime | None:
        wallet = self._table.get(Wallet, *keys.wallet(member, home))
        return wallet.packed_until if wallet else None

    def pack(self, wallet: Wallet, packing: Packing) -> list[Write]:
        refused = StaleReadError("The member did something meanwhile.")
        until = self._table.update(
            *keys.wallet(wallet.member, wallet.currency),
            lambda stored: replace(stored, packed_until=packing.until),
            refused=refused,
            when=lambda stored: stored is not None and stored.version == wallet.version,
        )
        packs = ((keys.quarter(wallet.member, quarter), made) for quarter, made in packing.packs.items())
        return [
            until,
            *(
                self._table.put(*key, made, refused=refused, when=lambda _: True)
                if made
                else self._table.delete(*key, refused=refused, when=lambda _: True)
                for key, made in packs
            ),
        ]


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


class MemoryMemberSample:
    """`MemberSample` in memory."""

    shards = len(keys.SAMPLE_SHARDS)

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def first(self, shard: int, *, after: str | None, limit: int) -> Page[MemberId]:
        return page_of(self._by_hash(shard), after=after, limit=limit)

    def count(self, shard: int, after: str | None) -> tuple[int, str | None]:
        return sum(after is None or digest > after for digest in self._by_hash(shard)), None

    def _by_hash(self, shard: int) -> dict[str, MemberId]:
        pk = keys.sample_shard(keys.SAMPLE_SHARDS[shard])
        entries = ((keys.sampled(member.id), member.id) for member in self._table.all(Member))
        return {digest: member for (place, digest), member in entries if place == pk}
