"""What happens to a message in the outbox, step by step (M23). Pure.

The idea: a message is claimed by a write before it is handed over and concluded by a write after it, so whoever finds
it claimed knows that it may have been sent. A service message is then tried again when the claim's lease is over: it
comes at least once. Marketing comes at most once: it is tried again only after the provider has surely refused it, or
while the provider itself knows a repetition by its key (E26). What is in doubt beyond that waits a day for the
provider's word, which names our message, and ends as unknown without it; a word that comes later still counts.

A provider that took a message may tell later that there is nobody: then surely nobody got it, and it goes on by the
channels that are left, as if it had been refused at once.

Each message ends: attempts are counted, and its content has a deadline. An attempt that surely sent nothing, for a
reason that passes by itself, does not count: of a provider out of reach for a day the member notices nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from huitou.channels.model import Accepted, Outcome, Refused, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.outbox.errors import MessageUnderWayError
from huitou.outbox.model import DeliveryReport, MessageState, OutboxMessage, Step
from huitou.templates.model import TemplateKind

LEASE: Final = timedelta(minutes=5)
"""How long whoever claimed a message may take: several times as long as its function may run."""
GIVING_UP: Final = timedelta(days=1)
"""How long the provider's word is waited for after the last attempt."""
MOST_ATTEMPTS: Final = 8
"""Of those that may have sent it, or were refused for good."""
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
_DOUBLINGS: Final = 7
"""By then the pause is the longest."""

CANCELLED: Final = "cancelled"
CAP_REACHED: Final = "cap_reached"
DISPLACED: Final = "displaced"
QUIET_HOURS: Final = "quiet_hours"
TOO_LATE: Final = "too_late"
BOUNCED_FOR_NOW: Final = "bounced_for_now"
_TOLD: Final = {MessageState.ACCEPTED: 1, MessageState.DELIVERED: 3, MessageState.FAILED: 4}
"""What providers tell, in any order: the more telling word stays. A mailbox that takes an email may still say later
that there is nobody; see `_weight`."""


def may_try(
    message: OutboxMessage, channel: MessageChannel, sender: str, safe_for: timedelta | None, now: datetime
) -> bool:
    """Whether it may be handed over now by ``channel`` as ``sender``, whose repetitions are known for ``safe_for``.

    A provider knows a repetition by its key and its sender: marketing in doubt goes the same way again, or not at all.
    """
    if message.counted_attempts >= MOST_ATTEMPTS:
        return False
    if message.kind is TemplateKind.SERVICE or not in_doubt(message):
        return True
    first = message.first_tried_at(channel, sender)
    is_same_way = (channel, sender) == (message.channel, message.sender)
    return is_same_way and first is not None and safe_for is not None and now + LEASE < first + safe_for


def gives_way(message: OutboxMessage) -> bool:
    """E23: one that still waits, and was surely not sent, may be displaced."""
    return message.state in {MessageState.PLANNED, MessageState.DEFERRED} and not message.is_doubtful


def in_doubt(message: OutboxMessage) -> bool:
    """Whether it may have been sent, as far as anybody knows."""
    return message.is_doubtful or message.state is MessageState.SENDING


def open_channels(message: OutboxMessage) -> tuple[MessageChannel, ...]:
    """Those by which it may still go. Marketing in doubt stays where it is: two channels would be two messages."""
    if message.kind is TemplateKind.MARKETING and in_doubt(message):
        return (message.channel,) if message.channel else ()
    return tuple(channel for channel in message.channels if channel not in message.closed)


def claim(
    message: OutboxMessage,
    channel: MessageChannel,
    sender: str,
    now: datetime,
    *,
    sms_parts: int = 0,
    targets: tuple[str, ...] = (),
) -> OutboxMessage:
    """Somebody hands it over from now on, and this is where its links lead. Only where `may_try`."""
    step = Step(MessageState.SENDING, now, channel=channel, sender=sender)
    changes = {"attempts": message.attempts + 1, "is_doubtful": in_doubt(message)}
    parts = sms_parts or message.sms_parts
    return _stepped(message, step, due_at=now + LEASE, sms_parts=parts, targets=targets, **changes)


