"""What erasures and exports need from outside, beside members and wallets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from huitou.erasing.kept import Kept
from huitou.erasing.model import Erasure
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId


class ErasureStore(Protocol):
    """The list of erasures, kept apart from members."""

    def find(self, member: MemberId) -> Erasure | None: ...

    def add(self, erasure: Erasure) -> None:
        """Writes it down, if it is not already."""
        ...

    def all(self) -> Iterable[Erasure]: ...


class Traces(Protocol):
    """What lies in a member's partition beside record, wallets and entries and tells of the person."""

    def removals(self, member: MemberId) -> Iterator[Sequence[Write]]:
        """What destroys it, in commits: words on consent, records of before a merge, what partners told of visits,
        coupons with what leads to them.

        And the words of clients and staff about what happened (references, reasons, messages), with the member's
        purchases and entries and in the commands, refunds and merges behind them. What happened stays.
        """
        ...


class KeptStore(Protocol):
    """Reads what an erasure would find."""

    def walk(self, member: MemberId, after: str | None) -> Iterator[Kept]:
        """All traces of a member, after the ``place`` of one of them: the same that `Traces.removals` goes through.

        Raises `InvalidCursorError` for another place.
        """
        ...


class ExportLog(Protocol):
    """Remembers who was handed what."""

    def add(self, entry: AuditEntry) -> Write: ...
