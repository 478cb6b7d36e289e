"""A coupon that a member was given, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.ids import Digest, OwnedId
from huitou.points.wallet import Cause
from huitou.program.coupons import CouponId
from huitou.program.model import BrandId, StoreId


class CouponState(StrEnum):
    """Where a coupon stands. That it has expired is worked out, and written nowhere."""

    ISSUED = "issued"
    USED = "used"
    EXPIRED = "expired"


class Use(NamedTuple):
    """That a till took a coupon. ``id`` names the call (E14)."""

    id: Digest
    brand: BrandId
    store: StoreId | None
    client_reference: str | None
    at: datetime
    reversed_at: datetime | None = None

    def content(self) -> Mapping[str, str | None]:
        """What a repeat must agree in."""
        return {"brand": self.brand, "store": self.store}


@dataclass(frozen=True, slots=True)
class Coupon:
    """One coupon of one member: good for one use, which may be reversed, until just before ``expires_at``."""

    id: OwnedId
    code: str
    """What a till takes it by: whoever knows it, has the coupon."""
    kind: CouponId
    program_version: int
    """That says of which kind it is."""
    brand: BrandId
    """Who takes it; `GROUP`: every brand."""
    cause: Cause
    """What it was given for."""
    issued_at: datetime
    expires_at: datetime
    uses: tuple[Use, ...] = ()
    """In the order of time; all but the last were reversed."""
    version: int = 1

    @property
    def use(self) -> Use | None:
        """The one that holds."""
        return self.uses[-1] if self.uses and self.uses[-1].reversed_at is None else None

    def state(self, now: datetime) -> CouponState:
        if self.use is not None:
            return CouponState.USED
        return CouponState.ISSUED if now < self.expires_at else CouponState.EXPIRED

    def use_of(self, command: Digest) -> Use | None:
        """What came of this call."""
        return next((use for use in self.uses if use.id == command), None)
