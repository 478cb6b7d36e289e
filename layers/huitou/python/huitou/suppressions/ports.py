"""What is needed from outside to know to which addresses nothing is sent."""

from __future__ import annotations

from typing import Protocol

from huitou.kernel.commits import Write
from huitou.members.identity import IdentityKey
from huitou.suppressions.model import Suppression


class SuppressionStore(Protocol):
    """Keeps the latest word about each address. Reads are consistent."""

    def load(self, address: IdentityKey) -> Suppression | None: ...

    def save(self, after: Suppression) -> Write:
        """Refused with `StaleReadError` where it was not made from the latest version."""
        ...
