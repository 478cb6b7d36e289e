"""A share of the members, drawn by a salted hash: who is in it, is so for ever, and in every larger share as well."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from huitou.kernel.ids import MemberId

_PARTS: Final = 10_000
"""Into which members are drawn; a percentage is a hundred of them."""


def is_in_share(member: MemberId, salt: str, percent: int) -> bool:
    """Whether the member is among so many of a hundred; of another ``salt``, it is drawn anew."""
    drawn = int.from_bytes(sha256(f"{salt}#{member}".encode()).digest()[:8], "big") % _PARTS
    return drawn < percent * _PARTS // 100
