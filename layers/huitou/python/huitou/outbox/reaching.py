"""Where a member is written to: from their record, by the channel (M26). Pure."""

from __future__ import annotations

from huitou.kernel.channels import MessageChannel
from huitou.members.identity import IdentityKind
from huitou.members.model import Member

_KINDS = {MessageChannel.EMAIL: IdentityKind.EMAIL, MessageChannel.SMS: IdentityKind.PHONE}


def address_of(record: Member, channel: MessageChannel, sender: str) -> str | None:
    """Where they are reached: what somebody has proven, else the contact address; by LINE, as the sender knows them.

    ``sender`` names the LINE channel, within which user ids are unique. None: nowhere, as far as is known.
    """
    if channel is MessageChannel.LINE:
        ours = (held.identity for held in record.identities if held.identity.kind is IdentityKind.LINE)
        return next((identity.value for identity in ours if identity.scope == sender.lower()), None)
    proven = (
        held.identity.value
        for held in record.identities
        if held.identity.kind is _KINDS[channel] and any(claim.proof for claim in held.claims)
    )
    profile = record.profile
    return next(proven, profile.contact_email if channel is MessageChannel.EMAIL else profile.contact_phone)
