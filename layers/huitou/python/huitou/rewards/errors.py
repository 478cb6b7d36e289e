"""What may be refused about coupons."""

from __future__ import annotations

from huitou.kernel.errors import ConflictError, InvalidError, NotFoundError


class CouponNotFoundError(NotFoundError):
    """No such coupon, or none that this brand takes: the same answer for both (E31)."""

    code = "coupon_not_found"
    title = "Coupon not found"

    def __init__(self, detail: str = "No coupon has this code.") -> None:
        super().__init__(detail)


class CouponUseNotFoundError(NotFoundError):
    """No such use of this coupon, or one at another brand."""

    code = "coupon_use_not_found"
    title = "Use of the coupon not found"

    def __init__(self, detail: str = "No such use of this coupon.") -> None:
        super().__init__(detail)


class CouponUsedError(ConflictError):
    """E16: it was used before; ``extra`` says where and when."""

    code = "coupon_used"
    title = "The coupon was used"


class CouponExpiredError(ConflictError):
    """Its time is over; ``extra`` says since when."""

    code = "coupon_expired"
    title = "The coupon has expired"


class CouponNotTakenHereError(ConflictError):
    """Another brand takes it; ``extra`` says which."""

    code = "coupon_not_taken_here"
    title = "The brand does not take this coupon"


class CouponUsedTooOftenError(ConflictError):
    """It was used and reversed so often that something is wrong."""

    code = "coupon_used_too_often"
    title = "The coupon was used and reversed too often"


class InvalidCouponUseError(InvalidError):
    """The programme in force has no such brand or store; ``errors`` names each fault."""

    code = "invalid_coupon_use"
    title = "The coupon cannot be used like this"
