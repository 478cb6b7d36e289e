"""What the use cases of purchases need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple, Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.pages import Page
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.rules import SegmentId
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.refunds import Refund
from huitou.standing.model import Record
from huitou.standing.position import Position, Seen


class MemberState(NamedTuple):
    """What a sale is decided from: the member's wallets (none: no such member), the record of their standing, and
    where they stood when that was last worked out.
    """

    wallets: Mapping[CurrencyId, Wallet]
    record: Record
    position: Position | None = None

    @property
    def seen(self) -> Seen:
        """The state of the member's facts, as far as it is known here: ``record`` may be an earlier one."""
        versions = sum(wallet.version for wallet in self.wallets.values())
        return Seen(versions, self.record.profile, len(self.record.grants))

    def position_at(self, program: Program, now: datetime, insights: int = 0) -> Position | None:
        """The position, if it contains all facts and time has not changed it by ``now``.

        ``insights`` is the earliest version of them that it may have been judged by; 0: any.
        """
        position = self.position
        if position is None or position.program != program.version or position.is_due(now):
            return None
        return position if position.contains(self.seen._replace(insights=insights)) else None


class Awaited(NamedTuple):
    """E19: a sale that has not come yet, and the refunds that wait for it, the first first."""

    receipt: Digest
    refunds: tuple[Digest, ...]


class MemberStates(Protocol):
    """Reads wallets and standing together, consistently with each other."""

    def load(self, member: MemberId) -> MemberState: ...


class MemberSegments(Protocol):
    """Works out who is in which segment."""

    def judged(
        self, member: MemberId, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]
    ) -> frozenset[SegmentId]:
        """In which of ``asked``, segments of ``program``, the member was at ``at``, before what happens then (E7).

        By all that is known now: what they did counts at its own time, what they are as it is. ``state`` is what has
        been read of them. Raises `MemberNotFoundError`.
        """
        ...


class SegmentsInTurn(Protocol):
    """As `MemberSegments`, of one member whose sales are decided one after the other and kept later."""

    def judged(
        self, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]
    ) -> frozenset[SegmentId]: ...

    def sold(self, purchase: Purchase) -> None:
        """It counts from its time on, and need not be kept yet."""
        ...


class PurchaseStore(Protocol):
    """Keeps purchases and visits, each once for its identity. Reads are consistent."""

    def find(self, receipt: Digest) -> Purchase | None:
        """The purchase with this receipt, claimed or not."""
        ...

    def look_up(self, receipt: Digest) -> Purchase | Awaited | None:
        """As `find`; where the sale has not come yet, the refunds that wait for it, if any do."""
        ...

    def find_all(self, receipts: Sequence[Digest]) -> Mapping[Digest, Purchase]:
        """As `find`, for many: those that there are."""
        ...

    def get(self, purchase: OwnedId) -> Purchase | None:
        """One purchase of a member."""
        ...

    def cursor(self, purchase: Purchase) -> str:
        """What names a purchase to `of_member` as the last one shown; of all members, in the order of time."""
        ...

    def of_member(self, member: MemberId, *, after: str | None, limit: int) -> Page[Purchase]:
        """A member's purchases, the newest first."""
        ...

    def add(self, purchase: Purchase, over: Awaited | None = None) -> list[Write]:
        """Refused with `StaleReadError` if the receipt is taken, by anything but ``over``: find out by what."""
        ...

    def wait(self, receipt: Digest, before: Awaited | None, after: Awaited | None) -> Write:
        """What waits for a sale; refused with `StaleReadError` if that is not ``before`` any more."""
        ...

    def refund(self, before: Purchase, after: Purchase) -> Write:
        """Keeps what came back; refused with `StaleReadError` if ``before`` was refunded, claimed or moved."""
        ...

    def move(self, before: Purchase, after: Purchase) -> list[Write]:
        """Marks ``before`` as moved and keeps ``after``, to which the receipt now leads. Refused as `refund`."""
        ...

    def claim(self, purchase: Purchase) -> list[Write]:
        """Gives an unclaimed purchase to its member; refused with `StaleReadError` if somebody was faster."""
        ...

    def find_visit(self, source: Digest) -> Visit | None:
        """The visit that its source numbers so."""
        ...

    def add_visit(self, visit: Visit) -> list[Write]:
        """Refused with `StaleReadError` if it is known."""
        ...


class RefundStore(Protocol):
    """Keeps refunds, each once for its number. Reads are consistent."""

    def find(self, refund: Digest) -> Refund | None: ...

    def add(self, refund: Refund) -> list[Write]:
        """Refused with `StaleReadError` if it is known."""
        ...

    def settle(self, refund: Refund) -> list[Write]:
        """Keeps what became of a refund that waited; refused with `StaleReadError` if it does not wait any more."""
        ...

    def waiting(self, brand: BrandId, came_before: datetime, *, after: str | None, limit: int) -> Page[Refund]:
        """A brand's refunds that wait (E19), the oldest first."""
        ...
