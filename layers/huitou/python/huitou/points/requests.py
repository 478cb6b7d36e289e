"""Commands on points as they come over HTTP: redemptions, holds, transfers, conversions, what is done by hand.

The shape is checked by pydantic; what only the programme can tell (brands, stores, currencies, decimals) here,
with every fault of a request named at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from huitou.fields import Body, ClientReference, Name, Text
from huitou.kernel.ids import Digest, MemberId
from huitou.members.references import MemberReference
from huitou.points.commands import InvalidCommandError, PointsCommand, PointsCommandType
from huitou.program.faults import Faults
from huitou.program.model import BrandId, CurrencyId, PointCurrency, Program, StoreId

Spent = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=19)]
Money = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$", max_length=17)]
Signed = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=20)]


REFUSED = "The points cannot be booked as it is asked for."


class _Command(Body):
    member: MemberReference
    brand: Name | None = None
    """Where it happens; the key's brand, where the key has one."""
    store: Name | None = None
    currency: Name | None = None
    """By default the points that all brands share."""
    client_reference: ClientReference | None = None


class RedemptionBody(_Command):
    """Points to be spent."""

    points: Annotated[Spent, Field(examples=["500"])]
    """How many, more than 0."""
    bill_total: Money | None = None
    """The bill that the points pay a part of: their least, steps and share are then required (M9)."""


class HoldBody(RedemptionBody):
    """Points to be set aside for a till (E17)."""

    ends_in_minutes: Annotated[int, Field(ge=1, le=44_640)] | None = None
    """By default, and at most, what the programme says."""


class CaptureBody(Body):
    """What is spent of a hold."""

    points: Spent | None = None
    """By default all; the rest returns at once."""


class AdjustmentBody(_Command):
    """Points given or taken by hand (M11), or ended before their time."""

    type: Literal["adjust", "expire"] = "adjust"
    points: Annotated[Signed | None, Field(examples=["100", "-50"])] = None
    """How many; below 0 to take. Of an expiry, more than 0; left out where lots are named."""
    lots: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(max_length=100)] = ()
    """Of an expiry: the numbers of the lots that end, spendable or pending."""
    reason: Text
    """Why. The member may be told."""
    actor: Name
    """Who decided it, as your own systems call them."""


class TransferBody(Body):
    """Points that a member gives to another (M11)."""

    sender: Annotated[MemberReference, Field(alias="from")]
    to: MemberReference
    brand: Name | None = None
    """Where it happens; the key's brand, where the key has one."""
    points: Spent
    currency: Name | None = None
    """By default the points that all brands share."""
    message: Text | None = None
    """What the sender has to say to the recipient."""
    reason: Text | None = None
    client_reference: ClientReference | None = None


class ConversionBody(Body):
    """Points to be changed into another currency (M6)."""

    member: MemberReference
    brand: Name | None = None
    """Where it happens; the key's brand, where the key has one."""
    source: Annotated[Name, Field(alias="from")]
    """The currency that is given."""
    to: Name
    """The currency that is got."""
    points: Spent
    """At most so many; what does not convert evenly stays where it is."""
    client_reference: ClientReference | None = None


