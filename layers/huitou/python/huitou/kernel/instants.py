"""Instants: timezone-aware UTC inside, milliseconds at the finest, RFC 3339 outside (E33)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from huitou.kernel.errors import InvalidError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEGINNING = datetime.min.replace(tzinfo=UTC)
"""Before everything else."""
MILLISECOND = timedelta(milliseconds=1)


def to_instant(value: datetime) -> datetime:
    """The instant in UTC, cut to whole milliseconds.

    Raises `InvalidError` for a time without offset, or one outside the years 1 to 9999.
    """
    if value.tzinfo is None:
        raise InvalidError("An instant needs an offset, for example 2026-01-31T18:30:00+08:00.")
    try:
        utc = value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidError("The instant lies outside the years 1 to 9999.") from error
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def to_millis(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00Z."""
    return (instant - EPOCH) // MILLISECOND


def from_millis(millis: int) -> datetime:
    """The inverse of `to_millis`."""
    return EPOCH + timedelta(milliseconds=millis)


def format_instant(instant: datetime) -> str:
    """``2026-01-31T10:30:00.000Z``: fixed width, so that text order is time order."""
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_instant(text: str) -> datetime:
    """The inverse of `format_instant`; accepts any RFC 3339 instant with offset. Raises `InvalidError`."""
    try:
        return to_instant(datetime.fromisoformat(text))
    except ValueError as error:
        raise InvalidError(f"{text!r} is not an RFC 3339 instant.") from error
