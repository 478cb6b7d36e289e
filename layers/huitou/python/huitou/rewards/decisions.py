"""How coupons are given, used and returned. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from huitou.kernel.calendars import local_date, start_of_day
from huitou.kernel.ids import Digest, MemberId, OwnedId, digest_of, ulid_for
from huitou.kernel.instants import format_instant
from huitou.points.wallet import Cause
from huitou.program.coupons import CouponKind
from huitou.program.model import GROUP, BrandId, Program
from huitou.rewards.errors import (
    CouponExpiredError,
    CouponNotTakenHereError,
    CouponUsedError,
    CouponUsedTooOftenError,
    CouponUseNotFoundError,
)
from huitou.rewards.model import Coupon, Use
from huitou.templates.variables import CouponFacts

MOST_USES: Final = 20
"""All but one of them reversed."""


def issue(kind: CouponKind, whose: MemberId, *, code: str, cause: Cause, program: Program, now: datetime) -> Coupon:
    """A new one, good to the end of the local day (E9)."""
    last_day = local_date(now, program.zone) + timedelta(days=kind.valid_days)
    return Coupon(
        id=OwnedId(whose, ulid_for(now, digest_of(("coupon", whose, *cause)))),
        code=code,
        kind=kind.id,
        program_version=program.version,
        brand=kind.brand or GROUP,
        cause=cause,
        issued_at=now,
        expires_at=start_of_day(last_day + timedelta(days=1), program.zone),
    )


def told(coupon: Coupon, program: Program) -> CouponFacts:
    """What messages say of it; ``program`` is the version by which it was given."""
    last_day = local_date(coupon.expires_at - timedelta(milliseconds=1), program.zone)
    return CouponFacts(program.coupons[coupon.kind].name, coupon.code, last_day)


def use(coupon: Coupon, asked: Use) -> Coupon:
    """With the use that is ``asked`` for.

    Raises `CouponNotTakenHereError`, `CouponUsedError`, `CouponExpiredError`, `CouponUsedTooOftenError`.
    """
    if coupon.brand not in {GROUP, asked.brand}:
        raise CouponNotTakenHereError(f"Only {coupon.brand} takes this coupon.", extra={"brand": coupon.brand})
    if held := coupon.use:
        used_at = format_instant(held.at)
        where = f"{held.brand}, store {held.store}" if held.store else held.brand
        raise CouponUsedError(
            f"The coupon was used at {where} at {used_at}.",
            extra={"brand": held.brand, "store": held.store, "used_at": used_at},
        )
    if asked.at >= coupon.expires_at:
        expired_at = format_instant(coupon.expires_at)
        raise CouponExpiredError(f"The coupon expired at {expired_at}.", extra={"expired_at": expired_at})
    if len(coupon.uses) >= MOST_USES:
        raise CouponUsedTooOftenError(f"A coupon can be used and reversed {MOST_USES} times.")
    return replace(coupon, uses=(*coupon.uses, asked), version=coupon.version + 1)


def reverse(coupon: Coupon, command: Digest, brand: BrandId, now: datetime) -> Coupon:
    """Without the use of this name, as if nothing had been; ``coupon`` itself where it was reversed before.

    Raises `CouponUseNotFoundError` where ``brand`` did not make it, and is not the group.
    """
    found = coupon.use_of(command)
    if found is None or brand not in {GROUP, found.brand}:
        raise CouponUseNotFoundError
    if found.reversed_at is not None:
        return coupon
    uses = (*coupon.uses[:-1], found._replace(reversed_at=now))
    return replace(coupon, uses=uses, version=coupon.version + 1)