class ReinstatementBody(Body):
    """Points that expired, to be given again by courtesy (M11)."""

    brand: Name | None = None
    """Where it happens; the key's brand, where the key has one."""
    days: Annotated[int, Field(ge=1, le=3660)]
    """How long they live, from now on."""
    reason: Text
    """Why. The member may be told."""
    actor: Name
    """Who decided it, as your own systems call them."""
    client_reference: ClientReference | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who gives a command and when: ``command`` is the id that it will have."""

    command: Digest
    member: MemberId
    brand: BrandId
    now: datetime


def read_redemption(body: RedemptionBody, occasion: Occasion, program: Program) -> PointsCommand:
    """The redemption to make. Raises `InvalidCommandError`."""
    faults = Faults()
    order = _spending("redemption", body, occasion, program, faults)
    faults.raise_any(InvalidCommandError, REFUSED)
    return order


def read_hold(body: HoldBody, occasion: Occasion, program: Program) -> PointsCommand:
    """The hold to place. Raises `InvalidCommandError`."""
    faults = Faults()
    order = _spending("hold", body, occasion, program, faults)
    faults.raise_any(InvalidCommandError, REFUSED)
    return replace(order, lasts=timedelta(minutes=body.ends_in_minutes) if body.ends_in_minutes else None)


def read_capture(written: str, currency: PointCurrency) -> int:
    """How many points to capture. Raises `InvalidCommandError`."""
    faults = Faults()
    points = _points(written, currency, faults)
    faults.raise_any(InvalidCommandError, REFUSED)
    return points


def read_adjustment(body: AdjustmentBody, occasion: Occasion, program: Program) -> PointsCommand:
    """The adjustment or expiry to make. Raises `InvalidCommandError`."""
    faults = Faults()
    kind: PointsCommandType = "expiry" if body.type == "expire" else "adjustment"
    order = _read(kind, body, occasion, program, faults)
    if (body.points is None) == (not body.lots):
        faults.add("/points", "give points or, to an expiry, lots")
    if body.lots and kind != "expiry":
        faults.add("/lots", "only an expiry names lots")
    if kind == "expiry" and order.points < 0:
        faults.add("/points", "must be more than 0")
    faults.raise_any(InvalidCommandError, REFUSED)
    return replace(order, reason=body.reason, actor=body.actor, lots=tuple(sorted(set(body.lots))))


def read_transfer(body: TransferBody, recipient: MemberId, occasion: Occasion, program: Program) -> PointsCommand:
    """The transfer to make. Raises `InvalidCommandError`."""
    faults = Faults()
    order = _read("transfer", body, occasion, program, faults)
    faults.raise_any(InvalidCommandError, REFUSED)
    return replace(order, recipient=recipient, message=body.message, reason=body.reason)


def read_conversion(body: ConversionBody, occasion: Occasion, program: Program) -> PointsCommand:
    """The conversion to make. Raises `InvalidCommandError`."""
    faults = Faults()
    faults.store(None, occasion.brand, program)
    source = _currency(body.source, occasion.brand, program, faults, "/from")
    target = _currency(body.to, occasion.brand, program, faults, "/to")
    points = _points(body.points, source, faults)
    faults.raise_any(InvalidCommandError, REFUSED)
    order = _order("conversion", occasion, source.id, points, body.client_reference)
    return replace(order, target=target.id)


def read_reinstatement(body: ReinstatementBody, entry: str, currency: CurrencyId, occasion: Occasion) -> PointsCommand:
    """The reinstatement of an expiry."""
    order = _order("reinstatement", occasion, currency, 0, body.client_reference)
    return replace(order, entry=entry, lasts=timedelta(days=body.days), reason=body.reason, actor=body.actor)


def _spending(
    kind: PointsCommandType, body: RedemptionBody, occasion: Occasion, program: Program, faults: Faults
) -> PointsCommand:
    """Points that are spent, or set aside to be; whether they can pay a bill like this is for who books them."""
    order = _read(kind, body, occasion, program, faults)
    if body.bill_total is None:
        return order
    return replace(order, bill=faults.amount("/bill_total", body.bill_total, program.money_exponent) or 0)


def _read(
    kind: PointsCommandType,
    body: RedemptionBody | AdjustmentBody | TransferBody,
    occasion: Occasion,
    program: Program,
    faults: Faults,
) -> PointsCommand:
    store = None if isinstance(body, TransferBody) else body.store
    faults.store(store, occasion.brand, program)
    currency = _currency(body.currency, occasion.brand, program, faults)
    points = 0 if body.points is None else _points(body.points, currency, faults)
    return _order(kind, occasion, currency.id, points, body.client_reference, store)


def _order(  # noqa: PLR0917 - what every command has
    kind: PointsCommandType,
    occasion: Occasion,
    currency: CurrencyId,
    points: int,
    client_reference: str | None,
    store: StoreId | None = None,
) -> PointsCommand:
    return PointsCommand(
        id=occasion.command,
        type=kind,
        member=occasion.member,
        currency=currency,
        points=points,
        brand=occasion.brand,
        store=store,
        reason=None,
        actor=None,
        client_reference=client_reference,
        booked_at=occasion.now,
        version=0,
    )


def _currency(
    named: CurrencyId | None, brand: BrandId, program: Program, faults: Faults, pointer: str = "/currency"
) -> PointCurrency:
    home = program.currencies[program.home_currency]
    currency = program.currencies.get(named) if named else home
    if currency is None or currency.brand not in {None, brand}:
        faults.add(pointer, "there are no such points at this brand")
    return currency or home


def _points(text: str, currency: PointCurrency, faults: Faults) -> int:
    points = faults.amount("/points", text, currency.exponent)
    if points == 0:
        faults.add("/points", "must not be 0")
    return points or 0
