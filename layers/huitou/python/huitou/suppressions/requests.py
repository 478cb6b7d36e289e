"""Addresses as callers name them, and what is known of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import ConfigDict, model_validator

from huitou.fields import Body, View
from huitou.kernel.channels import MessageChannel
from huitou.kernel.instants import format_instant
from huitou.members.identity import Identity, IdentityKey
from huitou.members.references import LineUserBody
from huitou.members.requests import Email, Phone, Reason
from huitou.suppressions.model import Suppression, SuppressionGround, channel_of, destination

_KINDS = ("email", "phone", "line")


class AddressBody(Body):
    """Exactly one address."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in _KINDS]})

    email: Email | None = None
    phone: Phone | None = None
    line: LineUserBody | None = None
    """`provider` is the name of the LINE channel."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in _KINDS) != 1:
            raise ValueError(f"give exactly one of {', '.join(_KINDS)}")
        return self

    @property
    def address(self) -> Identity:
        if self.line is not None:
            return destination(MessageChannel.LINE, self.line.user_id, self.line.provider)
        if self.email is not None:
            return destination(MessageChannel.EMAIL, self.email)
        return destination(MessageChannel.SMS, self.phone or "")


class LiftingBody(Body):
    """That an address is good again."""

    reason: Reason
    """For the audit log; without the address."""


class SuppressionView(View):
    """The latest word about an address."""

    suppression_id: str
    channel: MessageChannel
    ground: SuppressionGround | None
    """Why nothing is sent there; null: something is."""
    said_at: datetime | None
    """When it was said; null: nothing ever was."""


def suppression_view(address: IdentityKey, known: Suppression | None) -> dict[str, Any]:
    """A `SuppressionView`."""
    return {
        "suppression_id": str(address),
        "channel": channel_of(address),
        "ground": known.ground if known else None,
        "said_at": format_instant(known.word.at) if known else None,
    }
