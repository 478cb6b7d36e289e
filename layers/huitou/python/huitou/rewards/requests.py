"""Coupons as callers use and see them. Instants are in UTC (E33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.fields import Body, ClientReference, Name, View
from huitou.kernel.instants import format_instant
from huitou.program.model import GROUP
from huitou.program.ports import Programs
from huitou.rewards.model import CouponState, Use
from huitou.rewards.service import SeenCoupon, Used


class CouponUseBody(Body):
    """Where a coupon is used."""

    brand: Name | None = None
    """The key's brand, where the key has one."""
    store: Name | None = None
    client_reference: ClientReference | None = None


class CouponUseView(View):
    """That a till took a coupon."""

    use_id: str
    brand: str
    store: str | None
    used_at: datetime
    reversed_at: datetime | None
    client_reference: str | None


class CouponView(View):
    """A coupon that a member was given."""

    code: str
    """What it is used by."""
    coupon: str
    """Its kind, by its id in the programme."""
    name: str
    brand: str
    """Who takes it: a brand, or the `group`, which is every brand."""
    member_id: str | None
    """Null where the member has not joined the key's brand."""
    coupon_id: str | None
    """Likewise. Journeys name it."""
    state: CouponState
    issued_at: datetime
    expires_at: datetime
    """From then on it is not taken any more."""
    uses: list[CouponUseView]
    """In the order of time, those at the key's brand: whether it was used elsewhere, `state` says."""


class CouponPage(View):
    """A member's coupons, the newest first."""

    items: list[CouponView]
    next_cursor: str | None


class UsedCouponView(CouponUseView):
    """A use of a coupon."""

    code: str
    coupon: str
    name: str
    replayed: bool
    """Whether it was done before."""


def coupon_view(seen: SeenCoupon, programs: Programs, now: datetime) -> dict[str, Any]:
    """A `CouponView`."""
    coupon = seen.coupon
    return {
        "code": coupon.code,
        "coupon": coupon.kind,
        "name": programs.version(coupon.program_version).coupons[coupon.kind].name,
        "brand": coupon.brand,
        "member_id": coupon.id.member if seen.knows_member else None,
        "coupon_id": str(coupon.id) if seen.knows_member else None,
        "state": coupon.state(now),
        "issued_at": format_instant(coupon.issued_at),
        "expires_at": format_instant(coupon.expires_at),
        "uses": [_use_view(use) for use in coupon.uses if seen.brand in {GROUP, use.brand}],
    }


def used_coupon_view(used: Used, programs: Programs) -> dict[str, Any]:
    """A `UsedCouponView`."""
    coupon = used.coupon
    return {
        **_use_view(used.use),
        "code": coupon.code,
        "coupon": coupon.kind,
        "name": programs.version(coupon.program_version).coupons[coupon.kind].name,
        "replayed": used.replayed,
    }


def _use_view(use: Use) -> dict[str, Any]:
    return {
        "use_id": use.id,
        "brand": use.brand,
        "store": use.store,
        "used_at": format_instant(use.at),
        "reversed_at": format_instant(use.reversed_at) if use.reversed_at else None,
        "client_reference": use.client_reference,
    }
