"""Holds, transfers, conversions and reinstatements as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.points.answers import BalanceView, EntryView, balance_view, entry_view, money_off_view
from huitou.points.booking import Booked
from huitou.points.holds import HoldState, HoldStatus
from huitou.points.journeys import Journey
from huitou.program.model import Program


class HoldView(View):
    """Points set aside for a till, and what became of them."""

    hold_id: str
    member_id: str
    currency: str
    points: str
    """How many were set aside."""
    brand: str
    store: str | None
    bill_total: str | None
    money_off: str | None
    """What they take off a bill there, or took once captured; null: these take nothing off."""
    client_reference: str | None
    placed_at: datetime
    ends_at: datetime
    """When they return by themselves."""
    state: HoldState
    """ended: by itself, uncaptured."""
    ended_at: datetime | None
    captured: str
    """How many were spent; the rest returned."""
    purchase_id: str | None
    """The purchase that captured them, if one did."""
    entry: EntryView
    """Of the capture or the release, else where the points were set aside."""
    balance: BalanceView
    """What was left then, with what returned."""
    replayed: bool
    """Whether nothing was changed now."""


class ArrivalView(View):
    """The recipient's side of a transfer: no more than the sender may know."""

    member_id: str
    points: str


class TransferView(View):
    """Points that a member gave to another."""

    transfer_id: str
    member_id: str
    """Who gave."""
    to: ArrivalView
    currency: str
    points: str
    brand: str
    message: str | None
    reason: str | None
    client_reference: str | None
    booked_at: datetime
    entry: EntryView
    """The sender's."""
    balance: BalanceView
    """The sender's, when the entry was recorded."""
    replayed: bool


class ConversionView(View):
    """Points that were changed into another currency."""

    conversion_id: str
    member_id: str
    currency: str
    to: str
    points: str
    """What was asked for."""
    converted: str
    left_over: str
    """What did not convert evenly, and stays where it was."""
    got: str
    """In the other currency."""
    brand: str
    client_reference: str | None
    booked_at: datetime
    entries: list[EntryView]
    """Where points left, and where they arrived."""
    replayed: bool


class ReinstatementView(View):
    """Points that had expired and were given again."""

    reinstatement_id: str
    member_id: str
    currency: str
    points: str
    days: int
    reason: str
    actor: str
    brand: str
    expired_entry_id: str
    client_reference: str | None
    booked_at: datetime
    entry: EntryView
    balance: BalanceView
    replayed: bool


def hold_view(hold: HoldStatus, program: Program) -> dict[str, Any]:
    """A `HoldView`. ``program`` is the version that the entry shown names."""
    order, entry = hold.order, hold.ended or hold.placed
    currency = program.currencies[order.currency]
    bought = hold.ended is not None and hold.ended.cause.type == "purchase"
    return {
        "hold_id": order.id,
        "member_id": order.member,
        "currency": order.currency,
        "points": format_amount(order.points, currency.exponent),
        "brand": order.brand,
        "store": order.store,
        "bill_total": None if order.bill is None else format_amount(order.bill, program.money_exponent),
        "money_off": money_off_view(order, hold.captured or order.points, program),
        "client_reference": order.client_reference,
        "placed_at": format_instant(hold.placed.recorded_at),
        "ends_at": format_instant(hold.ends_at),
        "state": hold.state,
        "ended_at": format_instant(hold.ended_at) if hold.ended_at else None,
        "captured": format_amount(hold.captured, currency.exponent),
        "purchase_id": entry.cause.id if bought else None,
        "entry": entry_view(entry, program),
        "balance": balance_view(hold.latest.balance, currency),
        "replayed": hold.replayed,
    }


def transfer_view(journey: Journey, program: Program) -> dict[str, Any]:
    """A `TransferView`. ``program`` is the version that its entries name."""
    order, currency = journey.order, program.currencies[journey.order.currency]
    points = format_amount(order.points, currency.exponent)
    return {
        "transfer_id": order.id,
        "member_id": order.member,
        "to": {"member_id": order.recipient, "points": points},
        "currency": order.currency,
        "points": points,
        "brand": order.brand,
        "message": order.message,
        "reason": order.reason,
        "client_reference": order.client_reference,
        "booked_at": format_instant(order.booked_at),
        "entry": entry_view(journey.left, program),
        "balance": balance_view(journey.left.balance, currency),
        "replayed": journey.replayed,
    }


def conversion_view(journey: Journey, program: Program) -> dict[str, Any]:
    """A `ConversionView`. ``program`` is the version that its entries name."""
    order, left, arrived = journey.order, journey.left, journey.arrived
    source, target = program.currencies[left.currency], program.currencies[arrived.currency]
    return {
        "conversion_id": order.id,
        "member_id": order.member,
        "currency": order.currency,
        "to": order.target,
        "points": format_amount(order.points, source.exponent),
        "converted": format_amount(-left.amount, source.exponent),
        "left_over": format_amount(order.points + left.amount, source.exponent),
        "got": format_amount(arrived.amount, target.exponent),
        "brand": order.brand,
        "client_reference": order.client_reference,
        "booked_at": format_instant(order.booked_at),
        "entries": [entry_view(left, program), entry_view(arrived, program)],
        "replayed": journey.replayed,
    }


def reinstatement_view(booked: Booked, program: Program) -> dict[str, Any]:
    """A `ReinstatementView`. ``program`` is the version that the entry names."""
    order, entry = booked.command, booked.entry
    currency = program.currencies[order.currency]
    return {
        "reinstatement_id": order.id,
        "member_id": order.member,
        "currency": order.currency,
        "points": format_amount(entry.amount, currency.exponent),
        "days": order.lasts.days if order.lasts else 0,
        "reason": order.reason,
        "actor": order.actor,
        "brand": order.brand,
        "expired_entry_id": order.entry,
        "client_reference": order.client_reference,
        "booked_at": format_instant(order.booked_at),
        "entry": entry_view(entry, program),
        "balance": balance_view(entry.balance, currency),
        "replayed": booked.replayed,
    }
