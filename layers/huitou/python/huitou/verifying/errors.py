"""What may be refused about verifications."""

from __future__ import annotations

from huitou.kernel.errors import ConflictError, InvalidError, NotFoundError


class NoVerificationsError(ConflictError):
    """The programme names no template that brings one-time codes."""

    code = "no_verifications"
    title = "The programme sends no one-time codes"


class TooManyCodesError(ConflictError):
    """As many were sent as there may be: to this address, for this member, or by this brand, as ``cap`` says;
    ``again_at`` says when there is room again.
    """

    code = "too_many_codes"
    title = "Too many codes were sent"


class VerificationNotFoundError(NotFoundError):
    """No such verification of the member, or another brand's: the same answer for both (E31)."""

    code = "verification_not_found"
    title = "No such verification"


class WrongCodeError(InvalidError):
    """Another code was sent; ``tries_left`` says how often one may still be said."""

    code = "wrong_code"
    title = "The code is wrong"


class VerificationOverError(ConflictError):
    """Nothing that is said counts any more; ``state`` says why, until it is forgotten. A new one brings a new code."""

    code = "verification_over"
    title = "The verification is over"
