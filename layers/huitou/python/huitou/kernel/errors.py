"""The errors a caller may see. Each kind carries a stable ``code``; `platform.problems` maps kinds to HTTP.

Raise the most specific class; add a class (with its own code) rather than a new meaning to an old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong at one place: a JSON pointer (RFC 6901) into the request and a sentence."""

    pointer: str
    message: str


class DomainError(Exception):
    """A refusal with a reason. ``detail`` is for people, ``code`` for programs, ``errors`` names fields."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The request was refused"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.extra = dict(extra or {})


class InvalidError(DomainError):
    """The input has the right shape but says something that cannot be."""

    code = "invalid"
    title = "The input is not valid"


class NotFoundError(DomainError):
    """What was named does not exist, or the caller may not know that it does (E31)."""

    code = "not_found"
    title = "Not found"


class ForbiddenError(DomainError):
    """The caller's key does not carry the permission or the brand."""

    code = "forbidden"
    title = "Not allowed"


class ConflictError(DomainError):
    """What is stored contradicts the request; nothing was changed."""

    code = "conflict"
    title = "The request contradicts what is stored"


class GoneError(DomainError):
    """What was named has been destroyed, for good."""

    code = "gone"
    title = "Gone"


class ContentReusedError(ConflictError):
    """E14: the identity is known with other content; ``errors`` names what differs."""

    code = "same_identity_other_content"
    title = "The same identity was used before with other content"


class PreconditionFailedError(DomainError):
    """``If-Match`` names a version that is no longer the current one."""

    code = "precondition_failed"
    title = "The document has changed since it was read"


class PreconditionRequiredError(DomainError):
    """A document that people edit is written with ``If-Match``."""

    code = "precondition_required"
    title = "If-Match is required"


class ContentionError(DomainError):
    """E18: the same member was changed too often at once; the same call may simply be repeated."""

    code = "contention"
    title = "Too many changes of the same member at once"


class UnavailableError(DomainError):
    """A part that is needed did not answer; nothing was changed, or the repeat will find it done."""

    code = "unavailable"
    title = "Temporarily unavailable"


class MemberMergedError(ConflictError):
    """E15: what was named belongs to a member who was merged into another; ``extra`` says into whom."""

    code = "member_merged"
    title = "The member was merged into another"


class MemberMovedError(Exception):
    """E15: ``member`` was merged into ``to``: whatever was asked is to be asked of them.

    No refusal: who takes requests asks again by itself.
    """

    def __init__(self, member: str, to: str) -> None:
        super().__init__(f"{member} is now {to}")
        self.member = member
        self.to = to
