"""M23: whatever crashes, repeats and reorders, marketing comes at most once, a service message at least once.

Workers read a message, claim it, hand it over and conclude it, each step on its own and each perhaps the last one;
any number of them at once, at any time after the message fell due. The provider does with an attempt what it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from huitou.channels.model import Accepted, Outcome, Refused, Unclear
from huitou.kernel.channels import MessageChannel
from huitou.outbox.decisions import (
    CANCELLED,
    LEASE,
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    TOO_LATE,
    cancel,
    claim,
    conclude,
    defer,
    leave,
    may_try,
    open_channels,
    resolve,
    suppress,
)
from huitou.outbox.errors import MessageUnderWayError
from huitou.outbox.model import DeliveryReport, MessageState, OutboxMessage
from huitou.templates.model import TemplateKind
from tests.outbox import ALL, NOON, planned

KEY_LIVES = timedelta(hours=24)
PAUSES = st.sampled_from(
    [timedelta(seconds=40), LEASE, timedelta(hours=1), timedelta(hours=23, minutes=58), timedelta(days=1)]
)
OUTCOMES = st.sampled_from([Accepted("p"), Refused("blocked", None), Refused("throttled", 5), Unclear("timeout"), None])
"""None: whoever handed it over died before the answer."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker goes on with."""

    message: OutboxMessage
    channel: MessageChannel
    sender: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What a worker was told."""

    attempt: int
    channel: MessageChannel
    outcome: Outcome


def safe_for(channel: MessageChannel) -> timedelta | None:
    return KEY_LIVES if channel is MessageChannel.LINE else None


class Outbox(RuleBasedStateMachine):
    """One message. A worker acts well within its lease, as a function's time is limited.

    A provider that knows repetitions knows them by key and sender, for a day from the first that came.
    """

    claims = Bundle("claims")
    answers = Bundle("answers")

    @initialize(
        kind=st.sampled_from(TemplateKind),
        channels=st.lists(st.sampled_from(ALL), min_size=1, unique=True),
        at_last=OUTCOMES,
    )
    def begin(self, kind: TemplateKind, channels: list[MessageChannel], at_last: Outcome | None) -> None:
        self.at_last = at_last
        """What comes of every attempt in the end."""
        self.now = NOON
        self.message = planned(kind, channels=tuple(channels))
        self.sender = "one"
        self.sent: list[tuple[MessageChannel, str]] = []
        """What reached the member: by which channel, from whom."""
        self.keys: dict[tuple[MessageChannel, str], datetime] = {}
        """When a provider that knows repetitions saw the key first."""
        self.came_by: MessageChannel | None = None
        """Where it came back from last."""
        self.has_failed = False
        """By what the provider told."""

    @rule(target=claims)
    def somebody_looks(self) -> Any:
        """Any number of deliveries: only one that sees the latest version gets its claim written."""
        before = self.message
        if not before.is_due(self.now):
            return multiple()
        if self.now >= before.expires_at:
            self.message = suppress(before, TOO_LATE, self.now)
            return multiple()
        channel = (*open_channels(before), None)[0]
        if channel is None or not may_try(before, channel, self.sender, safe_for(channel), self.now):
            self.message = leave(before, self.now)
            return multiple()
        self.message = claim(before, channel, self.sender, self.now)
        return Claimed(self.message, channel, self.sender)

    @rule(target=answers, claimed=consumes(claims), outcome=OUTCOMES, arrives=st.booleans())
    def hands_over(self, claimed: Claimed, outcome: Outcome | None, arrives: bool) -> Any:
        """What is accepted arrives, what is refused does not, of the rest nobody knows."""
        if self.now - (claimed.message.tried_at or NOON) >= LEASE:
            return multiple()  # its time was up
        way = (claimed.channel, claimed.sender)
        known_since = self.keys.get(way)
        arrives = isinstance(outcome, Accepted) or (arrives and not isinstance(outcome, Refused))
        if arrives and (known_since is None or self.now >= known_since + KEY_LIVES):
            self.sent.append(way)
            if safe_for(claimed.channel):
                self.keys[way] = self.now
        if outcome is None:
            return multiple()
        return Answered(claimed.message.attempts, claimed.channel, outcome)

    @rule(answered=answers)
    def concludes(self, answered: Answered) -> None:
        """Perhaps twice, perhaps late."""
        safe = safe_for(answered.channel)
        self.message = conclude(self.message, answered.attempt, answered.outcome, safe, self.now)

    @rule(state=st.sampled_from([MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED]))
    def the_provider_tells(self, state: Any) -> None:
        """In any order, and only of what it was handed."""
        if self.sent:
            self.hears(DeliveryReport(state))

    def hears(self, report: DeliveryReport) -> None:
        self.message = resolve(self.message, report, self.now)
        self.has_failed |= self.message.state is MessageState.FAILED

    @rule(known=st.booleans())
    def it_comes_back(self, known: bool) -> None:
        """By the channel that it was sent by last; unless it had arrived, nobody has got it there. Perhaps twice."""
        if self.sent and known:
            self.came_by = self.sent[-1][0]
        if self.came_by is None:
            return
        if self.message.state is not MessageState.DELIVERED:
            self.sent = [way for way in self.sent if way[0] is not self.came_by]
        self.hears(DeliveryReport(MessageState.FAILED, None, "bounced", self.came_by, is_undeliverable=True))

    @rule()
    def it_is_taken_back(self) -> None:
        try:
            self.message = cancel(self.message, self.now)
        except MessageUnderWayError:
            return
        assert not self.sent

    @rule(pause=PAUSES)
    def it_has_to_wait(self, pause: timedelta) -> None:
        """As in quiet hours."""
        if self.message.is_due(self.now):
            self.message = defer(self.message, self.now + pause, "quiet_hours", self.now)

    @rule(sender=st.sampled_from(["one", "two"]))
    def another_speaks(self, sender: str) -> None:
        """A programme is published that says so."""
        self.sender = sender

    @rule(pause=PAUSES)
    def time_passes(self, pause: timedelta) -> None:
        self.now += pause

    @invariant()
    def marketing_comes_at_most_once(self) -> None:
        assert self.message.kind is TemplateKind.SERVICE or len(self.sent) <= 1

    @invariant()
    def what_came_is_not_called_refused_or_held_back(self) -> None:
        told = (step for step in self.message.history if step.state is MessageState.FAILED)
        told_so = any(step.reason in {None, "bounced"} for step in told)
        if self.sent and not told_so:
            assert self.message.state not in {MessageState.PLANNED, MessageState.SUPPRESSED, MessageState.FAILED}

    @invariant()
    def it_is_looked_at_again_or_has_come_to_its_end(self) -> None:
        assert (self.message.due_at is None) == self.message.is_final

    def teardown(self) -> None:
        """Each message ends, if only somebody looks when it is due; and where providers work again, service comes."""
        looks = 0
        most = 3 * MOST_ATTEMPTS + (self.message.expires_at - NOON) // LONGEST_PAUSE
        while self.message.due_at is not None:
            self.now = max(self.now, self.message.due_at)
            claimed = self.somebody_looks()
            if isinstance(claimed, Claimed):
                answered = self.hands_over(claimed, self.at_last, arrives=True)
                if isinstance(answered, Answered):
                    self.concludes(answered)
            looks += 1
            assert looks < most, "it does not come to its end"
        self.marketing_comes_at_most_once()
        if self.message.kind is TemplateKind.SERVICE and self.message.reason not in {TOO_LATE, CANCELLED}:
            is_tried_enough = self.message.counted_attempts >= MOST_ATTEMPTS
            is_closed = set(self.message.closed) == set(self.message.channels)
            assert self.sent or is_tried_enough or is_closed or self.has_failed


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
