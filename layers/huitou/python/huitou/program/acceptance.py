"""Which times of an event are taken (E32): of a purchase, a visit, a consent."""

from __future__ import annotations

from datetime import datetime, timedelta

from huitou.kernel.errors import InvalidError
from huitou.program.model import Program

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of us a till's clock may be."""


class InFutureError(InvalidError):
    """E32: further ahead than a clock can be wrong."""

    code = "occurred_in_future"
    title = "The time lies in the future"


class TooLateError(InvalidError):
    """E32: older than the programme takes by the API."""

    code = "too_late"
    title = "Too long ago"


def accepted_time(occurred_at: datetime, program: Program, now: datetime) -> datetime:
    """E32: the time that counts. Raises `InFutureError`, `TooLateError`."""
    if occurred_at > now + CLOCK_SKEW:
        raise InFutureError("occurred_at lies more than 5 minutes ahead.")
    if occurred_at < program.earliest(now):
        raise TooLateError(f"What is older than {program.late_limit.days} days is taken by import only.")
    return min(occurred_at, now)
