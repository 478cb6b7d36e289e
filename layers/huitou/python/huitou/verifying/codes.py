"""One-time codes: worked out under a secret whenever one is needed, and stored nowhere."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from huitou.verifying.model import Verification

DIGITS: Final = 6


class OneTimeCodes:
    """``secret`` is asked for at each use. Another one ends all verifications that wait, and nothing else."""

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret

    def of(self, verification: Verification) -> str:
        """Six digits; 64 bits of the digest, so that all codes are as likely."""
        identity = verification.identity
        parts = (str(verification.id), identity.kind, identity.value)
        said = "".join(f"{len(part)}:{part}" for part in parts).encode()
        digest = hmac.digest(self._secret().encode(), said, sha256)
        return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"

    def is_of(self, verification: Verification, said: str) -> bool:
        """Whether ``said`` is its code, in a time that tells nothing of how much of it is right."""
        return hmac.compare_digest(self.of(verification).encode(), said.encode())
