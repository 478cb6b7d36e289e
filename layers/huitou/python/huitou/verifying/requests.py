"""Verifications as callers ask for them and see them. Instants are in UTC (E33). The code is in no answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from huitou.fields import Body, View
from huitou.kernel.channels import MessageChannel
from huitou.kernel.instants import format_instant
from huitou.members.identity import Identity, IdentityHasher
from huitou.members.references import IdentityBody, Mailbox, PhoneNumber, Region
from huitou.members.requests import IdentityView, identity_view
from huitou.verifying.codes import DIGITS
from huitou.verifying.model import CHANNELS, Verification, VerificationState
from huitou.verifying.service import Confirmed


class VerificationBody(Body):
    """An address to which a code is sent."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind]} for kind in CHANNELS]})

    phone: PhoneNumber | None = None
    """In any way of writing; without country code it is a number of `region`."""

    region: Region | None = None
    """ISO 3166; by default TW."""

    email: Mailbox | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.phone is None) == (self.email is None):
            raise ValueError("give either phone or email")
        IdentityBody(phone=self.phone, region=self.region, email=self.email)
        return self

    @property
    def identity(self) -> Identity:
        """In normal form."""
        return IdentityBody(phone=self.phone, region=self.region, email=self.email).identity


class CodeBody(Body):
    """What the member says."""

    code: Annotated[str, Field(pattern=rf"^[0-9]{{{DIGITS}}}$", examples=["428913"])]
    """The digits that came."""


class VerificationView(View):
    """A verification."""

    verification_id: str
    """Also the id of the message that brings the code, which tells what became of it."""
    member_id: str
    channel: Literal[MessageChannel.EMAIL, MessageChannel.SMS]
    """By which the code is sent."""
    state: VerificationState
    tries_left: int
    begun_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None


class BegunVerificationView(VerificationView):
    """A verification that was asked for."""

    replayed: bool
    """The same call had begun it before, and nothing was sent."""


class ConfirmedVerificationView(VerificationView):
    """A verification whose code was said."""

    identity: IdentityView
    """As the member has it now."""


def verification_view(verification: Verification, now: datetime) -> dict[str, Any]:
    """A `VerificationView`."""
    confirmed_at = verification.confirmed_at
    return {
        "verification_id": str(verification.id),
        "member_id": verification.id.member,
        "channel": CHANNELS[verification.identity.kind],
        "state": verification.state(now),
        "tries_left": verification.tries_left,
        "begun_at": format_instant(verification.begun_at),
        "expires_at": format_instant(verification.ends_at),
        "confirmed_at": format_instant(confirmed_at) if confirmed_at else None,
    }


def confirmed_view(confirmed: Confirmed, hasher: IdentityHasher, now: datetime) -> dict[str, Any]:
    """A `ConfirmedVerificationView`."""
    return {**verification_view(confirmed.verification, now), "identity": identity_view(confirmed.held, hasher)}
