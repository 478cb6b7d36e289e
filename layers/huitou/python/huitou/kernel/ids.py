"""Identifiers. An id in the API locates its item, so that a get by id is one read.

A member id is a ULID. What belongs to a member is named ``<member>-<ulid>``, where the second ULID takes
its time from the event and its random part from a digest of the thing's identity: the same receipt gets the
same id on every delivery. What has no member, or not yet, is named by the digest alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, NewType

from ulid import ULID

from huitou.kernel.errors import NotFoundError
from huitou.kernel.instants import from_millis, to_millis

MemberId = NewType("MemberId", str)
Digest = NewType("Digest", str)

_BASE32, _CROCKFORD = (
    [first + second for first in digits for second in digits]
    for digits in ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
)
"""Two digits at once, those of RFC 4648 and those of ULIDs: quicker than the standard library's."""
_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_MEMBER_ID = re.compile(_ULID)
_DIGEST = re.compile(r"[A-Z2-7]{26}")
_ENTRY_ID = re.compile(rf"({_ULID})-(.{{1,64}})-([1-9]\d{{0,9}})", re.ASCII)
_OWNED_ID = re.compile(rf"({_ULID})-({_ULID})")


class OwnedId(NamedTuple):
    """The two halves of an id that names something of a member."""

    member: MemberId
    key: str

    def __str__(self) -> str:
        return f"{self.member}-{self.key}"


def new_member_id() -> MemberId:
    """A fresh ULID."""
    return MemberId(str(ULID()))


def is_member_id(text: str) -> bool:
    """Whether ``text`` has the form of a member id."""
    return _MEMBER_ID.fullmatch(text) is not None


def digest_of(parts: Iterable[str]) -> Digest:
    """26 characters (130 bits) of SHA-256 over the parts; parts cannot run into each other."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return Digest(_written(int.from_bytes(hashlib.sha256(joined.encode()).digest()[:17], "big") >> 6, _BASE32))


@lru_cache(maxsize=64)  # a sale's id is asked for wherever it is named
def ulid_for(instant: datetime, digest: Digest) -> str:
    """The ULID at ``instant`` whose random part is fixed by ``digest``."""
    tail = hashlib.sha256(digest.encode()).digest()[:10]
    return _written(to_millis(instant) << 80 | int.from_bytes(tail, "big"), _CROCKFORD)


def first_ulid(instant: datetime) -> str:
    """The least ULID at ``instant``."""
    return _written(to_millis(instant) << 80, _CROCKFORD)


def parse_id(text: str) -> OwnedId | Digest:
    """The id of something of a member, or of something that has none. Raises `NotFoundError` for any other form."""
    if match := _OWNED_ID.fullmatch(text):
        return OwnedId(MemberId(match[1]), match[2])
    return parse_digest(text)


def parse_entry_id(text: str) -> tuple[MemberId, str, int]:
    """Member, currency and version of a ledger entry's id. Raises `NotFoundError` for any other form."""
    if match := _ENTRY_ID.fullmatch(text):
        return MemberId(match[1]), match[2], int(match[3])
    raise NotFoundError("Nothing has an id of this form.")


def parse_digest(text: str) -> Digest:
    """Raises `NotFoundError`: an id of another form names nothing."""
    if _DIGEST.fullmatch(text):
        return Digest(text)
    raise NotFoundError("Nothing has an id of this form.")


def _written(number: int, pairs: Sequence[str]) -> str:
    """130 bits as 26 digits."""
    return "".join([pairs[number >> shift & 1023] for shift in range(120, -1, -10)])


def occurred_at_of(ulid: str) -> datetime:
    """The instant in a ULID."""
    return from_millis(ULID.from_str(ulid).milliseconds)
