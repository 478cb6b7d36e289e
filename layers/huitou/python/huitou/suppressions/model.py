"""Whether an address is written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.channels import MessageChannel
from huitou.members.identity import Identity, IdentityKey, IdentityKind

KINDS = {
    MessageChannel.EMAIL: IdentityKind.EMAIL,
    MessageChannel.SMS: IdentityKind.PHONE,
    MessageChannel.LINE: IdentityKind.LINE,
}
"""What an address is called where it identifies a member."""


class SuppressionGround(StrEnum):
    """Why nothing is sent to an address. Of two that come at the same instant, the later one here stays."""

    BLOCKED = "blocked"
    """Whoever is there takes nothing from us."""
    BOUNCED = "bounced"
    """Nobody is there."""
    COMPLAINED = "complained"
    """Whoever is there called it spam."""


class Word(NamedTuple):
    """What is said of an address, and when; ``ground`` None: that it is good again."""

    at: datetime
    ground: SuppressionGround | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """The latest word about an address. ``version`` counts what was stored."""

    address: IdentityKey
    word: Word
    version: int

    @property
    def ground(self) -> SuppressionGround | None:
        """Why nothing is sent there; None: something is."""
        return self.word.ground


def destination(channel: MessageChannel, to: str, sender: str = "") -> Identity:
    """Where a message goes, as the identity that it is: ``to`` as records hold it and providers give it back.

    ``sender`` names the LINE channel, within which user ids are unique. A mailbox is the same in capital letters.
    """
    if channel is MessageChannel.LINE:
        return Identity(IdentityKind.LINE, to, sender.lower())
    return Identity(KINDS[channel], to.lower())


def channel_of(address: IdentityKey) -> MessageChannel:
    """By which it is written to."""
    return next(channel for channel, kind in KINDS.items() if kind == address.kind)
