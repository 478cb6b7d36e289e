"""The due index in DynamoDB: a sparse index of keys only. A wallet without a deadline is not in it."""

from __future__ import annotations

from datetime import datetime

from pynamodb.attributes import UnicodeAttribute

from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.platform.table import Item, Table
from huitou.standing.messages import DueWallet


class DueItem(Item):
    """What the index holds of a wallet: its key and its deadline."""

    due_pk = UnicodeAttribute()
    due_sk = UnicodeAttribute()


class TableDueIndex:
    """`DueIndex` in DynamoDB."""

    shards = keys.DUE_SHARDS

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(
        self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int
    ) -> Page[DueWallet]:
        page = self._table.query(
            DueItem,
            keys.due_shard(shard),
            between=(format_instant(since), format_instant(until)),
            after=after,
            limit=limit,
            index=keys.DUE_INDEX,
        )
        return Page(tuple(map(_due, page.items)), page.next_cursor)


def _due(item: DueItem) -> DueWallet:
    member, currency = keys.parse_wallet(item.pk, item.sk)
    return DueWallet(member, currency, parse_instant(item.due_sk))
