"""Whether a code may be sent, and what becomes of what is said. Pure.

The idea: a guess is counted by a conditional write before anybody hears whether it was right. So of however many
guesses at once, no more are ever judged than tries are left.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from huitou.kernel.instants import format_instant
from huitou.verifying.errors import TooManyCodesError, VerificationOverError
from huitou.verifying.model import CodesSent, Verification, VerificationState

CAPS: Final = ((5, timedelta(hours=1)), (10, timedelta(days=1)))
"""Codes that one address gets at most within any so long, from all brands together."""


def with_one_more(before: CodesSent, now: datetime) -> CodesSent:
    """The address gets another code. Raises `TooManyCodesError`."""
    again_at = max((_room_at(before, most, span, now) for most, span in CAPS), default=now)
    if again_at > now:
        raise TooManyCodesError(
            "This address gets no more codes for now.", extra={"again_at": format_instant(again_at)}
        )
    kept = (at for at in before.times if at > now - max(span for _, span in CAPS))
    return replace(before, times=tuple(sorted((*kept, now))), version=before.version + 1)


def _room_at(before: CodesSent, most: int, span: timedelta, now: datetime) -> datetime:
    """When fewer than ``most`` lie within the ``span`` before."""
    within = [at for at in before.times if at > now - span]
    return within[-most] + span if len(within) >= most else now


def answered(before: Verification, now: datetime, *, is_right: bool) -> Verification:
    """What is left of it after a code was said: confirmed, or a try less. Raises `VerificationOverError`.

    Saying the right one again changes nothing, as long as it could be said at all: so nobody can guess for longer
    because somebody has confirmed it.
    """
    state = before.state(now)
    if now >= before.ends_at or not before.tries_left:
        raise over(state)
    if not is_right:
        return replace(before, wrong_tries=before.wrong_tries + 1, version=before.version + 1)
    if state is VerificationState.CONFIRMED:
        return before
    return replace(before, confirmed_at=now, version=before.version + 1)


def over(state: VerificationState) -> VerificationOverError:
    """Why nothing more can be said."""
    return VerificationOverError("Ask for a new code.", extra={"state": state})