def conclude(
    message: OutboxMessage, attempt: int, outcome: Outcome, safe_for: timedelta | None, now: datetime
) -> OutboxMessage:
    """What came of the ``attempt`` of this number; of one that others have overtaken, only that it was accepted.

    Nor that, once a message came back: it may have been this attempt's.
    """
    if isinstance(outcome, Accepted):
        if message.returned and message.attempts != attempt:
            return message
        return resolve(message, DeliveryReport(MessageState.ACCEPTED, outcome.provider_id), now)
    if message.state is not MessageState.SENDING or message.attempts != attempt:
        return message
    if isinstance(outcome, Unclear):
        return _lost_sight_of(replace(message, is_doubtful=True), outcome.reason, safe_for, now)
    return _refused(message, outcome, now)


def leave(message: OutboxMessage, now: datetime) -> OutboxMessage:
    """Of one that is in doubt and may not be tried again: it waits for the provider's word, or ends as unknown."""
    return _left_in_doubt(replace(message, is_doubtful=True), message.reason or "interrupted", now)


def suppress(message: OutboxMessage, reason: str, now: datetime) -> OutboxMessage:
    """It shall not be sent; unknown, where it may have been before."""
    return _ended(message, MessageState.SUPPRESSED, reason, now, doubt=in_doubt(message))


def fail(message: OutboxMessage, reason: str, now: datetime) -> OutboxMessage:
    """It cannot be sent; unknown, where it may have been before."""
    return _ended(message, MessageState.FAILED, reason, now, doubt=in_doubt(message))


def defer(message: OutboxMessage, until: datetime, reason: str, now: datetime) -> OutboxMessage:
    """It waits until then, if that is not too late for what it says; once more for the same reason is no new step."""
    if message.state is MessageState.DEFERRED and message.reason == reason and until < message.expires_at:
        return replace(message, due_at=until, version=message.version + 1)
    return _postponed(message, until, reason, now, doubt=in_doubt(message))


def cancel(message: OutboxMessage, now: datetime) -> OutboxMessage:
    """Somebody takes it back, once. Raises `MessageUnderWayError` where it does not wait any more."""
    if message.state is MessageState.SUPPRESSED and message.reason == CANCELLED:
        return message
    if in_doubt(message) or message.state not in {MessageState.PLANNED, MessageState.DEFERRED}:
        raise MessageUnderWayError(f"It is {message.state}.", extra={"state": message.state})
    return suppress(message, CANCELLED, now)


def resolve(message: OutboxMessage, report: DeliveryReport, now: datetime) -> OutboxMessage:
    """What the provider says of it counts, in whichever order it comes; of what was never tried, nothing does.

    That it failed by a channel which others have been tried after, says nothing of those; and of one by which it came
    back, nothing else counts.
    """
    channel = report.channel or message.channel
    is_past = report.state is MessageState.FAILED and channel is not message.channel
    is_returned = any(step.channel is channel for step in message.returned)
    told = _weight(report.state, report.reason)
    if not message.attempts or is_past or is_returned or told <= _weight(message.state, message.reason):
        return message
    message = replace(message, provider_id=report.provider_id or message.provider_id)
    if report.is_undeliverable and channel and _goes_on_without(message, channel, now):
        return _returned(message, channel, report.reason, now)
    return _stepped(message, Step(report.state, now, report.reason, channel), due_at=None)


def _goes_on_without(message: OutboxMessage, channel: MessageChannel, now: datetime) -> bool:
    """Not where it was told that it had arrived: a mailbox may pass an email on to where there is nobody."""
    has_others = not set(message.channels) <= {*message.closed, channel}
    is_in_time = now < message.expires_at and message.counted_attempts < MOST_ATTEMPTS
    return has_others and is_in_time and message.state not in {MessageState.DELIVERED, MessageState.FAILED}


