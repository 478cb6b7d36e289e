"""Verifications in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import OwnedId
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable
from huitou.verifying.model import CodesCounted, CodesSent, Sent, Verification
from huitou.verifying.store import key_of_counted, key_of_sent


class MemoryVerifications:
    """`VerificationStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, verification: OwnedId) -> Verification | None:
        return self._table.get(Verification, *keys.verification(*verification))

    def save(self, after: Verification) -> Write:
        refused = StaleReadError("Another code was said meanwhile.")
        return self._table.put(*keys.verification(*after.id), after, refused=refused, when=_is_at(after.version - 1))

    def sent(self, nothing: Sent) -> Sent:
        address, member = (self._table.get(CodesSent, *key_of_sent(each)) for each in (nothing.address, nothing.member))
        counts = (self._table.get(CodesCounted, *key_of_counted(each)) for each in nothing.brand)
        counted = (
            replace(each, count=was.count if was else 0) for each, was in zip(nothing.brand, counts, strict=True)
        )
        return Sent(address or nothing.address, member or nothing.member, tuple(counted))

    def note_sent(self, after: Sent) -> Sequence[Write]:
        return [self._note(after.address), self._note(after.member), *map(self._count, after.brand)]

    def _note(self, after: CodesSent) -> Write:
        refused = StaleReadError("Another code was sent meanwhile.")
        return self._table.put(*key_of_sent(after), after, refused=refused, when=_is_at(after.version - 1))

    def _count(self, after: CodesCounted) -> Write:
        def one_more(before: CodesCounted | None) -> CodesCounted:
            return replace(after, count=before.count + 1 if before else 1)

        def has_room(before: CodesCounted | None) -> bool:
            return before is None or before.count < after.most

        refused = StaleReadError("Others sent as many meanwhile.")
        return self._table.update(*key_of_counted(after), one_more, refused=refused, when=has_room)


def _is_at(version: int) -> Callable[[object], bool]:
    def holds(value: object) -> bool:
        return (value.version if isinstance(value, Verification | CodesSent) else 0) == version

    return holds
