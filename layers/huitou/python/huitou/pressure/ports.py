"""What is needed from outside to know how often a member, or an address, is written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.pressure.model import Holder, Pressure


class PressureStore(Protocol):
    """Keeps the slots of each member and each address. Reads are consistent."""

    def load_all(self, holders: Iterable[Holder]) -> Mapping[Holder, Pressure]:
        """Of each of them, in one read."""
        ...

    def save(self, holder: Holder, after: Pressure, now: datetime) -> Write:
        """Refused with `StaleReadError` where it was not made from the latest version.

        What an address was sent is forgotten once no cap could reach back to ``now``.
        """
        ...

    def unchanged(self, holder: Holder, seen: Pressure) -> Write:
        """Writes nothing; refused with `StaleReadError` where ``seen`` is not the latest version."""
        ...
