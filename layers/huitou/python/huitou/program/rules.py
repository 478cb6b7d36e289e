"""How points are earned (M7): rules, their conditions and rewards, caps and how they go together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from huitou.program.model import BrandId, CurrencyId, StoreId
    from huitou.program.tiers import TierId

RuleId = str
SegmentId = str


class Rounding(StrEnum):
    """How a fraction of the smallest unit of points is settled, once per rule and purchase."""

    DOWN = "down"
    HALF_UP = "half_up"
    UP = "up"


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FirstPurchase = Literal["group", "brand"]


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies. An empty set or None asks nothing; all that is asked must hold.

    ``categories`` and ``skus`` select lines (a line of either counts); everything else asks about the sale as a
    whole, or about the member as of ``occurred_at``. ``minimum`` (smallest units of money) is what the lines that
    count must come to. ``dates`` is inclusive at both ends and, like ``weekdays`` and ``hours``, read on the store's
    calendar. ``hours`` is [from, to); a range that ends before it begins runs over midnight and belongs to the
    weekday on which it began.
    """

    brands: frozenset[BrandId] = frozenset()
    stores: frozenset[StoreId] = frozenset()
    regions: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    payments: frozenset[str] = frozenset()
    """Methods of payment; one of them must have paid a part."""
    categories: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    minimum: int = 0
    first_day: date | None = None
    last_day: date | None = None
    weekdays: frozenset[Weekday] = frozenset()
    hours: tuple[time, time] | None = None
    tiers: frozenset[TierId] = frozenset()
    segments: frozenset[SegmentId] = frozenset()
    first_purchase: FirstPurchase | None = None
    birthday_month: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """``points`` (smallest units) for each whole or part of ``per`` (smallest units of money) spent."""

    points: int
    per: int


@dataclass(frozen=True, slots=True)
class Multiplier:
    """Adds (``times`` − 1) × what the rates named in ``of`` give for the lines that count.

    ``times`` is in hundredths: 250 means two and a half times. ``of`` empty: all rates of the same currency that
    fire. Rates count here before their own caps.
    """

    times: int
    of: frozenset[RuleId] = frozenset()


@dataclass(frozen=True, slots=True)
class Bonus:
    """``points`` (smallest units), once for each sale to which the rule applies."""

    points: int


Reward = Rate | Multiplier | Bonus


class Per(StrEnum):
    """Over what a cap counts. Days and months are member days (E9); a campaign is the rule's own dates."""

    PURCHASE = "purchase"
    DAY = "day"
    MONTH = "month"
    CAMPAIGN = "campaign"
    LIFETIME = "lifetime"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most ``points`` (smallest units) by one rule for one member in each such period; what is more is cut."""

    points: int
    per: Per


class Combine(StrEnum):
    """How the rules of one stack go together."""

    SUM = "sum"
    """All pay."""
    BEST_OF = "best_of"
    """The one that would give most pays; of equals the one with the higher priority."""
    FIRST = "first"
    """The one with the highest priority of those that apply pays."""
    PRODUCT = "product"
    """Multipliers only: each multiplies what those before it, by priority, have made of a line."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Rules that compete or combine."""

    id: str
    combine: Combine


@dataclass(frozen=True, slots=True)
class EarningRule:
    """One way to earn. Rules outside a stack add up.

    Rules are considered by ``priority``, the highest first, those of equal priority in the order of the document,
    but never before a rule that ``excludes`` them: where that one pays, they do not.
    ``budget`` (smallest units) is what the rule gives to all members together, at most (E12).
    ``funded_by`` says who pays for the points in the settlement between brands (M13).
    """

    id: RuleId
    name: str
    currency: CurrencyId
    reward: Reward
    rounding: Rounding
    when: Condition
    caps: tuple[Cap, ...] = ()
    budget: int | None = None
    stack: Stack | None = None
    excludes: frozenset[RuleId] = frozenset()
    priority: int = 0
    funded_by: Literal["issuer", "group"] = "issuer"
