"""A message in the outbox, and the states that it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest, OwnedId
from huitou.program.campaigns import CampaignId
from huitou.program.model import BrandId
from huitou.standing.messages import DueMessage
from huitou.templates.model import TemplateId, TemplateKind


class MessageState(StrEnum):
    """Where a message stands on its way."""

    PLANNED = "planned"
    """Waits for its instant."""
    DEFERRED = "deferred"
    """Waits for another one: it was not sent yet, or the provider has surely refused it."""
    SENDING = "sending"
    """Somebody hands it over, or died of it."""
    UNCLEAR = "unclear"
    """It may have been sent: the provider's answer was lost."""
    ACCEPTED = "accepted"
    """The provider has it."""
    DELIVERED = "delivered"
    """The provider says that it arrived."""
    FAILED = "failed"
    """It was surely not delivered."""
    SUPPRESSED = "suppressed"
    """It was not sent, on purpose."""
    UNKNOWN = "unknown"
    """It may have been sent, and nobody told within a day."""


FINAL = frozenset(
    {
        MessageState.ACCEPTED,
        MessageState.DELIVERED,
        MessageState.FAILED,
        MessageState.SUPPRESSED,
        MessageState.UNKNOWN,
    }
)
"""Nothing more is done about it here; what the provider tells may still move it."""


class Step(NamedTuple):
    """A state, from when on, and why; ``channel`` is the one it is tried by, and ``sender`` as whom."""

    state: MessageState
    at: datetime
    reason: str | None = None
    channel: MessageChannel | None = None
    sender: str | None = None


class Cause(NamedTuple):
    """The campaign, and which occurrence of it, to which a message is due."""

    campaign: CampaignId
    occurrence: str


class DeliveryReport(NamedTuple):
    """What a provider tells of a message later (M25)."""

    state: Literal[MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.FAILED]
    provider_id: str | None = None
    reason: str | None = None
    channel: MessageChannel | None = None
    """By which it was handed over; None: by the one it was tried by last."""
    is_undeliverable: bool = False
    """Of a failure: whether surely nobody got it, nor ever will there."""


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message to one member. It holds no address, and of its words where links lead; all else is read when it is
    sent (M26, E25).
    """

    id: OwnedId
    template: TemplateId
    program_version: int
    """That it was planned under."""
    kind: TemplateKind
    """Marketing is handed over at most once, service messages at least once."""
    brand: BrandId
    """Who speaks; perhaps `GROUP`."""
    channels: tuple[MessageChannel, ...]
    """The first that the member can be reached by, and may be, is taken."""
    purpose: str | None
    """What the member must have agreed to; None for service messages."""
    command: Digest
    """The call, or the step of a campaign, that it is due to."""
    asked: Mapping[str, str]
    """What the call said: a repeat must agree in it (E14)."""
    planned_at: datetime
    expires_at: datetime
    """From then on it is not true any more, and not sent."""
    history: tuple[Step, ...]
    """The last step is the present."""
    due_at: datetime | None
    """When somebody has to look at it next; None where it has come to its end."""
    client_reference: str | None = None
    cause: Cause | None = None
    """Where a campaign sends it, and no call."""
    priority: int | None = None
    """Of the campaign."""
    is_code: bool = False
    """It brings the one-time code of the verification that has its id, to the address that is to be proven (M39)."""
    coupon: str | None = None
    """The ULID of the one that its campaign gave last before it, of which it may tell."""
    is_trial: bool = False
    """Somebody tries it on themselves: it asks for no consent, waits for no morning and has no cap."""
    proves: Digest | None = None
    """A keyed digest of that address, for this message alone: a repeat must agree in it (E14)."""
    version: int = 1
    attempts: int = 0
    turned_away: int = 0
    """Attempts that surely sent nothing, for a reason that passes by itself; `history` has the last of each kind."""
    closed: tuple[MessageChannel, ...] = ()
    """Channels whose provider has refused it for good, or told that it came back."""
    is_doubtful: bool = False
    """Whether an attempt before the present one may have sent it."""
    provider_id: str | None = None
    sms_parts: int = 0
    """Into how many parts it was cut when it was handed over by SMS last: what is paid for."""
    targets: tuple[str, ...] = ()
    """Where its links lead, by their numbers; of marketing that was handed over."""
    first_opened_at: datetime | None = None
    opens: int = 0
    """How often one of its links was."""

    @property
    def state(self) -> MessageState:
        return self.history[-1].state

    @property
    def reason(self) -> str | None:
        """Why it is in its state, where that needs a reason: a word in snake_case."""
        return self.history[-1].reason

    @property
    def created_at(self) -> datetime:
        return self.history[0].at

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def counted_attempts(self) -> int:
        """Those that may have sent it, or were refused for good."""
        return self.attempts - self.turned_away

    @property
    def retry_key(self) -> str:
        """A UUID, the same for every attempt (E26)."""
        return str(UUID(bytes=sha256(str(self.id).encode()).digest()[:16], version=4))

    @property
    def channel(self) -> MessageChannel | None:
        """The one it was tried by last."""
        return next((step.channel for step in reversed(self.history) if step.channel), None)

    @property
    def tried_at(self) -> datetime | None:
        """When it was tried last."""
        return next((step.at for step in reversed(self.history) if step.state is MessageState.SENDING), None)

    @property
    def returned(self) -> tuple[Step, ...]:
        """Where providers had taken it and told later that nobody got it, so that it went on by another channel."""
        return tuple(step for step in self.history if step.state is MessageState.DEFERRED and step.channel)

    @property
    def sender(self) -> str | None:
        """As whom it was tried last."""
        return next((step.sender for step in reversed(self.history) if step.sender), None)

    def first_tried_at(self, channel: MessageChannel, sender: str) -> datetime | None:
        """When it was first tried by ``channel`` as ``sender``."""
        tried = (step for step in self.history if (step.channel, step.sender) == (channel, sender))
        return next((step.at for step in tried), None)

    @property
    def due(self) -> DueMessage | None:
        """What those who send it are told (M17)."""
        if self.due_at is None:
            return None
        return DueMessage(self.id, self.due_at, self.kind is TemplateKind.SERVICE)

    def is_due(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at <= now
