"""What became of a member by the end of a past that was replayed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from huitou.program.model import BrandId, CurrencyId
from huitou.program.rules import RuleId, SegmentId
from huitou.program.tiers import TierId

Issue = tuple[CurrencyId, BrandId]
"""Points are told apart by their currency and by who gave them."""


@dataclass(slots=True)
class Account:
    """What became of a member. Points are in smallest units and never negative.

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
    tier: TierId | None = None
    """At the end."""
    segments: frozenset[SegmentId] = frozenset()
    """At the end."""
    ups: int = 0
    downs: int = 0
