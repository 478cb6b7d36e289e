"""Refunds as values (M10): what a till says came back, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.errors import ConflictError, NotFoundError
from huitou.kernel.ids import Digest, MemberId, OwnedId, digest_of
from huitou.kernel.money import format_amount
from huitou.program.model import BrandId, CurrencyId
from huitou.purchases.model import QUANTITY_EXPONENT, EntryRef
from huitou.purchases.returns import LineBack


class RefundNotFoundError(NotFoundError):
    """No such refund, or one of another brand."""

    code = "refund_not_found"
    title = "Refund not found"


class RefundTooLateError(ConflictError):
    """The programme of the sale takes no refund of it any more."""

    code = "refund_too_late"
    title = "The purchase can no longer be refunded"


class AlreadyRefundedError(ConflictError):
    """Nothing is left of the purchase."""

    code = "already_refunded"
    title = "All of the purchase came back before"


class MoreThanBoughtError(ConflictError):
    """More is to be returned than is left; ``errors`` name the lines and say how much is."""

    code = "more_than_bought"
    title = "More is returned than was bought"


class RefundNotWaitingError(ConflictError):
    """Only a refund that waits for its sale can be cancelled."""

    code = "refund_not_waiting"
    title = "The refund does not wait any more"


class RefundStatus(StrEnum):
    """What became of a refund."""

    BOOKED = "booked"
    WAITING = "waiting"
    """E19: it came before its sale."""
    CANCELLED = "cancelled"
    """By who had sent it, before the sale came."""
    CLOSED = "closed"
    """The sale did not come in time."""
    REFUSED = "refused"
    """The sale came, and is not what the refund said: `Refund.refusal` says why."""


class LineAsked(NamedTuple):
    """A line to return: by its place on the bill or by its sku, and how much of it; None: all that is left."""

    line: int | None
    sku: str | None
    quantity: int | None


class Owed(NamedTuple):
    """What a refund collected of one currency, and the version of the entry that says so (E1)."""

    currency: CurrencyId
    version: int
    points: int


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund as it is kept. ``id`` is the digest of its identity, ``number`` of a ``brand``; the rest content (E14).

    ``lines`` is what was asked for; None: all that was left. What came of it (from ``purchase`` on) is there once it
    is booked: the lines that it returned, the money and the points to hand out (E3), and what each wallet owed for it.
    """

    id: Digest
    number: str
    brand: BrandId
    receipt: Digest
    """The sale's."""
    lines: tuple[LineAsked, ...] | None
    occurred_at: datetime
    received_at: datetime
    closes_at: datetime
    """E19: until then it waits for its sale."""
    reason: str | None
    client_reference: str | None
    status: RefundStatus = RefundStatus.WAITING
    purchase: OwnedId | None = None
    """What it refunded; None also where nobody has claimed that."""
    returned: tuple[LineBack, ...] = ()
    money: int = 0
    points: int = 0
    points_currency: CurrencyId | None = None
    is_full: bool = False
    """Whether nothing was left of the purchase after it."""
    owed: tuple[Owed, ...] = ()
    given_back: EntryRef | None = None
    """The entry that gave ``points`` back."""
    survivor: MemberId | None = None
    """E15: in whose wallets the entries are, where the member of ``purchase`` had been merged into them."""
    program_version: int = 0
    """The version of the sale, which says how many decimals the figures have; 0 before it is booked."""
    refusal: str | None = None

    def status_at(self, now: datetime) -> RefundStatus:
        """E19: what has waited for too long is closed, whether or not the clock has said so."""
        waits = self.status is RefundStatus.WAITING
        return RefundStatus.CLOSED if waits and now >= self.closes_at else self.status

    def content(self) -> Mapping[str, object]:
        """E14: what a repeat must agree in, as it is written; not times, reasons, client data."""
        return {
            "purchase": self.receipt,
            "lines": None if self.lines is None else [_written(*each) for each in self.lines],
        }


def refund_id(brand: BrandId, number: str) -> Digest:
    """E14: a refund is the number that its brand gave it."""
    return digest_of(("refund", brand, number))


def _written(line: int | None, sku: str | None, quantity: int | None) -> Mapping[str, object]:
    amount = None if quantity is None else format_amount(quantity, QUANTITY_EXPONENT)
    return {"line": line, "sku": sku, "quantity": amount}
