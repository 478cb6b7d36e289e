"""Links that are opened through us. Which message one belongs to is written in it and signed; where it leads stands
with the message, so that nobody can make one that leads elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ulid import ULID

from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.signing import Signer

LABEL: Final = "open"
PATH: Final = "/v1/links"

_ID_BYTES: Final = 16


class Link(NamedTuple):
    """The n-th of a message's links, from 0 on."""

    message: OwnedId
    number: int


class TrackedLinks:
    """Makes links below ``base``, the address of the API without a slash at its end.

    ``secret`` is that of `huitou.kernel.signing`.
    """

    def __init__(self, base: str, secret: Callable[[], str]) -> None:
        self._base = base
        self._signer = Signer(secret, LABEL)

    def link(self, message: OwnedId, number: int) -> str:
        """93 characters at ``https://m.huitou.example``. ``number`` is less than 256."""
        said = ULID.from_str(message.member).bytes + ULID.from_str(message.key).bytes + bytes([number])
        return f"{self._base}{PATH}/{self._signer.signed(said)}"


def reader(secret: Callable[[], str]) -> Callable[[str], Link | None]:
    """Reads the last part of a link; None: this is none of ours, or not as it was."""
    return Signer(secret, LABEL).reader(_unpacked)


def _unpacked(said: bytes) -> Link:
    """What is signed was packed above."""
    member, key = ULID.from_bytes(said[:_ID_BYTES]), ULID.from_bytes(said[_ID_BYTES : 2 * _ID_BYTES])
    return Link(OwnedId(MemberId(str(member)), str(key)), said[-1])
