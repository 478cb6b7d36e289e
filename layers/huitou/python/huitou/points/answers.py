"""Wallets, entries, redemptions and adjustments as callers see them.

Points and money are decimal strings with the decimals of their currency, instants RFC 3339 in UTC (E33).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.points.booking import Booked
from huitou.points.commands import PointsCommand
from huitou.points.paying import money_off
from huitou.points.service import WalletView
from huitou.points.wallet import Balance, Entry, EntryType, Lot, LotChange, RuleOutcome
from huitou.program.model import PointCurrency, Program


class BalanceView(View):
    """Points that can be spent, and those that will be later."""

    spendable: str
    pending: str
    held: str
    """Set aside for a till."""
    debt: str
    """Owed after refunds: points that come repay it first, and till then none can be spent."""


class LotView(View):
    """Points that came at once and end at once."""

    number: int
    points: str
    active_at: datetime
    """From here on they can be spent."""
    expires_at: datetime | None
    """From here on they cannot; null: never."""
    issuer: str


class MemberWalletView(BalanceView):
    """A member's points of one currency at an instant."""

    member_id: str
    currency: str
    at: datetime
    as_of: datetime | None
    """What was recorded later is left out; null: nothing is."""
    next_change_at: datetime | None
    """When time alone changes the balance next; null: never."""
    lots: list[LotView]
    version: int


class LotChangeView(View):
    """What an entry did to one lot."""

    number: int
    points: str
    """The change."""
    remaining: str
    """What it left."""
    active_at: datetime
    expires_at: datetime | None
    issuer: str


class RuleOutcomeView(View):
    """What one earning rule had to say (M12)."""

    rule: str
    name: str
    fired: bool
    base: str | None = None
    """The money that it counted."""
    points: str | None = None
    """What it gave for that."""
    cut: str | None = None
    """What it would have given beyond that, had a limit or another rule not prevented it."""
    cut_by: str | None = None
    """The period of the cap that cut it (purchase, day, month, campaign, lifetime), or budget."""
    failed: str | None = None
    """The condition that did not hold; excluded or outdone, where another rule pays instead."""
    found: str | None = None
    """What was there instead; the rule that pays instead."""


class EntryCauseView(View):
    """What an entry is due to."""

    type: Annotated[
        str, Field(examples=["purchase", "redemption", "reversal", "adjustment", "campaign", "event", "clock"])
    ]
    id: str
    """Of a campaign: its id, what it happens once for, and the step, as birthday/2026/0; empty where it is another
    brand's."""


class EntryView(View):
    """One line of the ledger."""

    entry_id: str
    member_id: str
    currency: str
    version: int
    """Counts the changes of the wallet; entries follow one another by it."""
    type: EntryType
    points: str
    """The change; of an activation, the points that can now be spent; of a capture, the held points spent."""
    waived: str
    """What a refund did not take back, and nobody owes."""
    debt: str
    """The change of what the member owes."""
    effective_at: datetime
    """When it counts from."""
    recorded_at: datetime
    brand: str
    cause: EntryCauseView
    program_version: int
    balance: BalanceView
    """What was left when it was recorded."""
    lots: list[LotChangeView]
    explanation: list[RuleOutcomeView]
    reason: str | None
    actor: str | None


class EntryPage(View):
    """Entries, the newest first."""

    items: list[EntryView]
    next_cursor: str | None


class BookedView(View):
    """A command that was carried out."""

    member_id: str
    currency: str
    points: str
    brand: str
    store: str | None
    client_reference: str | None
    booked_at: datetime
    entry: EntryView
    balance: BalanceView
    """What was left when the entry was recorded."""
    replayed: bool
    """Whether it had been carried out before; nothing was changed now."""


class RedemptionView(BookedView):
    """Points spent. ``entry`` is the redemption's own; in the answer to a reversal, the reversal's."""

    redemption_id: str
    money_off: str | None
    """What the points take off a bill there; null: these take nothing off."""
    reversed: bool


class AdjustmentView(BookedView):
    """Points given, taken or ended by hand."""

    adjustment_id: str
    type: Annotated[str, Field(examples=["adjust", "expire"])]
    reason: str
    actor: str


def wallet_view(view: WalletView) -> dict[str, Any]:
    """A `MemberWalletView`."""
    return {
        "member_id": view.member,
        "currency": view.currency.id,
        **balance_view(view.balance, view.currency),
        "at": format_instant(view.at),
        "as_of": _instant(view.as_of),
        "next_change_at": _instant(view.next_change_at),
        "lots": [
            {"number": lot.number, "points": format_amount(lot.remaining, view.currency.exponent), **_interval(lot)}
            for lot in view.lots
        ],
        "version": view.version,
    }


