"""What is needed from outside to know how often a member is written to."""

from __future__ import annotations

from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.pressure.model import Pressure


class PressureStore(Protocol):
    """Keeps each member's slots. Reads are consistent."""

    def load(self, member: MemberId) -> Pressure: ...

    def save(self, member: MemberId, after: Pressure) -> Write:
        """Refused with `StaleReadError` where it was not made from the latest version."""
        ...

    def unchanged(self, member: MemberId, seen: Pressure) -> Write:
        """Writes nothing; refused with `StaleReadError` where ``seen`` is not the latest version."""
        ...
