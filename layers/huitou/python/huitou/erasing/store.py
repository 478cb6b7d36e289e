"""The list of erasures in DynamoDB, and what is personal in a member's partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from pynamodb.attributes import UnicodeAttribute

from huitou.erasing.model import Erasure
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import all_items
from huitou.platform import keys
from huitou.platform.table import Item, Table
from huitou.purchases.store import VisitItem

MOST_AT_ONCE = 90


class ErasureItem(Item):
    """Whom to forget, once more after a restore."""

    reason = UnicodeAttribute()
    actor = UnicodeAttribute()
    client_reference = UnicodeAttribute(null=True)
    erased_at = UnicodeAttribute()


class TableErasures:
    """`ErasureStore` in DynamoDB; ``table`` is the programme's."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, member: MemberId) -> Erasure | None:
        item = self._table.get(ErasureItem, *keys.erasure(member))
        return _erasure(item) if item else None

    def add(self, erasure: Erasure) -> None:
        item = ErasureItem(
            *keys.erasure(erasure.member),
            reason=erasure.reason,
            actor=erasure.actor,
            client_reference=erasure.client_reference,
            erased_at=format_instant(erasure.erased_at),
        )
        known = StaleReadError("It is written down already.")
        try:
            self._table.commit([self._table.put(item, condition=ErasureItem.pk.does_not_exist(), refused=known)])
        except StaleReadError:
            return

    def all(self) -> Iterable[Erasure]:
        query = partial(self._table.query, ErasureItem, keys.ERASURES, prefix=keys.ERASURE_PREFIX)
        return map(_erasure, all_items(lambda after: query(after=after)))


class TableTraces:
    """`Traces` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def removals(self, member: MemberId) -> Iterator[Sequence[Write]]:
        writes = [
            *(self._delete(item) for item in self._items(member, keys.CONSENT_PREFIX)),
            *(self._delete(item) for item in self._items(member, keys.MERGED_PREFIX)),
            *(self._without_data(item) for item in self._items(member, keys.EVENT_PREFIX)),
        ]
        for first in range(0, len(writes), MOST_AT_ONCE):
            yield writes[first : first + MOST_AT_ONCE]

    def _items(self, member: MemberId, prefix: str) -> Iterable[Item]:
        query = partial(self._table.query, Item, keys.member(member), prefix=prefix)
        return all_items(lambda after: query(after=after))

    def _delete(self, item: Item) -> Write:
        return self._table.delete(Item, item.pk, item.sk, refused=StaleReadError("It changed meanwhile."))

    def _without_data(self, item: Item) -> Write:
        changed = StaleReadError("It changed meanwhile.")
        return self._table.update(VisitItem, item.pk, item.sk, [VisitItem.data.remove()], refused=changed)


def _erasure(item: ErasureItem) -> Erasure:
    return Erasure(
        MemberId(item.sk.removeprefix(keys.ERASURE_PREFIX)),
        item.reason,
        item.actor,
        item.client_reference,
        parse_instant(item.erased_at),
    )
