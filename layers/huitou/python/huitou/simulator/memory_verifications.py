"""Verifications in memory."""

from __future__ import annotations

from collections.abc import Callable

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import OwnedId
from huitou.members.identity import IdentityKey
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable
from huitou.verifying.model import CodesSent, Verification


class MemoryVerifications:
    """`VerificationStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, verification: OwnedId) -> Verification | None:
        return self._table.get(Verification, *keys.verification(*verification))

    def save(self, after: Verification) -> Write:
        refused = StaleReadError("Another code was said meanwhile.")
        return self._table.put(*keys.verification(*after.id), after, refused=refused, when=_is_at(after.version - 1))

    def sent_to(self, address: IdentityKey) -> CodesSent:
        return self._table.get(CodesSent, *keys.codes_sent(*address)) or CodesSent(address)

    def note_sent(self, after: CodesSent) -> Write:
        refused = StaleReadError("Another code was sent meanwhile.")
        return self._table.put(*keys.codes_sent(*after.address), after, refused=refused, when=_is_at(after.version - 1))


def _is_at(version: int) -> Callable[[object], bool]:
    def holds(value: object) -> bool:
        return (value.version if isinstance(value, Verification | CodesSent) else 0) == version

    return holds
