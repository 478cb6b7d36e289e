"""What verifications need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import OwnedId
from huitou.verifying.model import Sent, Verification


class VerificationStore(Protocol):
    """Keeps verifications with their members, and what caps on codes ask for. Reads are consistent."""

    def load(self, verification: OwnedId) -> Verification | None: ...

    def save(self, after: Verification) -> Write:
        """Refused with `StaleReadError` where it was not made from the latest version."""
        ...

    def sent(self, nothing: Sent) -> Sent:
        """``nothing`` with all that was sent."""
        ...

    def note_sent(self, after: Sent) -> Sequence[Write]:
        """One more: refused with `StaleReadError` where it was not made from the latest version, or where others have
        reached what a brand may send at most.
        """
        ...