def _returned(message: OutboxMessage, channel: MessageChannel, reason: str | None, now: datetime) -> OutboxMessage:
    """Of marketing nothing is in doubt any more: all that may have been sent went this way."""
    doubt = message.is_doubtful and message.kind is TemplateKind.SERVICE
    step = Step(MessageState.DEFERRED, now, reason, channel)
    return _stepped(message, step, due_at=now, closed=(*message.closed, channel), is_doubtful=doubt)


def _weight(state: MessageState, reason: str | None) -> int:
    """Somebody out of office lets a mailbox bounce for now that has taken the email: that it arrived tells more."""
    return 2 if reason == BOUNCED_FOR_NOW else _TOLD.get(state, 0)


def _refused(message: OutboxMessage, outcome: Refused, now: datetime) -> OutboxMessage:
    """By the provider that it is being sent by; what was in doubt before still is."""
    doubt, at = message.is_doubtful, now
    if outcome.again_after is None:
        message = replace(message, closed=(*message.closed, *filter(None, [message.channel])))
    else:
        at += max(_pause(message), timedelta(seconds=outcome.again_after))
        message = replace(message, turned_away=message.turned_away + 1)
    is_stuck = doubt and message.kind is TemplateKind.MARKETING and message.channel in message.closed
    if is_stuck or set(message.channels) <= set(message.closed) or message.counted_attempts >= MOST_ATTEMPTS:
        return _ended(message, MessageState.FAILED, outcome.reason, now, doubt=doubt)
    return _in_short(_postponed(message, at, outcome.reason, now, doubt=doubt))


def _in_short(message: OutboxMessage) -> OutboxMessage:
    """Of attempts that were refused alike the last is kept: those of a year would not fit into an item."""
    *before, tried, refused = message.history
    for place, (first, second) in enumerate(pairwise(before)):
        if (first._replace(at=tried.at), second._replace(at=refused.at)) == (tried, refused):
            return replace(message, history=(*before[:place], *before[place + 2 :], tried, refused))
    return message


def _lost_sight_of(message: OutboxMessage, reason: str, safe_for: timedelta | None, now: datetime) -> OutboxMessage:
    """Tried again where that is right for its kind, else left alone."""
    again = now + _pause(message)
    if message.channel and may_try(message, message.channel, message.sender or "", safe_for, again):
        return _stepped(message, Step(MessageState.UNCLEAR, now, reason), due_at=again)
    return _left_in_doubt(message, reason, now)


def _left_in_doubt(message: OutboxMessage, reason: str, now: datetime) -> OutboxMessage:
    until = (message.tried_at or now) + GIVING_UP
    if until <= now:
        return _ended(message, MessageState.UNKNOWN, reason, now, doubt=True)
    return _stepped(message, Step(MessageState.UNCLEAR, now, reason), due_at=until)


def _ended(message: OutboxMessage, state: MessageState, reason: str, now: datetime, *, doubt: bool) -> OutboxMessage:
    if message.returned and state is MessageState.SUPPRESSED and reason != CANCELLED:
        state, reason = MessageState.FAILED, message.returned[-1].reason or reason  # it was sent, and came back
    step = Step(MessageState.UNKNOWN if doubt else state, now, reason)
    return _stepped(message, step, due_at=None, is_doubtful=doubt)


def _postponed(message: OutboxMessage, until: datetime, reason: str, now: datetime, *, doubt: bool) -> OutboxMessage:
    if until >= message.expires_at:
        return _ended(message, MessageState.SUPPRESSED, TOO_LATE, now, doubt=doubt)
    return _stepped(message, Step(MessageState.DEFERRED, now, reason), due_at=until, is_doubtful=doubt)


def _pause(message: OutboxMessage) -> timedelta:
    """Before the next attempt: twice as long after each."""
    doublings = min(max(message.attempts - 1, 0), _DOUBLINGS)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _stepped(message: OutboxMessage, step: Step, **changes: Any) -> OutboxMessage:
    return replace(message, history=(*message.history, step), version=message.version + 1, **changes)
