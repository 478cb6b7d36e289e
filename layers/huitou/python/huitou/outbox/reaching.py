"""How a message reaches its member: by a channel to which they agreed, and an address that is known (M22, M26).

The same for who plans it and who sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.channels import MessageChannel
from huitou.members.agreement import agreed
from huitou.members.identity import Identity, is_landline
from huitou.members.model import ConsentKey, Member
from huitou.outbox.model import OutboxMessage
from huitou.program.model import GROUP, BrandId
from huitou.suppressions.model import KINDS, destination
from huitou.templates.model import Catalogue, Signature, Template

Signatures = Mapping[MessageChannel, Signature]
"""Who speaks, by channel, in the order in which channels are preferred."""


class Way(NamedTuple):
    """How a message can go."""

    channel: MessageChannel
    signature: Signature
    to: str


class Obstacle(StrEnum):
    """Why it cannot."""

    NO_CONSENT = "no_consent"
    SUPPRESSED_ADDRESS = "suppressed_address"
    UNREACHABLE = "unreachable"


def signatures(brand: BrandId, channels: Iterable[MessageChannel], catalogue: Catalogue) -> Signatures:
    """As whom ``brand`` speaks by those of ``channels`` by which it does."""
    found = {each: catalogue.signature(named(brand), each) for each in channels}
    return {each: signature for each, signature in found.items() if signature}


def named(brand: BrandId) -> BrandId | None:
    """As the catalogue has it, where None is the group."""
    return None if brand == GROUP else brand


def way_to(
    record: Member,
    message: OutboxMessage,
    template: Template,
    signed: Signatures,
    is_suppressed: Callable[[Identity], bool],
    *,
    only_to: str | None = None,
) -> Way | Obstacle:
    """The first by which the template speaks, and the member may be reached and is.

    ``record`` is what the brand that speaks may see of it. ``is_suppressed`` is asked only of addresses that would be
    taken. A message that is for one address goes ``only_to`` that.
    """
    allowed = {each: signature for each, signature in signed.items() if _is_allowed(message, each, record)}
    if signed and not allowed:
        return Obstacle.NO_CONSENT
    obstacle = Obstacle.UNREACHABLE
    for channel, signature in allowed.items():
        if channel not in template.channels:
            continue
        known = [only_to] if only_to else addresses_of(record, channel, signature.identity)
        to = next((each for each in known if _takes(channel, each)), None)
        if to is None:
            continue
        if not is_suppressed(destination(channel, to, signature.identity)):
            return Way(channel, signature, to)
        obstacle = Obstacle.SUPPRESSED_ADDRESS
    return obstacle


def _is_allowed(message: OutboxMessage, channel: MessageChannel, record: Member) -> bool:
    if message.purpose is None or message.is_trial:
        return True
    return agreed(record.consents, ConsentKey(channel, message.brand, message.purpose))


def addresses_of(record: Member, channel: MessageChannel, sender: str) -> Iterator[str]:
    """Where they are reached: what somebody has proven, then the contact address; by LINE, as the sender knows them.

    ``sender`` names the LINE channel, within which user ids are unique.
    """
    held = (each for each in record.identities if each.identity.kind is KINDS[channel])
    if channel is MessageChannel.LINE:
        yield from (each.identity.value for each in held if each.identity.scope == sender.lower())
        return
    yield from (each.identity.value for each in held if any(claim.proof for claim in each.claims))
    profile = record.profile
    contact = profile.contact_email if channel is MessageChannel.EMAIL else profile.contact_phone
    if contact:
        yield contact


def _takes(channel: MessageChannel, address: str) -> bool:
    """A landline gets no SMS."""
    return channel is not MessageChannel.SMS or not is_landline(address)
