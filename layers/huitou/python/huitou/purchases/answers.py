"""Purchases and visits as callers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.points.answers import BalanceView, EntryView, balance_view, entry_view
from huitou.program.model import Program
from huitou.purchases.model import QUANTITY_EXPONENT, Purchase, VisitType
from huitou.purchases.service import Recorded, SeenVisit


class PurchaseLineView(View):
    """One line of the bill."""

    sku: str
    category: str | None
    quantity: str
    amount: str
    discount: str
    returned: str
    """How much of the quantity came back."""


class DiscountView(View):
    """What a code or offer took off."""

    code: str
    amount: str


class PaymentView(View):
    """A means of payment and its part of the total."""

    method: str
    amount: str


class PointsPaidView(View):
    """The part of a sale that points paid."""

    currency: str
    points: str
    money_off: str
    """What they paid of the total; nothing was earned on it."""
    hold_id: str | None
    entry_id: str
    """The entry that spent them."""


class SaleView(View):
    """A purchase without its lines."""

    purchase_id: str
    member_id: str | None
    brand: str
    store: str | None
    channel: str
    terminal: str | None
    receipt: str | None
    business_date: date | None
    """The receipt's day, as it was sent or else the sale's at the store."""
    order_id: str | None
    occurred_at: datetime
    received_at: datetime
    claimed_at: datetime | None
    currency: str
    total: str
    redemption: PointsPaidView | None
    """What points paid of it."""
    tier: str | None
    """The member's tier as of the sale, before it: what it was earned under."""
    program_version: int
    """The version that decided it, or will once it is claimed."""
    client_reference: str | None
    refunded: Literal["nothing", "partly", "fully"]
    """How much of it came back."""
    moved_to: str | None
    """M40: the purchase that it is now, of the member to whom it belongs; null: it is its member's."""


class RecordedPurchaseView(SaleView):
    """A purchase just recorded, with what it earned."""

    entries: list[EntryView]
    balances: dict[str, BalanceView]
    """By point currency, when the purchase was recorded."""
    replayed: bool
    """Whether this receipt had been recorded before; nothing was changed then."""


class PurchaseView(SaleView):
    """A purchase with all that was bought and earned."""

    lines: list[PurchaseLineView]
    discounts: list[DiscountView]
    payments: list[PaymentView]
    entries: list[EntryView]
    refunds: list[str]
    """The ids of the refunds that returned something, in their order."""


class PurchasePage(View):
    """A member's purchases, the newest first; a brand's key sees its own, so a page may be short of its limit."""

    items: list[SaleView]
    next_cursor: str | None


class PurchaseBatchItemView(View):
    """What became of one purchase of a batch: the purchase, or the problem document."""

    status: int
    purchase: RecordedPurchaseView | None = None
    problem: dict[str, Any] | None = None


class PurchaseBatchView(View):
    """One result for each purchase, in the order given."""

    results: list[PurchaseBatchItemView]


class VisitView(View):
    """A visit, booking, check-in or partner event just recorded."""

    event_id: str
    member_id: str
    brand: str
    store: str | None
    type: VisitType
    occurred_at: datetime
    received_at: datetime
    data: dict[str, str]
    client_reference: str | None
    replayed: bool
    """Whether this event had been recorded before; nothing was changed then."""


def sale_view(purchase: Purchase, program: Program) -> dict[str, Any]:
    """A `SaleView`. ``program`` is, here and below, the version that the purchase names."""
    return {
        "purchase_id": purchase.id,
        "member_id": purchase.member,
        "brand": purchase.brand,
        "store": purchase.store,
        "channel": purchase.channel,
        "terminal": purchase.terminal,
        "receipt": purchase.number if purchase.business_date else None,
        "business_date": purchase.business_date.isoformat() if purchase.business_date else None,
        "order_id": None if purchase.business_date else purchase.number,
        "occurred_at": format_instant(purchase.occurred_at),
        "received_at": format_instant(purchase.received_at),
        "claimed_at": format_instant(purchase.claimed_at) if purchase.claimed_at else None,
        "currency": purchase.money,
        "total": format_amount(purchase.total, program.money_exponent),
        "redemption": _points_paid_view(purchase, program),
        "tier": purchase.seen.tier,
        "program_version": purchase.program_version,
        "client_reference": purchase.client_reference,
        "refunded": _refunded(purchase),
        "moved_to": str(purchase.moved.to) if purchase.moved else None,
    }


def _points_paid_view(purchase: Purchase, program: Program) -> dict[str, Any] | None:
    paid = purchase.paid
    if paid is None:
        return None
    return {
        "currency": paid.currency,
        "points": format_amount(paid.points, program.currencies[paid.currency].exponent),
        "money_off": format_amount(paid.money, program.money_exponent),
        "hold_id": paid.hold,
        "entry_id": f"{purchase.booked_for}-{paid.currency}-{paid.version}",
    }


def recorded_view(recorded: Recorded, program: Program) -> dict[str, Any]:
    """A `RecordedPurchaseView`."""
    return {
        **sale_view(recorded.purchase, program),
        "entries": [entry_view(entry, program) for entry in recorded.entries],
        "balances": {
            entry.currency: balance_view(entry.balance, program.currencies[entry.currency])
            for entry in recorded.entries
        },
        "replayed": recorded.replayed,
    }


def purchase_view(recorded: Recorded, program: Program) -> dict[str, Any]:
    """A `PurchaseView`."""
    purchase = recorded.purchase
    basket = purchase.basket(program.money_exponent)
    for index, line in enumerate(basket["lines"]):
        line["returned"] = format_amount(purchase.returns.lines.get(index, 0), QUANTITY_EXPONENT)
    return {
        **sale_view(purchase, program),
        **basket,
        "entries": [entry_view(entry, program) for entry in recorded.entries],
        "refunds": list(purchase.returns.refunds),
    }


def _refunded(purchase: Purchase) -> Literal["nothing", "partly", "fully"]:
    if not purchase.returns.lines:
        return "nothing"
    return "fully" if purchase.is_refunded else "partly"


def purchase_page(sales: Sequence[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    """A `PurchasePage` of sale views."""
    return {"items": list(sales), "next_cursor": next_cursor}


def visit_view(seen: SeenVisit) -> dict[str, Any]:
    """A `VisitView`."""
    visit = seen.visit
    return {
        "event_id": str(visit.id),
        "member_id": visit.member,
        "brand": visit.brand,
        "store": visit.store,
        "type": visit.type.value,
        "occurred_at": format_instant(visit.occurred_at),
        "received_at": format_instant(visit.received_at),
        "data": dict(visit.data),
        "client_reference": visit.client_reference,
        "replayed": seen.replayed,
    }
