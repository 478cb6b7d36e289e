"""Refunds as callers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.points.answers import BalanceView, balance_view
from huitou.points.wallet import Entry, EntryType
from huitou.program.model import Program
from huitou.purchases.model import QUANTITY_EXPONENT
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refunds import Refund, RefundStatus


class LineReturnedView(View):
    """A line, or a part of it, that came back."""

    line: int
    """Its place on the bill, from 0."""
    quantity: str
    amount: str
    """What had been paid for it, with money and points."""


class OwedView(View):
    """What a refund collected of one point currency: owed = taken + waived + debt (E1)."""

    currency: str
    owed: str
    taken: str
    waived: str
    """Given up."""
    debt: str
    """Owed on: points that come repay it first."""
    entry_id: str


class RefundView(View):
    """A refund."""

    refund_id: str
    """Ours: reads it."""
    number: str
    """Yours."""
    status: RefundStatus
    refusal: str | None
    """The code of the error for which a refund that had waited was refused, when its sale came."""
    brand: str
    purchase_id: str | None
    """Null while it waits for its sale, and where nobody has claimed that."""
    member_id: str | None
    occurred_at: datetime
    received_at: datetime
    closes_at: datetime | None
    """Until when it waits for its sale; null where it does not wait."""
    reason: str | None
    client_reference: str | None
    lines: list[LineReturnedView]
    money_to_return: str
    """What to hand out in money."""
    points_to_return: str
    """What went back to the wallet, of the points that had paid."""
    points_currency: str | None
    """Whose; null where no points had paid."""
    fully_refunded: bool
    """Whether nothing was left of the purchase after it."""
    points: list[OwedView]


class RecordedRefundView(RefundView):
    """A refund just recorded, or cancelled."""

    balances: dict[str, BalanceView]
    """By point currency, when it was booked."""
    replayed: bool
    """Whether that had been done before; nothing was changed then."""


class RefundPage(View):
    """Refunds that wait for their sales, the oldest first; a page may be short of its limit."""

    items: list[RefundView]
    next_cursor: str | None


def refund_view(refund: Refund, entries: Sequence[Entry], program: Program, now: datetime) -> dict[str, Any]:
    """A `RefundView`. ``program`` is, here and below, the version of the sale; while it waits, the one in force."""
    status = refund.status_at(now)
    points = program.currencies.get(refund.points_currency or program.home_currency)
    return {
        "refund_id": refund.id,
        "number": refund.number,
        "status": status.value,
        "refusal": refund.refusal,
        "brand": refund.brand,
        "purchase_id": str(refund.purchase) if refund.purchase else None,
        "member_id": refund.purchase.member if refund.purchase else None,
        "occurred_at": format_instant(refund.occurred_at),
        "received_at": format_instant(refund.received_at),
        "closes_at": format_instant(refund.closes_at) if status is RefundStatus.WAITING else None,
        "reason": refund.reason,
        "client_reference": refund.client_reference,
        "lines": [
            {
                "line": line.line,
                "quantity": format_amount(line.quantity, QUANTITY_EXPONENT),
                "amount": format_amount(line.amount, program.money_exponent),
            }
            for line in refund.returned
        ],
        "money_to_return": format_amount(refund.money, program.money_exponent),
        "points_to_return": format_amount(refund.points, points.exponent if points else 0),
        "points_currency": refund.points_currency,
        "fully_refunded": refund.is_full,
        "points": [_owed_view(entry, program) for entry in entries if entry.type is EntryType.TAKE_BACK],
    }


def recorded_refund_view(refunded: Refunded, program: Program, now: datetime) -> dict[str, Any]:
    """A `RecordedRefundView`."""
    return {
        **refund_view(refunded.refund, refunded.entries, program, now),
        "balances": {
            entry.currency: balance_view(entry.balance, program.currencies[entry.currency])
            for entry in refunded.entries
        },
        "replayed": refunded.replayed,
    }


def refund_page(refunds: Sequence[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    """A `RefundPage` of refund views."""
    return {"items": list(refunds), "next_cursor": next_cursor}


def _owed_view(entry: Entry, program: Program) -> dict[str, Any]:
    exponent = program.currencies[entry.currency].exponent
    taken = -entry.amount
    return {
        "currency": entry.currency,
        "owed": format_amount(taken + entry.waived + entry.debt, exponent),
        "taken": format_amount(taken, exponent),
        "waived": format_amount(entry.waived, exponent),
        "debt": format_amount(entry.debt, exponent),
        "entry_id": entry.id,
    }
