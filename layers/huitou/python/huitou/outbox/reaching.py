"""Whether a member may be written to, and where: from their record, by the channel (M22, M26). Pure."""

from __future__ import annotations

from collections.abc import Mapping

from huitou.kernel.channels import MessageChannel
from huitou.members.identity import IdentityKind
from huitou.members.model import Consent, ConsentKey, Member
from huitou.program.model import GROUP

_KINDS = {MessageChannel.EMAIL: IdentityKind.EMAIL, MessageChannel.SMS: IdentityKind.PHONE}


def agreed(consents: Mapping[ConsentKey, Consent], key: ConsentKey) -> bool:
    """Whether they said yes to the brand, or to the group for all brands; a later no to the group is one to all.

    A brand's own no stays, whatever is said to the group: it was said of this brand.
    """
    own, whole = consents.get(key), consents.get(key._replace(brand=GROUP))
    if own is None:
        return whole is not None and whole.granted
    return own.granted and (whole is None or whole.granted or whole.confirmed_at < own.confirmed_at)


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
