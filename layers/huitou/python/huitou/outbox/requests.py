"""Messages as callers ask for them and see them. Instants are in UTC (E33)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from huitou.fields import Body, ClientReference, Moment, TemplateName, View
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant
from huitou.members.requests import Place, Purpose
from huitou.outbox.model import MessageState, OutboxMessage, Step
from huitou.outbox.service import Order
from huitou.templates.model import TemplateKind


def _each_once(channels: list[MessageChannel]) -> list[MessageChannel]:
    if len(set(channels)) < len(channels):
        raise ValueError("name each channel once")
    return channels


class MessageBody(Body):
    """A message to one member."""

    template: TemplateName
    """One of the active programme."""
    brand: Place | None = None
    """Which brand speaks, where the template leaves it open. By default the key's own, and the group for its keys."""
    channels: Annotated[list[MessageChannel], Field(min_length=1, max_length=3), AfterValidator(_each_once)] | None = (
        None
    )
    """The first by which the member can be reached, and may be, is taken. By default all that the template speaks by:
    email, SMS, LINE."""
    purpose: Purpose | None = None
    """Of marketing: what the member must have agreed to, by default `marketing`."""
    send_at: Moment | None = None
    """By default now."""
    expires_at: Moment | None = None
    """From then on it is not sent any more; by default three days after `send_at`."""
    trial: bool = False
    """true: to try it on oneself. The member has to be one of the programme's testers (`messages.testers`); consent,
    quiet hours and frequency caps do not matter then, and it counts nowhere."""
    client_reference: ClientReference | None = None

    def order(self, command: Digest, member: MemberId) -> Order:
        return Order(
            command=command,
            member=member,
            template=self.template,
            brand=self.brand,
            channels=tuple(self.channels) if self.channels else None,
            purpose=self.purpose,
            send_at=self.send_at,
            expires_at=self.expires_at,
            trial=self.trial,
            client_reference=self.client_reference,
        )


class StepView(View):
    """A state that the message came to."""

    state: MessageState
    at: datetime
    reason: str | None
    """Why, in one word."""
    channel: MessageChannel | None
    """By which it was tried."""


class MessageView(View):
    """A message and what became of it. Addresses and words are not kept."""

    message_id: str
    member_id: str
    template: str
    kind: TemplateKind
    """Marketing is handed to a provider at most once, service messages at least once."""
    brand: str
    """Who speaks: a brand, or the `group`."""
    channels: list[MessageChannel]
    """In the order of preference."""
    purpose: str | None
    state: MessageState
    reason: str | None
    """Why it is in its state, where that needs a reason."""
    channel: MessageChannel | None
    """By which it was tried last."""
    send_at: datetime
    expires_at: datetime
    created_at: datetime
    attempts: int
    provider_id: str | None
    """What the provider calls it."""
    history: list[StepView]
    client_reference: str | None
    trial: bool
    """Whether somebody tries it on themselves."""
    campaign: str | None
    """That it is part of; None: a call asked for it."""
    first_opened_at: datetime | None
    """When one of its links was opened first, by the member or by what scans their mail."""
    opens: int
    """How often one was."""


class PlannedMessageView(MessageView):
    """A message that was asked for."""

    replayed: bool
    """The same call had made it before."""


class MessagePage(View):
    """A member's messages, the newest first."""

    items: list[MessageView]
    next_cursor: str | None


def message_view(message: OutboxMessage) -> dict[str, Any]:
    """A `MessageView`."""
    return {
        "message_id": str(message.id),
        "member_id": message.id.member,
        "template": message.template,
        "kind": message.kind,
        "brand": message.brand,
        "channels": list(message.channels),
        "purpose": message.purpose,
        "state": message.state,
        "reason": message.reason,
        "channel": message.channel,
        "send_at": format_instant(message.planned_at),
        "expires_at": format_instant(message.expires_at),
        "created_at": format_instant(message.created_at),
        "attempts": message.attempts,
        "provider_id": message.provider_id,
        "history": [_step_view(step) for step in message.history],
        "client_reference": message.client_reference,
        "trial": message.is_trial,
        "campaign": message.cause.campaign if message.cause else None,
        "first_opened_at": format_instant(message.first_opened_at) if message.first_opened_at else None,
        "opens": message.opens,
    }


def _step_view(step: Step) -> dict[str, Any]:
    return {"state": step.state, "at": format_instant(step.at), "reason": step.reason, "channel": step.channel}
