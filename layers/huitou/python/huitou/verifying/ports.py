"""What verifications need from outside."""

from __future__ import annotations

from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import OwnedId
from huitou.members.identity import IdentityKey
from huitou.verifying.model import CodesSent, Verification


class VerificationStore(Protocol):
    """Keeps verifications with their members, and when addresses got codes. Reads are consistent."""

    def load(self, verification: OwnedId) -> Verification | None: ...

    def save(self, after: Verification) -> Write:
        """Refused with `StaleReadError` where it was not made from the latest version."""
        ...

    def sent_to(self, address: IdentityKey) -> CodesSent: ...

    def note_sent(self, after: CodesSent) -> Write:
        """Refused with `StaleReadError` where it was not made from the latest version."""
        ...
