"""The form of a key: ``hk_<id>_<secret>``. Its id finds the record, the secret proves it."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple

ID_BYTES = 8
SECRET_BYTES = 32

_KEY = re.compile(r"hk_([0-9a-f]{16})_([0-9a-f]{64})", re.ASCII)
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE | re.ASCII)


class Credential(NamedTuple):
    """A key taken apart."""

    key_id: str
    secret: str

    def __str__(self) -> str:
        return f"hk_{self.key_id}_{self.secret}"


def parse_authorization(header: str) -> Credential | None:
    """``Bearer hk_…`` taken apart; None for anything else."""
    bearer = _BEARER.fullmatch(header.strip())
    match = _KEY.fullmatch(bearer[1]) if bearer else None
    return Credential(match[1], match[2]) if match else None


def hash_secret(secret: str) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def proves(secret: str, secret_hash: str) -> bool:
    """Whether ``secret`` is the one that was hashed; takes the same time whatever differs."""
    return hmac.compare_digest(hash_secret(secret), secret_hash)
