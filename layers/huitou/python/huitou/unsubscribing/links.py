"""Links by which members say no. What one of them means is written in it and signed, so nothing needs to be stored.

Whoever has a link learns which member it is about by their id, and nothing about the person. It works as long as its
key is there: there is no date after which somebody may not say no any more (RFC 8058).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ulid import ULID

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.kernel.signing import Signer
from huitou.members.model import ConsentKey
from huitou.program.model import GROUP, BrandId

LABEL: Final = "unsubscribe"
PATH: Final = "/v1/unsubscriptions"

_CHANNELS: Final = (MessageChannel.EMAIL, MessageChannel.SMS, MessageChannel.LINE)
"""Links say which by the place in this list, so it may only become longer."""
_UNWRITTEN_PURPOSE: Final = "marketing"
"""Is left out, as long as links sent before are to work."""
_ID_BYTES: Final = 16
_MESSAGE_BYTES: Final = 8
"""Of a ULID: its instant and 16 random bits, which is enough to tell a member's messages apart."""
_MESSAGE_LETTERS: Final = 12
"""Which are in those bytes."""
_MOST_BRAND: Final = 31


@dataclass(frozen=True, slots=True)
class Link:
    """``message`` is the beginning of the message's ULID. ``consent`` is what the member can take back."""

    member: MemberId
    consent: ConsentKey
    message: str


class UnsubscribeLinks:
    """Makes links below ``base``, the address of the API without a slash at its end.

    ``secret`` is that of `signing`.
    """

    def __init__(self, base: str, secret: Callable[[], str]) -> None:
        self._base = base
        self._signer = Signer(secret, LABEL)

    def link(self, member: MemberId, brand: BrandId, channel: MessageChannel, purpose: str, message_id: str) -> str:
        """For one message; ``brand`` may be `GROUP`. ``message_id`` is a ULID, or an id that ends with one.

        98 characters at ``https://m.huitou.example``, of a brand called maru and for marketing.
        """
        return f"{self._base}{PATH}/{self._signer.signed(_packed(member, brand, channel, purpose, message_id))}"


def reader(secret: Callable[[], str]) -> Callable[[str], Link | None]:
    """Reads the last part of a link; None: this is none of ours, or not as it was."""
    return Signer(secret, LABEL).reader(_unpacked)


def _packed(member: MemberId, brand: BrandId, channel: MessageChannel, purpose: str, message_id: str) -> bytes:
    """Member, message, one byte for the channel and how long the brand's name is, that name, then the purpose."""
    named = b"" if brand == GROUP else brand.encode("ascii")
    if len(named) > _MOST_BRAND:
        raise ValueError(f"a brand's id has at most {_MOST_BRAND} letters")
    message = ULID.from_str(message_id.rpartition("-")[2]).bytes[:_MESSAGE_BYTES]
    form = _CHANNELS.index(channel) * (_MOST_BRAND + 1) + len(named)
    rest = b"" if purpose == _UNWRITTEN_PURPOSE else purpose.encode("ascii")
    return ULID.from_str(member).bytes + message + bytes([form]) + named + rest


def _unpacked(said: bytes) -> Link:
    """The inverse. What is signed was packed here."""
    member, message, rest = said[:_ID_BYTES], said[_ID_BYTES:][:_MESSAGE_BYTES], said[_ID_BYTES + _MESSAGE_BYTES :]
    place, length = divmod(rest[0], _MOST_BRAND + 1)
    brand, purpose = rest[1 : 1 + length].decode("ascii"), rest[1 + length :].decode("ascii")
    return Link(
        member=MemberId(str(ULID.from_bytes(member))),
        consent=ConsentKey(_CHANNELS[place], brand or GROUP, purpose or _UNWRITTEN_PURPOSE),
        message=str(ULID.from_bytes(message + bytes(_ID_BYTES - _MESSAGE_BYTES)))[:_MESSAGE_LETTERS],
    )
