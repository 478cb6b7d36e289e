"""What decisions read of coupons (M27): each is one kind, of which members are given many."""

from __future__ import annotations

from dataclasses import dataclass

CouponId = str


@dataclass(frozen=True, slots=True)
class CouponKind:
    """A coupon of this kind can be used until the end of the local day ``valid_days`` after it was given."""

    id: CouponId
    name: str
    """What members read."""
    brand: str | None
    """Who takes it; None: every brand."""
    valid_days: int
    cost: int | None
    """What one that is used costs whoever takes it, in the smallest unit of money; None: that is not known."""
