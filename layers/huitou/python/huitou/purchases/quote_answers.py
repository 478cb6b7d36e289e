"""Quotes as tills see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.points.answers import RuleOutcomeView, explanation_views
from huitou.points.paying import Payable
from huitou.points.wallet import Entry
from huitou.program.model import Program
from huitou.purchases.quoting import Quote


class QuotedEarningView(View):
    """What the sale would earn of one currency, and why."""

    currency: str
    points: str
    active_at: datetime | None
    """From when on they could be spent; null: nothing would be earned."""
    expires_at: datetime | None
    """null: never."""
    explanation: list[RuleOutcomeView]


class PayableView(View):
    """How many points of one currency could pay a part of the bill."""

    currency: str
    spendable: str | None
    """What the member has; null where no member is named."""
    minimum: str
    step: str
    """Points pay in multiples of it."""
    step_money_off: str
    """What each step takes off."""
    share: int
    """The largest part of the bill that points can pay, in per cent."""
    maximum: str
    """By step, share and balance; 0 where the minimum cannot be met."""
    money_off: str
    """What the maximum takes off."""


class QuotedRedemptionView(View):
    """The points that would pay, as asked for."""

    currency: str
    points: str
    money_off: str
    hold_id: str | None


class QuoteView(View):
    """What a basket would earn, and what points could pay for it. Nothing was changed."""

    member_id: str | None
    brand: str
    store: str | None
    currency: str
    total: str
    to_pay: str
    """What remains after the points that would pay."""
    tier: str | None
    """The member's tier now: what it would be earned under."""
    program_version: int
    earnings: list[QuotedEarningView]
    redemption: QuotedRedemptionView | None
    payable: list[PayableView]


def quote_view(quote: Quote) -> dict[str, Any]:
    """A `QuoteView`."""
    purchase, program = quote.purchase, quote.program
    paid = purchase.paid
    return {
        "member_id": quote.member,
        "brand": purchase.brand,
        "store": purchase.store,
        "currency": purchase.money,
        "total": format_amount(purchase.total, program.money_exponent),
        "to_pay": format_amount(purchase.total - (paid.money if paid else 0), program.money_exponent),
        "tier": purchase.seen.tier,
        "program_version": purchase.program_version,
        "earnings": [_earning_view(entry, program) for entry in quote.entries],
        "redemption": paid
        and {
            "currency": paid.currency,
            "points": format_amount(paid.points, program.currencies[paid.currency].exponent),
            "money_off": format_amount(paid.money, program.money_exponent),
            "hold_id": paid.hold,
        },
        "payable": [_payable_view(each, program) for each in quote.payable],
    }


def _earning_view(entry: Entry, program: Program) -> dict[str, Any]:
    currency = program.currencies[entry.currency]
    lot = entry.changes[0].lot if entry.changes else None
    return {
        "currency": entry.currency,
        "points": format_amount(entry.amount, currency.exponent),
        "active_at": format_instant(lot.active_at) if lot else None,
        "expires_at": format_instant(lot.expires_at) if lot and lot.expires_at else None,
        "explanation": explanation_views(entry.explanation, currency, program),
    }


def _payable_view(each: Payable, program: Program) -> dict[str, Any]:
    terms, money = each.terms, program.money_exponent
    exponent = program.currencies[terms.currency].exponent
    return {
        "currency": terms.currency,
        "spendable": None if each.spendable is None else format_amount(each.spendable, exponent),
        "minimum": format_amount(terms.minimum, exponent),
        "step": format_amount(terms.points, exponent),
        "step_money_off": format_amount(terms.money, money),
        "share": terms.share,
        "maximum": format_amount(each.most, exponent),
        "money_off": format_amount(each.money, money),
    }
