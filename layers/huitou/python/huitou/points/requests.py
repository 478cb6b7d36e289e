"""Redemptions and adjustments as they come over HTTP.

The shape is checked by pydantic; what only the programme can tell (brands, stores, currencies, decimals) here,
with every fault of a request named at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from huitou.fields import Body, ClientReference, Name, Text
from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.references import MemberReference
from huitou.points.commands import PointsCommand, PointsCommandType
from huitou.program.faults import Faults
from huitou.program.model import BrandId, CurrencyId, PointCurrency, Program

Spent = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=19)]
Signed = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", max_length=20)]


class InvalidCommandError(InvalidError):
    """The command has the right shape, but cannot be under the programme in force; ``errors`` names each fault."""

    code = "invalid_command"
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
    """Who gives a command and when: ``command`` is the id that it will have."""

    command: Digest
    member: MemberId
    brand: BrandId
    now: datetime


def read_redemption(body: RedemptionBody, occasion: Occasion, program: Program) -> PointsCommand:
    """The redemption to make. Raises `InvalidCommandError`."""
    return _read("redemption", body, occasion, program)


def read_adjustment(body: AdjustmentBody, occasion: Occasion, program: Program) -> PointsCommand:
    """The adjustment to make. Raises `InvalidCommandError`."""
    return replace(_read("adjustment", body, occasion, program), reason=body.reason, actor=body.actor)


def _read(
    kind: PointsCommandType, body: RedemptionBody | AdjustmentBody, occasion: Occasion, program: Program
) -> PointsCommand:
    faults = Faults()
    faults.store(body.store, occasion.brand, program)
    currency = _currency(body.currency, occasion.brand, program, faults)
    points = _points(body.points, currency, faults)
    faults.raise_any(InvalidCommandError, "The points cannot be booked as it is asked for.")
    return PointsCommand(
        id=occasion.command,
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


def _currency(named: CurrencyId | None, brand: BrandId, program: Program, faults: Faults) -> PointCurrency:
    home = program.currencies[program.home_currency]
    currency = program.currencies.get(named) if named else home
    if currency is None or currency.brand not in {None, brand}:
        faults.add("/currency", "there are no such points at this brand")
    return currency or home


def _points(text: str, currency: PointCurrency, faults: Faults) -> int:
    points = faults.amount("/points", text, currency.exponent)
    if points == 0:
        faults.add("/points", "must not be 0")
    return points or 0
