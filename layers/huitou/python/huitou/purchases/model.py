"""Purchases and visits as values. Money is in the smallest unit, quantities in thousandths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from huitou.kernel.ids import Digest, MemberId, OwnedId, ulid_for
from huitou.kernel.money import format_amount
from huitou.kernel.values import lean
from huitou.points.budgets import Grant
from huitou.points.circumstances import NOBODY, Circumstances
from huitou.points.shares import share
from huitou.program.model import BrandId, CurrencyId, StoreId
from huitou.purchases.returns import NOTHING_RETURNED, Quantities, Returns, amount_of, is_back, left_of

QUANTITY_EXPONENT = 3
POINTS = "points"
"""The method of payment that means the programme's own points: what they paid for earns nothing (E3)."""


class Line(NamedTuple):
    """One line: ``amount`` is what was paid for it, after all discounts; ``discount`` what was taken off (M5)."""

    sku: str
    category: str | None
    quantity: int
    amount: int
    discount: int


class Discount(NamedTuple):
    """What a code or offer took off, already contained in the lines' amounts."""

    code: str
    amount: int


class Payment(NamedTuple):
    """A means of payment and the part that it paid."""

    method: str
    amount: int


class EntryRef(NamedTuple):
    """Where a ledger entry of the purchase's member is."""

    currency: CurrencyId
    version: int
    lot: int | None = None
    """The lot that it brought; None where it earned nothing."""


class PointsPaid(NamedTuple):
    """M9: the ``points`` that paid ``money`` of a sale (smallest units), spent in the transaction that recorded it."""

    currency: CurrencyId
    points: int
    money: int = 0
    """Set by the sale's programme when the sale is decided."""
    hold: Digest | None = None
    """The hold that they were captured from."""
    version: int = 0
    """The version of the entry that spent them, set when the sale is decided."""

    def content(self) -> Mapping[str, object]:
        """E14: what a repeat must agree in; the points in their smallest unit."""
        return {"currency": self.currency, "points": self.points, "hold_id": self.hold}


class Move(NamedTuple):
    """M40: to which purchase, of the right member, a purchase was moved; when, why and by whom."""

    to: OwnedId
    at: datetime
    reason: str
    actor: str


