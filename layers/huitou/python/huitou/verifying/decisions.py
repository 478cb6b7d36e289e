"""Whether a code may be sent, and what becomes of what is said. Pure.

The idea: a guess is counted by a conditional write before anybody hears whether it was right. So of however many
guesses at once, no more are ever judged than tries are left.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant
from huitou.members.identity import IdentityKey
from huitou.program.model import BrandId
from huitou.templates.model import CodeRules
from huitou.verifying.errors import TooManyCodesError, VerificationOverError
from huitou.verifying.model import CodesCounted, CodesSent, Sent, Verification, VerificationState

Caps = tuple[tuple[int, timedelta], ...]
"""So many at most within any so long."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ADDRESS_CAPS: Final = ((5, HOUR), (10, DAY))
"""Codes that one address gets at most within any so long, from all brands together."""
MEMBER_CAPS: Final = ((10, HOUR), (20, DAY))
"""Codes that are sent for one member at most, to whichever addresses, from all brands together."""


def nothing_sent(address: IdentityKey, member: MemberId, brand: BrandId, rules: CodeRules, now: datetime) -> Sent:
    """What is to be counted of a code that is sent ``now``, as if it were the first."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    counted = (
        CodesCounted(brand, hour, HOUR, rules.most_an_hour),
        CodesCounted(brand, hour.replace(hour=0), DAY, rules.most_a_day),
    )
    return Sent(CodesSent(address), CodesSent(member), counted)


def with_one_more(before: Sent, now: datetime) -> Sent:
    """Another code is sent. Raises `TooManyCodesError`."""
    address = _noted(before.address, "address", ADDRESS_CAPS, now)
    member = _noted(before.member, "member", MEMBER_CAPS, now)
    full = [each.ends_at for each in before.brand if each.count >= each.most]
    if full:
        raise _too_many("brand", max(full))
    return Sent(address, member, tuple(replace(each, count=each.count + 1) for each in before.brand))


def _noted(before: CodesSent, cap: str, caps: Caps, now: datetime) -> CodesSent:
    again_at = max(_room_at(before, most, span, now) for most, span in caps)
    if again_at > now:
        raise _too_many(cap, again_at)
    kept = (at for at in before.times if at > now - max(span for _, span in caps))
    return replace(before, times=tuple(sorted((*kept, now))), version=before.version + 1)


def _too_many(cap: str, again_at: datetime) -> TooManyCodesError:
    extra = {"cap": cap, "again_at": format_instant(again_at)}
    return TooManyCodesError(f"The {cap} has had as many codes as there may be for now.", extra=extra)


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


def over(state: VerificationState | None = None) -> VerificationOverError:
    """Why nothing more can be said; None: that is forgotten."""
    return VerificationOverError("Ask for a new code.", extra={"state": state} if state else None)
