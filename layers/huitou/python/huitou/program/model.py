"""A published programme as decisions read it: frozen, typed, looked up by id.

Built by `huitou.program.compilation` from the document; nothing else makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from huitou.program.rules import EarningRule, SegmentId
from huitou.program.terms import Conversion, MoneyOff, RefundPolicy, Settlement
from huitou.program.tiers import TierPolicy

if TYPE_CHECKING:
    from huitou.program.campaigns import Campaign, CampaignId
    from huitou.program.coupons import CouponId, CouponKind
    from huitou.program.predicates import Segment

BrandId = str
StoreId = str
CurrencyId = str

GROUP = "group"
"""Stands in the place of a brand for the group as a whole: as issuer, as scope of a key, in consent."""


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand of the group."""

    id: BrandId
    name: str


@dataclass(frozen=True, slots=True)
class Store:
    """A place or channel of sale: weekday, hour and business date of a sale are the store's (E9)."""

    id: StoreId
    brand: BrandId
    name: str
    region: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Never:
    """Lots without end."""


@dataclass(frozen=True, slots=True)
class RollingDays:
    """Valid through the N-th local day after the lot became active."""

    days: int


@dataclass(frozen=True, slots=True)
class EndOfMonth:
    """Valid to the end of the local month, ``months`` months after the one of activation (0: the same)."""

    months: int


@dataclass(frozen=True, slots=True)
class EndOfYear:
    """Valid to the end of the local year, ``years`` years after the one of activation (1: 隔年底)."""

    years: int


@dataclass(frozen=True, slots=True)
class Sliding:
    """Valid through the N-th local day after the member's last activity."""

    days: int


Expiry = Never | RollingDays | EndOfMonth | EndOfYear | Sliding


@dataclass(frozen=True, slots=True)
class PointCurrency:
    """A kind of points. ``brand`` is None for points that all brands share."""

    id: CurrencyId
    name: str
    exponent: int
    brand: BrandId | None
    expiry: Expiry
    pending_days: int
    """Cooling-off (鑑賞期): spendable from the start of the local day this many days after the sale; 0: at once."""
    transferable: bool = False
    """Whether members may give these points to each other (M11)."""
    expiry_notice_days: int | None = None
    """So many local days before its end a lot is announced (M8); None: it is not."""


class LinesAsked(NamedTuple):
    """Which lines of purchases segments ask for: those of ``categories`` (None: of any) and those of ``skus``."""

    categories: frozenset[str] | None = frozenset()
    skus: frozenset[str] = frozenset()

    def contains(self, other: LinesAsked) -> bool:
        """Whether who knows these lines knows the others."""
        if self.categories is None or (other.categories is not None and other.categories <= self.categories):
            return other.skus <= self.skus
        return False


NO_LINES = LinesAsked()


@dataclass(frozen=True, slots=True)
class Program:
    """One immutable version of the programme."""

    version: int
    name: str
    zone: ZoneInfo
    money: str
    """The ISO 4217 code in which the group sells."""
    money_exponent: int
    home_currency: CurrencyId
    """The group-wide points that every member has a wallet of, from enrolment."""
    brands: Mapping[BrandId, Brand]
    stores: Mapping[StoreId, Store]
    currencies: Mapping[CurrencyId, PointCurrency]
    earning: tuple[EarningRule, ...]
    channels: frozenset[str]
    joins_on_use: bool
    """E31: whether presenting an identity joins the member to the brand."""
    late_limit: timedelta
    """E32: how far back a sale may lie that comes by the API."""
    claim_limit: timedelta
    """M40: how long after the sale a receipt may be claimed (補登)."""
    tiers: TierPolicy | None = None
    leap_day_in_march: bool = False
    """E10: whether those born on 29 February have their birthday on 1 March in common years, not on 28 February."""
    segments: Mapping[SegmentId, Segment] = field(default_factory=dict)
    """Each after those that it names, so that they can be judged one after the other."""
    looks_back_days: int | None = 0
    """How many local days of what a member did are enough to judge ``segments``; None: all there is."""
    lines_asked: LinesAsked = NO_LINES
    """Which lines of what a member bought are enough to judge ``segments``."""
    comparing_segments: frozenset[SegmentId] = frozenset()
    """Those of ``segments`` that compare a member with what is known of all members together (M16, M18)."""
    money_off: Mapping[tuple[BrandId, CurrencyId], MoneyOff] = field(default_factory=dict)
    conversions: Mapping[tuple[CurrencyId, CurrencyId], Conversion] = field(default_factory=dict)
    """By source and target."""
    refund_policy: RefundPolicy = RefundPolicy.CLAMP
    refund_limit: timedelta = timedelta(days=366)
    """How long after the sale it may be refunded; a refund that waits for its sale is closed then (E19)."""
    courtesy_days: int = 0
    """E4: so many days, from the reversal on, points live that come back after their end; 0: they expire at once."""
    hold_limit: timedelta = timedelta(hours=1)
    """E17: how long a hold lasts at most."""
    settlement: Settlement = field(default_factory=Settlement)
    coupons: Mapping[CouponId, CouponKind] = field(default_factory=dict)
    campaigns: Mapping[CampaignId, Campaign] = field(default_factory=dict)

    @property
    def places_members(self) -> bool:
        """Whether there is anything to work out of where a member stands, and when time changes it."""
        notices = any(currency.expiry_notice_days is not None for currency in self.currencies.values())
        return bool(self.tiers or self.segments) or notices

    @property
    def segments_of_rules(self) -> frozenset[SegmentId]:
        """Those that a sale asks about; mostly none."""
        return frozenset().union(*[rule.when.segments for rule in self.earning if rule.when.segments])

    def segments_asked_at(self, brand: BrandId) -> frozenset[SegmentId]:
        """Those that a sale at ``brand`` asks about.

        Another brand's own segments are left out (E31): no rule that holds at this one may name them, and who sees the
        purchase sees what it saw.
        """
        return frozenset([each for each in self.segments_of_rules if self.segments[each].is_shown_to(brand)])

    def zone_of(self, store: StoreId | None) -> ZoneInfo:
        """The store's time zone; the programme's for a sale without a store."""
        return self.stores[store].zone if store else self.zone

    def earliest(self, now: datetime) -> datetime:
        """The oldest ``occurred_at`` that the API accepts at ``now``."""
        return now - self.late_limit
