"""Redemptions and adjustments as they come over HTTP.

The shape is checked by pydantic; what only the programme can tell (brands, stores, currencies, decimals) here,
with every fault of a request named at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from huitou.fields import Body, ClientReference, Name, Text
from huitou.kernel.errors import FieldError, InvalidError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.money import InvalidAmountError, parse_amount
from huitou.members.references import MemberReference
from huitou.points.bookings import Booking, BookingKind
from huitou.program.model import BrandId, CurrencyId, PointCurrency, Program, StoreId

Spent = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=19)]
Signed = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=20)]


class InvalidBookingError(InvalidError):
    """The command has the right shape, but cannot be under the programme in force; ``errors`` names each fault."""

    code = "invalid_booking"
    title = "The points cannot be booked like this"


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


class AdjustmentBody(_Command):
    """Points given or taken by hand (M11)."""

    points: Annotated[Signed, Field(examples=["100", "-50"])]
    """How many; below 0 to take."""
    reason: Text
    """Why. The member may be told."""
    actor: Name
    """Who decided it, as your own systems call them."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who asks for a booking and when: ``booking`` is the id that it will have."""

    booking: Digest
    member: MemberId
    brand: BrandId
    now: datetime


def read_redemption(body: RedemptionBody, occasion: Occasion, program: Program) -> Booking:
    """The redemption to make. Raises `InvalidBookingError`."""
    return _read("redemption", body, occasion, program)


def read_adjustment(body: AdjustmentBody, occasion: Occasion, program: Program) -> Booking:
    """The adjustment to make. Raises `InvalidBookingError`."""
    return replace(_read("adjustment", body, occasion, program), reason=body.reason, actor=body.actor)


def _read(kind: BookingKind, body: RedemptionBody | AdjustmentBody, occasion: Occasion, program: Program) -> Booking:
    faults = _Faults()
    currency = faults.place(body, occasion.brand, program)
    points = faults.points(body.points, currency)
    faults.raise_any()
    return Booking(
        id=occasion.booking,
        type=kind,
        member=occasion.member,
        currency=currency.id,
        points=points,
        brand=occasion.brand,
        store=body.store,
        reason=None,
        actor=None,
        client_reference=body.client_reference,
        booked_at=occasion.now,
        version=0,
    )


@dataclass(slots=True)
class _Faults:
    """Gathers what is wrong, so that a till's developer sees all of it at once."""

    found: list[FieldError] = field(default_factory=list)

    def add(self, pointer: str, message: str) -> None:
        self.found.append(FieldError(pointer, message))

    def raise_any(self) -> None:
        if self.found:
            raise InvalidBookingError("The points cannot be booked as it is asked for.", errors=self.found)

    def place(self, body: _Command, brand: BrandId, program: Program) -> PointCurrency:
        """The points meant, at a brand and store that exist."""
        if brand not in program.brands:
            self.add("/brand", "the programme has no such brand")
        self._store(body.store, brand, program)
        return self._currency(body.currency, brand, program)

    def points(self, text: str, currency: PointCurrency) -> int:
        try:
            points = parse_amount(text, currency.exponent)
        except InvalidAmountError as error:
            self.add("/points", error.detail)
            return 0
        if points == 0:
            self.add("/points", "must not be 0")
        return points

    def _store(self, named: StoreId | None, brand: BrandId, program: Program) -> None:
        store = program.stores.get(named) if named else None
        if named and (store is None or store.brand != brand):
            self.add("/store", "the brand has no such store")

    def _currency(self, named: CurrencyId | None, brand: BrandId, program: Program) -> PointCurrency:
        home = program.currencies[program.home_currency]
        currency = program.currencies.get(named) if named else home
        if currency is None or currency.brand not in {None, brand}:
            self.add("/currency", "there are no such points at this brand")
        return currency or home
