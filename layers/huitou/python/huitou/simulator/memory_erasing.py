"""The list of erasures in memory, and what is personal in a member's partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from huitou.erasing.model import Erasure
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.members.model import ConsentChange
from huitou.platform import keys
from huitou.purchases.model import Visit
from huitou.simulator.memory import MemoryTable, absent

_CHANGED = StaleReadError("It changed meanwhile.")


class MemoryErasures:
    """`ErasureStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, member: MemberId) -> Erasure | None:
        return self._table.get(Erasure, *keys.erasure(member))

    def add(self, erasure: Erasure) -> None:
        if self.find(erasure.member) is None:
            self._table.commit([self._table.put(*keys.erasure(erasure.member), erasure, refused=_CHANGED, when=absent)])

    def all(self) -> Iterable[Erasure]:
        return self._table.query(Erasure, keys.ERASURES, prefix=keys.ERASURE_PREFIX).items


class MemoryTraces:
    """`Traces` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def removals(self, member: MemberId) -> Iterator[Sequence[Write]]:
        pk = keys.member(member)
        for line in self._table.query(ConsentChange, pk, prefix=keys.CONSENT_PREFIX).items:
            yield [self._delete(keys.consent(member, *line.key, line.consent.occurred_at))]
        for visit in self._table.query(Visit, pk, prefix=keys.EVENT_PREFIX).items:
            key = keys.event(*visit.id)
            yield [self._table.put(*key, replace(visit, data={}), refused=_CHANGED, when=lambda _: True)]
        for name in self._table.names(pk, keys.MERGED_PREFIX):
            yield [self._delete((pk, name))]

    def _delete(self, key: keys.Key) -> Write:
        return self._table.delete(*key, refused=_CHANGED, when=lambda _: True)
