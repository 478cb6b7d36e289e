"""The list of erasures in memory, and what is personal in a member's partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from huitou.erasing.model import REASON, Erasure
from huitou.erasing.store import behind_entry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.members.model import ConsentChange
from huitou.merging.model import Merge
from huitou.outbox.model import OutboxMessage
from huitou.platform import keys, program_keys
from huitou.points.commands import PointsCommand
from huitou.points.wallet import Entry
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.refunds import Refund
from huitou.rewards.model import Coupon
from huitou.simulator.memory import MemoryTable, absent

_CHANGED = StaleReadError("It changed meanwhile.")
_DESTROYED = (
    *(keys.MERGED_PREFIX, keys.QUARTER_PREFIX, keys.PRESSURE, keys.VERIFICATION_PREFIX, keys.CODES),
    keys.COUPON_PREFIX,
)
_WORDED = (keys.EVENT_PREFIX, keys.PURCHASE_PREFIX, keys.ENTRY_PREFIX, keys.MESSAGE_PREFIX)


class MemoryErasures:
    """`ErasureStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, member: MemberId) -> Erasure | None:
        return self._table.get(Erasure, *program_keys.erasure(member))

    def add(self, erasure: Erasure) -> None:
        if self.find(erasure.member) is None:
            self._table.commit(
                [self._table.put(*program_keys.erasure(erasure.member), erasure, refused=_CHANGED, when=absent)]
            )

    def all(self) -> Iterable[Erasure]:
        return self._table.query(Erasure, program_keys.ERASURES, prefix=program_keys.ERASURE_PREFIX).items


class MemoryTraces:
    """`Traces` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def removals(self, member: MemberId) -> Iterator[Sequence[Write]]:
        pk = keys.member(member)
        behind = list(dict.fromkeys(self._behind(pk)))
        for line in self._table.query(ConsentChange, pk, prefix=keys.CONSENT_PREFIX).items:
            yield [self._delete(keys.consent(member, *line.key, line.consent.occurred_at))]
        own = [(pk, name) for prefix in _WORDED for name in self._table.names(pk, prefix)]
        for key in (*own, *behind):
            if (value := self._table.get(object, *key)) is not None:
                yield [self._table.put(*key, _silenced(value), refused=_CHANGED, when=lambda _: True)]
        for coupon in self._table.query(Coupon, pk, prefix=keys.COUPON_PREFIX).items:
            yield [self._delete(keys.coupon_code(coupon.code))]
        for name in (name for prefix in _DESTROYED for name in self._table.names(pk, prefix)):
            yield [self._delete((pk, name))]

    def _behind(self, pk: str) -> Iterator[keys.Key]:
        for name in self._table.names(pk, keys.MERGED_PREFIX):
            yield keys.merge(name.removeprefix(keys.MERGED_PREFIX))
        for entry in self._table.query(Entry, pk, prefix=keys.ENTRY_PREFIX).items:
            if key := behind_entry(*entry.cause):
                yield key
        for purchase in self._table.query(Purchase, pk, prefix=keys.PURCHASE_PREFIX).items:
            yield from map(keys.refund, (*purchase.returns.refunds, *purchase.returns.awaited))

    def _delete(self, key: keys.Key) -> Write:
        return self._table.delete(*key, refused=_CHANGED, when=lambda _: True)


def _silenced(value: object) -> object:
    """Without words of clients and staff; our own reason, that of an erasure, stays."""
    match value:
        case Purchase():
            moved = value.moved._replace(reason="") if value.moved else None
            return replace(value, client_reference=None, moved=moved)
        case Entry():
            return replace(value, reason=REASON if value.reason == REASON else None)
        case OutboxMessage():
            silent = replace(value, client_reference=None, proves=None, targets=())
            is_as_it_was = silent == value and value.due_at is None
            return value if is_as_it_was else replace(silent, version=value.version + 1)
        case Visit() | PointsCommand() | Refund() | Merge():
            return replace(value, client_reference=None, **_OTHER_WORDS.get(type(value), {}))
        case _:
            raise TypeError(f"Nobody knows what is personal in a {type(value).__name__}.")


_OTHER_WORDS: Mapping[type, Mapping[str, Any]] = {
    Visit: {"data": {}},
    PointsCommand: {"reason": None, "message": None},
    Refund: {"reason": None},
    Merge: {"reason": ""},
}
"""Beside the client's reference: what is put in their place."""
