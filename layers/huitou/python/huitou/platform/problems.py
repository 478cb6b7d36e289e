"""The one table from errors to HTTP (E30): RFC 9457 documents, in one shape for every refusal.

A document never carries a stack trace, an exception's text that was not written for callers, or the input.
Pointers into the body are bare (``/lines/0/amount``); other parts of the request are named by their place
(``/query/at``, ``/path/member_id``, ``/header/Idempotency-Key``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from huitou.kernel.errors import (
    ConflictError,
    ContentionError,
    DomainError,
    FieldError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    PreconditionFailedError,
    PreconditionRequiredError,
    UnavailableError,
)
from huitou.kernel.pointers import pointer_to

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1


class MalformedError(DomainError):
    """The body cannot be read: not JSON, not an object, a key given twice, NaN, broken text."""

    code = "malformed"
    title = "The body is not a well-formed JSON object"


class BodyTooLargeError(DomainError):
    """The body exceeds the limit that the API states for this route."""

    code = "body_too_large"
    title = "The body is too large"


class UnsupportedMediaTypeError(DomainError):
    """The body is of another type than ``application/json``."""

    code = "unsupported_media_type"
    title = "Only application/json is understood"


class MethodNotAllowedError(DomainError):
    """The path exists, the method does not; ``Allow`` names those that do."""

    code = "method_not_allowed"
    title = "The path does not know this method"


class RouteNotFoundError(NotFoundError):
    """The API has no such path."""

    code = "route_not_found"
    title = "No such path"


class UnauthenticatedError(DomainError):
    """The request carries no valid key."""

    code = "unauthenticated"
    title = "A valid API key is required"


class IdempotencyKeyRequiredError(DomainError):
    """``Idempotency-Key`` is missing or has another form than 1 to 255 printable ASCII characters."""

    code = "idempotency_key_required"
    title = "An Idempotency-Key is required"


class ValidationFailedError(InvalidError):
    """The request does not fit the schema; ``errors`` names each place."""

    code = "validation_failed"
    title = "The request does not fit the schema"


STATUS: Mapping[type[DomainError], int] = {
    MalformedError: 400,
    IdempotencyKeyRequiredError: 400,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    MethodNotAllowedError: 405,
    ConflictError: 409,
    GoneError: 410,
    PreconditionFailedError: 412,
    BodyTooLargeError: 413,
    UnsupportedMediaTypeError: 415,
    InvalidError: 422,
    PreconditionRequiredError: 428,
    ContentionError: 429,
    UnavailableError: 503,
}
"""The status of a kind of error and of every class below it."""

CODES = "x-codes"
"""The OpenAPI extension under which a response lists the codes that its problem may carry."""

REPEATABLE = frozenset({429, 503})
"""Statuses after which the same request may simply be repeated, as ``Retry-After`` says."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal as the caller sees it."""

    status: int
    code: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def document(self, request_id: str) -> dict[str, Any]:
        """The RFC 9457 document; ``extra`` stands beside the standard names and never replaces them."""
        standard = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [{"pointer": each.pointer, "message": each.message} for each in self.errors],
            "request_id": request_id,
        }
        return {**standard, **self.extra, **standard}


INTERNAL = Problem(500, "internal", "Something went wrong on our side", "The request_id identifies the incident.")


def problem_of(error: Exception) -> Problem:
    """`INTERNAL` for whatever is not a `DomainError`: its text was not written for callers."""
    if not isinstance(error, DomainError):
        return INTERNAL
    return Problem(status_of(type(error)), error.code, error.title, error.detail, error.errors, error.extra)


def status_of(kind: type[DomainError]) -> int:
    """The status of the nearest class in the table; 500 for a kind that nobody placed."""
    return next((STATUS[each] for each in kind.__mro__ if each in STATUS), INTERNAL.status)


def headers_of(problem: Problem) -> dict[str, str]:
    """``Retry-After`` where repeating helps, ``Allow`` where another method would."""
    if problem.status in REPEATABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if problem.status == STATUS[MethodNotAllowedError]:
        return {"Allow": ", ".join(problem.extra["allow"])}
    return {}


def codes_by_status(errors: Iterable[type[DomainError]]) -> dict[int, list[str]]:
    """The stable codes of kinds of errors, under the status that each gets."""
    codes: dict[int, list[str]] = {}
    for error in errors:
        codes.setdefault(status_of(error), []).append(error.code)
    return {status: sorted(set(codes[status])) for status in sorted(codes)}


def pointer_of(location: Iterable[str | int]) -> str:
    """``("body", "lines", 0)`` → ``/lines/0``; ``("query", "at")`` → ``/query/at``. Escaped as RFC 6901 says."""
    path = [*location]
    return pointer_to(path[1:] if path[:1] == ["body"] else path)