def balance_view(balance: Balance, currency: PointCurrency) -> dict[str, str]:
    """A `BalanceView`."""
    return {
        "spendable": format_amount(balance.spendable, currency.exponent),
        "pending": format_amount(balance.pending, currency.exponent),
        "held": format_amount(balance.held, currency.exponent),
        "debt": format_amount(balance.debt, currency.exponent),
    }


def entry_view(entry: Entry, program: Program) -> dict[str, Any]:
    """An `EntryView`. ``program`` is the version that the entry names: it knows its currency and its rules."""
    currency = program.currencies[entry.currency]
    return {
        "entry_id": entry.id,
        "member_id": entry.member,
        "currency": entry.currency,
        "version": entry.version,
        "type": entry.type.value,
        "points": format_amount(entry.amount, currency.exponent),
        "waived": format_amount(entry.waived, currency.exponent),
        "debt": format_amount(entry.debt, currency.exponent),
        "effective_at": format_instant(entry.effective_at),
        "recorded_at": format_instant(entry.recorded_at),
        "brand": entry.brand,
        "cause": {"type": entry.cause.type, "id": entry.cause.id},
        "program_version": entry.program_version,
        "balance": balance_view(entry.balance, currency),
        "lots": [_lot_change_view(change, currency) for change in entry.changes],
        "explanation": explanation_views(entry.explanation, currency, program),
        "reason": entry.reason,
        "actor": entry.actor,
    }


def entry_page(entries: Iterable[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    """An `EntryPage` of entry views."""
    return {"items": list(entries), "next_cursor": next_cursor}


def redemption_view(booked: Booked, program: Program) -> dict[str, Any]:
    """A `RedemptionView`. ``program`` is the version that the entry names."""
    return {
        "redemption_id": booked.command.id,
        **_booked_view(booked, program),
        "money_off": money_off_view(booked.command, booked.command.points, program),
        "reversed": booked.command.reversed_version is not None,
    }


def adjustment_view(booked: Booked, program: Program) -> dict[str, Any]:
    """An `AdjustmentView`. ``program`` is the version that the entry names."""
    return {
        "adjustment_id": booked.command.id,
        **_booked_view(booked, program),
        "type": "expire" if booked.command.type == "expiry" else "adjust",
        "points": format_amount(booked.entry.amount, program.currencies[booked.command.currency].exponent),
        "reason": booked.command.reason,
        "actor": booked.command.actor,
    }


def money_off_view(order: PointsCommand, points: int, program: Program) -> str | None:
    """What ``points`` of an order take off a bill at its brand."""
    money = money_off(points, order.brand, order.currency, program)
    return None if money is None else format_amount(money, program.money_exponent)


def _booked_view(booked: Booked, program: Program) -> dict[str, Any]:
    command, entry = booked.command, booked.entry
    currency = program.currencies[command.currency]
    return {
        "member_id": command.member,
        "currency": command.currency,
        "points": format_amount(command.points, currency.exponent),
        "brand": command.brand,
        "store": command.store,
        "client_reference": command.client_reference,
        "booked_at": format_instant(command.booked_at),
        "entry": entry_view(entry, program),
        "balance": balance_view(entry.balance, currency),
        "replayed": booked.replayed,
    }


def _lot_change_view(change: LotChange, currency: PointCurrency) -> dict[str, Any]:
    return {
        "number": change.lot.number,
        "points": format_amount(change.amount, currency.exponent),
        "remaining": format_amount(change.lot.remaining, currency.exponent),
        **_interval(change.lot),
    }


def _interval(lot: Lot) -> dict[str, Any]:
    return {"active_at": format_instant(lot.active_at), "expires_at": _instant(lot.expires_at), "issuer": lot.issuer}


def explanation_views(
    outcomes: Sequence[RuleOutcome], currency: PointCurrency, program: Program
) -> list[dict[str, Any]]:
    """A `RuleOutcomeView` for each."""
    names = {rule.id: rule.name for rule in program.earning} if outcomes else {}
    return [_rule_view(outcome, names.get(outcome.rule, outcome.rule), currency, program) for outcome in outcomes]


def _rule_view(outcome: RuleOutcome, name: str, currency: PointCurrency, program: Program) -> dict[str, Any]:
    if outcome.failed:
        why = {"failed": outcome.failed, "found": outcome.found}
    else:
        why = {
            "base": format_amount(outcome.base, program.money_exponent),
            "points": format_amount(outcome.points, currency.exponent),
        }
    if outcome.cut:
        why |= {"cut": format_amount(outcome.cut, currency.exponent)}
    if outcome.cut_by:
        why |= {"cut_by": outcome.cut_by}
    return {"rule": outcome.rule, "name": name, "fired": not outcome.failed, **why}


def _instant(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
