"""What else points can do: pay, be taken back, change their currency, be settled between brands (M6, M9, M10, M13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from huitou.program.model import BrandId, CurrencyId


@dataclass(frozen=True, slots=True)
class MoneyOff:
    """What points are worth at a brand's till (M9).

    Each ``points`` (smallest units) take ``money`` (smallest units) off the bill; only multiples of ``points``
    can be used, at least ``minimum`` of them, and not for more than ``share`` per cent of the bill.
    """

    brand: BrandId
    currency: CurrencyId
    points: int
    money: int
    minimum: int
    share: int


class RefundPolicy(StrEnum):
    """E1: what becomes of points that a refund takes back and that the purchase's own lots no longer hold."""

    WAIVE = "waive"
    CLAMP = "clamp"
    """Taken from other lots of the same issuer; what these cannot give is waived."""
    DEBT = "debt"


@dataclass(frozen=True, slots=True)
class Conversion:
    """``give`` of one currency become ``get`` of another (smallest units); only multiples of ``give`` (E11)."""

    source: CurrencyId
    target: CurrencyId
    give: int
    get: int


@dataclass(frozen=True, slots=True)
class Price:
    """From ``since`` (a local day) on, ``issuer`` pays ``honoured_by`` ``money`` for each ``points`` (M13)."""

    currency: CurrencyId
    issuer: BrandId
    honoured_by: BrandId
    since: date
    points: int
    money: int


@dataclass(frozen=True, slots=True)
class Worth:
    """From ``since`` (a local day) on, each ``points`` not spent yet are a liability of ``money`` (M13)."""

    currency: CurrencyId
    since: date
    points: int
    money: int


Cost = Literal["waived", "debt", "courtesy", "adjustment", "campaign"]
Bearer = Literal["brand", "group"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """M13: prices between brands, the value of open points, and who pays for what no sale has earned.

    Where no price is set for a pair, the worth of the points on that day holds. ``bearers``: the brand where it
    happened, or the group.
    """

    prices: tuple[Price, ...] = ()
    worth: tuple[Worth, ...] = ()
    bearers: Mapping[Cost, Bearer] = field(default_factory=dict)
