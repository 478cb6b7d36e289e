"""What became of a member by the end of a past that was replayed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields

from huitou.program.campaigns import CampaignId
from huitou.program.coupons import CouponId
from huitou.program.model import BrandId, CurrencyId
from huitou.program.rules import RuleId, SegmentId
from huitou.program.tiers import TierId

Issue = tuple[CurrencyId, BrandId]
"""Points are told apart by their currency and by who gave them."""


@dataclass(slots=True)
class Sums:
    """What is counted of a member, and adds up over members. Points are in smallest units and never negative.

    What was issued is redeemed, expired, or open.
    """

    sales: int = 0
    sales_at: Counter[BrandId] = field(default_factory=Counter)
    unknown: int = 0
    """Sales at stores and brands that the programme does not have: they count for nothing."""
    unspent: int = 0
    """Points that were used in the past and are not there now."""
    issued: Counter[Issue] = field(default_factory=Counter)
    redeemed: Counter[Issue] = field(default_factory=Counter)
    expired: Counter[Issue] = field(default_factory=Counter)
    open: Counter[Issue] = field(default_factory=Counter)
    times: Counter[RuleId] = field(default_factory=Counter)
    """How many sales each rule paid for."""
    points: Counter[RuleId] = field(default_factory=Counter)
    """What each rule paid."""
    short: Counter[RuleId] = field(default_factory=Counter)
    """What each rule did not pay because its budget was used up."""
    begun: Counter[CampaignId] = field(default_factory=Counter)
    """How often each campaign began."""
    messages: Counter[tuple[CampaignId, str]] = field(default_factory=Counter)
    """What each told, by channel."""
    parts: Counter[CampaignId] = field(default_factory=Counter)
    """Of SMS, which cost by the part."""
    given: Counter[tuple[CampaignId, CurrencyId]] = field(default_factory=Counter)
    """The points that each gave."""
    coupons: Counter[tuple[CampaignId, CouponId]] = field(default_factory=Counter)
    """How many coupons each gave, by kind."""
    untold: Counter[tuple[CampaignId, str]] = field(default_factory=Counter)
    """What each would have told, by why it did not."""
    ups: int = 0
    """Tiers."""
    downs: int = 0

    def add(self, other: Sums) -> None:
        """The sums of both. (Not of counters by ``+``, which forgets what is 0.)"""
        for name in _NAMES:
            mine, more = getattr(self, name), getattr(other, name)
            if isinstance(mine, Counter):
                mine.update(more)
            else:
                setattr(self, name, mine + more)


_NAMES = [each.name for each in fields(Sums)]


@dataclass(slots=True)
class Account(Sums):
    """What became of a member: also where they are at the end."""

    tier: TierId | None = None
    segments: frozenset[SegmentId] = frozenset()
