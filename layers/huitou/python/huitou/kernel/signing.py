"""Short signed texts for addresses: nobody can make one or change one without the secret.

The secret is a JSON object: keys by their numbers, and the number of the one that signs now, as
``{"current": "1", "1": "…"}``. The number stands in what is signed, so that what another key has signed is still
read as long as that key is there.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

TAG_BYTES: Final = 10
"""The 80 bits that RFC 2104 wants at least: each guess is a call of ours, and an SMS pays for every character."""
LONGEST: Final = 200
"""Characters: nothing longer was made here."""


S = TypeVar("S")


class _Keys(NamedTuple):
    current: int
    by_number: Mapping[int, str]


class Signer:
    """``label`` says what for: what was signed for something else is refused.

    ``secret`` is asked for at each use, so that nothing fetches it before it is needed.
    """

    def __init__(self, secret: Callable[[], str], label: str) -> None:
        self._secret = secret
        self._label = label

    def signed(self, said: bytes) -> str:
        """``said`` with its signature, in letters, digits, ``-`` and ``_``. Anybody can read it."""
        number = _keys_in(self._secret()).current
        payload = bytes([number]) + said
        return _written(payload + self._tag(number, payload))

    def read(self, token: str) -> bytes | None:
        """What was signed; None: this is not what `signed` made, not for this, or its key is gone."""
        whole = _read(token)
        if whole is None or len(whole) <= TAG_BYTES:
            return None
        payload, tag = whole[:-TAG_BYTES], whole[-TAG_BYTES:]
        if payload[0] not in _keys_in(self._secret()).by_number:
            return None
        return payload[1:] if hmac.compare_digest(tag, self._tag(payload[0], payload)) else None

    def reader(self, unpacked: Callable[[bytes], S]) -> Callable[[str], S | None]:
        """Reads what was signed, as what it says."""

        def read(token: str) -> S | None:
            said = self.read(token)
            return None if said is None else unpacked(said)

        return read

    def _tag(self, number: int, payload: bytes) -> bytes:
        key = hmac.digest(_keys_in(self._secret()).by_number[number].encode(), self._label.encode(), sha256)
        return hmac.digest(key, payload, sha256)[:TAG_BYTES]


@lru_cache(maxsize=2)
def _keys_in(secret: str) -> _Keys:
    values = json.loads(secret)
    return _Keys(int(values["current"]), {int(name): key for name, key in values.items() if name != "current"})


def _written(whole: bytes) -> str:
    return urlsafe_b64encode(whole).decode().rstrip("=")


def _read(token: str) -> bytes | None:
    """The last letter may hold bits that count for nothing; only the one that `_written` writes is read."""
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        whole = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    return whole if _written(whole) == token else None
