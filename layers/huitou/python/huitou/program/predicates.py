"""What segments ask of a member (M16): conditions on facts, put together by all, any and not.

Amounts are exact integers of the smallest unit, or exact fractions where something is divided. Days, months and years
are those of the programme's calendar (E9).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple

from huitou.kernel.channels import MessageChannel
from huitou.program.model import GROUP

if TYPE_CHECKING:
    from datetime import time

    from huitou.program.model import BrandId, CurrencyId, StoreId
    from huitou.program.rules import SegmentId
    from huitou.program.tiers import TierId


class Bounds(NamedTuple):
    """From ``least`` to ``most``, both included; None asks nothing. What is counted in whole units has whole bounds."""

    least: Fraction | int | None = None
    most: Fraction | int | None = None
    above: Fraction | int | None = None
    """More than this."""
    below: Fraction | int | None = None
    """Less than this."""

    def hold(self, value: Fraction | int) -> bool:
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )


@dataclass(frozen=True, slots=True)
class LastDays:
    """What was done at ``d`` counts until the same local time ``days`` days later, exclusive (E9)."""

    days: int


@dataclass(frozen=True, slots=True)
class ThisPeriod:
    """The local month or year of the instant that is asked about."""

    period: Literal["month", "year"]


@dataclass(frozen=True, slots=True)
class Ever:
    """All there is."""


Window = LastDays | ThisPeriod | Ever


@dataclass(frozen=True, slots=True)
class Only:
    """Which purchases, and which lines of them, count. An empty set or None asks nothing; all that is asked must hold.

    ``categories`` and ``skus`` select lines (a line of either counts): a purchase counts if one of its lines does,
    with the money of those lines. Everything else asks about the purchase as a whole.
    """

    brands: frozenset[BrandId] = frozenset()
    stores: frozenset[StoreId] = frozenset()
    regions: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    payments: frozenset[str] = frozenset()
    """Methods of payment; one of them must have paid a part."""
    categories: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    discounted: bool | None = None
    """Whether anything was taken off."""


EVERYTHING = Only()


# --- together ---


@dataclass(frozen=True, slots=True)
class AllOf:
    """True if all are; of none, true."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if one is; of none, false."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if it is not."""

    of: Predicate


# --- what the member did ---

Quantity = Literal["purchases", "visits", "spend", "average_basket", "brands", "stores", "categories", "interval"]
"""How many purchases; visits, with and without a purchase; money; money for each purchase; different brands, stores or
categories; days between purchases, on average (of the first and the last of the window; false with fewer than two)."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How much of ``quantity`` there was in ``window``. An average of nothing is not within any bounds."""

    quantity: Quantity
    bounds: Bounds
    window: Window
    only: Only = EVERYTHING


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of the money spent in ``window`` went to ``only``: from 0 to 1; false where nothing was spent."""

    bounds: Bounds
    window: Window
    only: Only


@dataclass(frozen=True, slots=True)
class Since:
    """Local days that passed since the ``first`` or ``last`` purchase or visit that counts; false without any.

    ``least`` days have passed from the same local time so many days later on, inclusive (E9); ``most`` days until the
    same local time one day after those, exclusive.
    """

    which: Literal["first", "last"]
    of: Literal["purchase", "visit"]
    least: int | None = None
    most: int | None = None
    only: Only = EVERYTHING


@dataclass(frozen=True, slots=True)
class UsualHour:
    """Whether the hour in which the member bought most often in ``window``, by the stores' clocks, is in [from, to).

    Of hours with as many purchases, the one of the latest of them counts. A range may run over midnight.
    """

    begin: time
    end: time
    window: Window
    only: Only = EVERYTHING


@dataclass(frozen=True, slots=True)
class Overdue:
    """M18: how far the time since the last purchase has stretched beyond the member's own rhythm: days since, over
    the usual interval; false while there is no rhythm yet."""

    least: Fraction


@dataclass(frozen=True, slots=True)
class Alive:
    """M18: how probable it is that the member still comes (BG/NBD), from 0 to 1; false while no model is fitted."""

    bounds: Bounds


@dataclass(frozen=True, slots=True)
class RfmClass:
    """M16: recency, frequency and money, each by quantile among all members: 1 (least) to 5 (best).

    False while no quantiles are known, or the member has not bought within their time.
    """

    recency: frozenset[int] = frozenset()
    frequency: frozenset[int] = frozenset()
    money: frozenset[int] = frozenset()


# --- who the member is ---


@dataclass(frozen=True, slots=True)
class Age:
    """In whole years on the local day (E10); false where the birthday is not known."""

    bounds: Bounds


@dataclass(frozen=True, slots=True)
class BirthdayNear:
    """The local days from ``before`` days before the birthday to ``after`` days after it (E10)."""

    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class BirthdayMonth:
    """The local month of the birthday."""


@dataclass(frozen=True, slots=True)
class AnniversaryNear:
    """As `BirthdayNear`, of the day on which the member joined the group, or the brand whose segment asks; from the
    first year on.
    """

    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Joined:
    """Whether the member has joined one of ``brands`` (empty: the group), so many local days ago.

    ``least`` and ``most`` count as those of `Since`; of several brands, the one joined first counts.
    """

    brands: frozenset[BrandId] = frozenset()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class ProfileIs:
    """Whether a field of the profile says one of ``values``."""

    field: Literal["gender", "language", "home_store"]
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Tagged:
    """Whether one of these tags was put on the member, by any brand."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Consents:
    """Whether the member has agreed to hear of ``purpose`` by ``channel`` from ``brand`` (or `GROUP`)."""

    channel: MessageChannel
    purpose: str
    brand: BrandId


# --- what the member has ---


@dataclass(frozen=True, slots=True)
class HasPoints:
    """Spendable points of one currency, in the smallest unit."""

    currency: CurrencyId
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class ExpiringPoints:
    """Spendable points of one currency that end within ``days`` local days from the instant asked about."""

    currency: CurrencyId
    days: int
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class InTier:
    """Whether the member is in one of these tiers."""

    tiers: frozenset[TierId]


@dataclass(frozen=True, slots=True)
class TierAtRisk:
    """Whether within ``days`` local days the tier is reviewed, or its grace ends, and is lost unless more is done."""

    days: int


@dataclass(frozen=True, slots=True)
class InSegment:
    """Whether the member is in one of these segments, none of which asks about the one that asks."""

    segments: frozenset[SegmentId]


Leaf = (
    Behaviour
    | Share
    | Since
    | UsualHour
    | Overdue
    | Alive
    | RfmClass
    | Age
    | BirthdayNear
    | BirthdayMonth
    | AnniversaryNear
    | Joined
    | ProfileIs
    | Tagged
    | Consents
    | HasPoints
    | ExpiringPoints
    | InTier
    | TierAtRisk
    | InSegment
)
Predicate = AllOf | AnyOf | Not | Leaf


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of members (M16). ``when`` is None for a static list: those who carry its id as a tag.

    ``brand`` is whose segment it is: its own purchases and visits alone count then, and its key alone sees it (E31);
    None: the group's.
    """

    id: SegmentId
    name: str
    brand: BrandId | None
    when: Predicate | None
    tag: str | None = None
    """What its members carry as long as they are in it: a tag by rule (M3)."""

    def is_shown_to(self, brand: BrandId) -> bool:
        """E31: the group sees all segments, a brand its own and the group's."""
        return brand == GROUP or self.brand in {None, brand}
