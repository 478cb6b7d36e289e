"""The programme document: what points are worth, how they change hands, and who pays for them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from huitou.program.document_parts import Amount, Id, Part


class MoneyOffPart(Part):
    """What points are worth at the tills of one brand."""

    brand: Id
    """The id of the brand."""

    currency: Id
    """The id of the points."""

    points: Amount
    """So many points, and multiples of them, …"""

    money: Amount
    """… take so much money off the bill."""

    minimum: Amount | None = None
    """The fewest points that can be used at once: a multiple of `points`. Without it, `points`."""

    share: Annotated[int, Field(ge=1, le=100)] = 100
    """The largest part of a bill, in per cent, that points can pay."""


class ConversionPart(Part):
    """Members can change points of one kind into points of another."""

    source: Annotated[Id, Field(alias="from")]
    """The id of the points that the member gives."""

    target: Annotated[Id, Field(alias="to")]
    """The id of the points that the member gets."""

    give: Amount
    """So many of the one, and multiples of them; what does not fit stays where it is …"""

    get: Amount
    """… become so many of the other."""


class RefundsPart(Part):
    """Refunds: how they reach the points."""

    policy: Literal["waive", "clamp", "debt"] = "clamp"
    """Where points of the refunded sale are spent already. waive: they are given up. clamp: other points that the
    same brand issued are taken instead, and the rest is given up. debt: the member's next points pay it back."""

    limit_days: Annotated[int, Field(ge=1, le=3660)] = 366
    """How many days after the sale goods can come back."""

    courtesy_days: Annotated[int, Field(ge=0, le=366)] = 0
    """So many days members have to use points that come back to them after these have ended; 0: none."""


class PricePart(Part):
    """What one brand pays another that has honoured its points."""

    currency: Id
    """The id of the points."""

    issuer: Id
    """The id of the brand that gave the points and pays, or `group`."""

    honoured_by: Id
    """The id of the brand at which they were used and that is paid, or `group`."""

    since: date
    """The first day on which this price holds; until the next price of the same pair."""

    points: Amount
    """For so many points …"""

    money: Amount
    """… so much money is paid."""


class WorthPart(Part):
    """What open points stand for in your books."""

    currency: Id
    """The id of the points."""

    since: date
    """The first day on which this holds; until the next one of the same points."""

    points: Amount
    """So many points …"""

    money: Amount
    """… are a liability of so much money."""


class BearersPart(Part):
    """Who pays for what no sale has earned: the brand where it happened, or the group."""

    waived: Literal["brand", "group"] = "brand"
    """Points of refunded sales that were given up."""

    debt: Literal["brand", "group"] = "brand"
    """Points of refunded sales that a member still owes."""

    courtesy: Literal["brand", "group"] = "brand"
    """Points that had ended and were given back for some days."""

    adjustment: Literal["brand", "group"] = "brand"
    """Points that staff gave or took by hand."""

    campaign: Literal["brand", "group"] = "brand"
    """Points that campaigns gave: the brand is whose campaign it is."""


class SettlementPart(Part):
    """How the brands settle the points of each month among themselves."""

    prices: Annotated[tuple[PricePart, ...], Field(max_length=10_000)] = ()
    """What brands pay each other. For a pair without a price, the worth of the points holds."""

    worth: Annotated[tuple[WorthPart, ...], Field(max_length=1000)] = ()
    """What open points are worth in your books."""

    bearers: BearersPart = BearersPart()
    """Who pays for what no sale has earned."""
