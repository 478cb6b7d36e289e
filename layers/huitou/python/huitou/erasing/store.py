"""The list of erasures in DynamoDB, and what is personal in a member's partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import get_args

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action

from huitou.erasing.model import REASON, Erasure
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import all_items
from huitou.platform import keys
from huitou.platform.table import Item, Table
from huitou.points.commands import PointsCommandType
from huitou.purchases.packing import unpack_returns
from huitou.purchases.store import without_reason

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


class WordsItem(Item):
    """Whatever is kept of a member, and around it, as far as somebody's own words are in it, and where more are."""

    reason = UnicodeAttribute(null=True)
    message = UnicodeAttribute(null=True)
    client_reference = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    data = JSONAttribute(null=True)
    moved = JSONAttribute(null=True)
    cause = UnicodeAttribute(null=True)
    cause_id = UnicodeAttribute(null=True)
    returns = UnicodeAttribute(null=True)


WORDS = ("reason", "message", "client_reference", "reference", "data")


class TableTraces:
    """`Traces` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def removals(self, member: MemberId) -> Iterator[Sequence[Write]]:
        merged = list(self._items(member, keys.MERGED_PREFIX))
        kept = [
            item
            for prefix in (keys.EVENT_PREFIX, keys.PURCHASE_PREFIX, keys.ENTRY_PREFIX)
            for item in self._items(member, prefix)
        ]
        behind = dict.fromkeys(key for item in (*merged, *kept) for key in _behind(item))
        around = self._table.get_many([(WordsItem, *key) for key in behind])
        writes = [
            *(self._delete(item) for item in self._items(member, keys.CONSENT_PREFIX)),
            *map(self._delete, merged),
            *(self._silence(item) for item in (*kept, *around) if isinstance(item, WordsItem) and _words_in(item)),
        ]
        for first in range(0, len(writes), MOST_AT_ONCE):
            yield writes[first : first + MOST_AT_ONCE]

    def _items(self, member: MemberId, prefix: str) -> Iterable[WordsItem]:
        query = partial(self._table.query, WordsItem, keys.member(member), prefix=prefix)
        return all_items(lambda after: query(after=after))

    def _delete(self, item: Item) -> Write:
        return self._table.delete(Item, item.pk, item.sk, refused=StaleReadError("It changed meanwhile."))

    def _silence(self, item: WordsItem) -> Write:
        changed = StaleReadError("It changed meanwhile.")
        return self._table.update(WordsItem, item.pk, item.sk, _words_in(item), refused=changed)


def behind_entry(cause: str, cause_id: str) -> keys.Key | None:
    """Where the command or merge is that an entry is due to; None where that has no words."""
    if cause in get_args(PointsCommandType):
        return keys.command(cause_id)
    return keys.merge(cause_id) if cause in {"merge", "unmerge"} else None


def _behind(item: WordsItem) -> Iterator[keys.Key]:
    if item.sk.startswith(keys.MERGED_PREFIX):
        yield keys.merge(item.sk.removeprefix(keys.MERGED_PREFIX))
    if item.cause and (key := behind_entry(item.cause, item.cause_id)):
        yield key
    returns = unpack_returns(item.returns)
    yield from map(keys.refund, (*returns.refunds, *returns.awaited))


def _words_in(item: WordsItem) -> list[Action]:
    """What removes them; our own reason, that of an erasure, stays."""
    said = [name for name in WORDS if getattr(item, name) not in (None, REASON)]
    actions: list[Action] = [getattr(WordsItem, name).remove() for name in said]
    if item.moved and without_reason(item.moved) != item.moved:
        actions.append(WordsItem.moved.set(without_reason(item.moved)))
    return actions


def _erasure(item: ErasureItem) -> Erasure:
    return Erasure(
        MemberId(item.sk.removeprefix(keys.ERASURE_PREFIX)),
        item.reason,
        item.actor,
        item.client_reference,
        parse_instant(item.erased_at),
    )