@lean
class Purchase:
    """A sale as it was recorded. ``receipt`` is the digest of its identity, the rest of it the content (E14).

    ``member`` is None until somebody claims it (M40); ``claimed_at`` says when that was. ``program_version`` is
    the version that decided it, or will once it is claimed; ``entries`` what it earned. ``seen`` is what the decision
    saw of the member, and ``grants`` what it took from budgets: with these a refund decides the sale again (E2, E12).
    ``paid`` is the part that points paid in the same transaction, which a refund gives back as points (E3).
    ``returns`` is what came back. A purchase that was ``moved`` counts no more; where it went, ``sold_to`` is whom the
    till had named (M40). ``survivor`` is given where the identity of ``member`` was shown after they had been merged
    into another: in whose wallets it is booked (E15).
    """

    receipt: Digest
    member: MemberId | None
    brand: BrandId
    store: StoreId | None
    channel: str
    terminal: str | None
    number: str | None
    occurred_at: datetime
    received_at: datetime
    money: str
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...]
    payments: tuple[Payment, ...]
    total: int
    client_reference: str | None
    program_version: int
    business_date: date | None = None
    """The day of the till's receipt, which ``number`` is then; None where ``number`` is an order or nothing."""
    claimed_at: datetime | None = None
    entries: tuple[EntryRef, ...] = ()
    seen: Circumstances = NOBODY
    grants: tuple[Grant, ...] = ()
    paid: PointsPaid | None = None
    returns: Returns = NOTHING_RETURNED
    moved: Move | None = None
    sold_to: MemberId | None = None
    survivor: MemberId | None = None

    @property
    def id(self) -> str:
        """Locates the item: among the member's purchases, or by the receipt while it has none."""
        return self.receipt if self.member is None else str(self.key(self.member))

    def key(self, member: MemberId) -> OwnedId:
        """The id that the purchase has, or would have, as ``member``'s."""
        return OwnedId(member, ulid_for(self.occurred_at, self.receipt))

    @property
    def booked_for(self) -> MemberId | None:
        """In whose wallets the entries of the sale are; None while nobody has claimed it."""
        return self.survivor or self.member

    @property
    def paid_in_points(self) -> int:
        """What points paid, in the smallest unit of money."""
        if self.paid:
            return self.paid.money
        return sum([payment.amount for payment in self.payments if payment.method == POINTS]) if self.payments else 0

    @property
    def earning_lines(self) -> tuple[Line, ...]:
        """The lines that it earns for: all, but what came back before it had its member."""
        unearned = self.returns.unearned
        return left_of(self.lines, unearned) if unearned else self.lines

    @property
    def spend(self) -> int:
        """The money of `earning_lines`, without what points paid."""
        unearned = self.returns.unearned
        return self.total - self.paid_in_points - (self.money_of(unearned) if unearned else 0)

    @property
    def kept_spend(self) -> int:
        """The money of what did not come back, without what points paid: what the purchase counts for by now."""
        returned = self.returns.lines
        return self.total - self.paid_in_points - (self.money_of(returned) if returned else 0)

    @property
    def is_refunded(self) -> bool:
        """Whether all of it came back."""
        returned = self.returns.lines
        if len(returned) < len(self.lines):
            return False
        return all(is_back(index, line, returned) for index, line in enumerate(self.lines))

    def money_of(self, returned: Quantities) -> int:
        """E3: the money to return for what came back, without the part that points paid: that is rounded down."""
        amount = amount_of(self.lines, returned) if returned else 0
        return amount - self.paid_in_points * amount // self.total if amount else 0

    def in_money(self, lines: Sequence[Line]) -> Purchase:
        """The purchase with only ``lines``, kept of its own, each with the part that was not paid with points (E3)."""
        points = self.paid_in_points if self.payments or self.paid else 0
        if points == 0:
            return self if lines is self.lines else replace(self, lines=tuple(lines))
        paid = [line.amount for line in lines]
        money = share(sum(paid) * (self.total - points) // self.total, paid)
        net = [line._replace(amount=amount) for line, amount in zip(lines, money, strict=True)]
        return replace(self, lines=tuple(net))

    def basket(self, money_exponent: int) -> dict[str, Any]:
        """Lines, discounts and payments as they are written: decimal strings."""

        def money(units: int) -> str:
            return format_amount(units, money_exponent)

        return {
            "lines": [
                {
                    "sku": line.sku,
                    "category": line.category,
                    "quantity": format_amount(line.quantity, QUANTITY_EXPONENT),
                    "amount": money(line.amount),
                    "discount": money(line.discount),
                }
                for line in self.lines
            ],
            "discounts": [{"code": each.code, "amount": money(each.amount)} for each in self.discounts],
            "payments": [{"method": each.method, "amount": money(each.amount)} for each in self.payments],
        }

    def content(self, money_exponent: int) -> Mapping[str, object]:
        """E14: what a repeat must agree in, as it is written; not times, formats, client data."""
        return {
            "member": None if self.claimed_at else self.sold_to or self.member,
            "currency": self.money,
            **self.basket(money_exponent),
            "total": format_amount(self.total, money_exponent),
            "redemption": self.paid.content() if self.paid else None,
        }


class VisitType(StrEnum):
    """What somebody did without buying."""

    VISIT = "visit"
    BOOKING = "booking"
    CHECK_IN = "check_in"
    PARTNER = "partner"

    @property
    def is_presence(self) -> bool:
        """Whether the member was there: that keeps sliding points alive (E5), a booking alone does not."""
        return self in {VisitType.VISIT, VisitType.CHECK_IN}


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit, booking, check-in or partner event of a member. ``data`` is the partner's own, kept as it came."""

    source: Digest
    type: VisitType
    member: MemberId
    brand: BrandId
    store: StoreId | None
    occurred_at: datetime
    received_at: datetime
    data: Mapping[str, str]
    client_reference: str | None

    @property
    def id(self) -> OwnedId:
        return OwnedId(self.member, ulid_for(self.occurred_at, self.source))

    def content(self) -> Mapping[str, object]:
        """E14: what a repeat must agree in."""
        return {"type": self.type.value, "member": self.member, "store": self.store, "data": dict(self.data)}
