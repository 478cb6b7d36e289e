"""What rebuilds need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId
from huitou.rebuilding.model import Part, Rebuild
from huitou.segments.service import Renewal


class RebuildStore(Protocol):
    """Keeps rebuilds and how far their parts have come. Reads are consistent."""

    def find(self, rebuild: Digest) -> Rebuild | None: ...

    def add(self, rebuild: Rebuild) -> Write:
        """Refused with `StaleReadError` if the id is taken."""
        ...

    def part(self, rebuild: Digest, number: int) -> Part | None:
        """None where it has not begun."""
        ...

    def save_part(self, rebuild: Digest, part: Part) -> Write:
        """How far a part has come; the place from which it goes on."""
        ...

    def parts(self, rebuild: Digest) -> Sequence[Part]:
        """Those that have begun, in the order of their numbers."""
        ...

    def finish(self, rebuild: Rebuild) -> Write:
        """Ends it; refused with `StaleReadError` if it has ended before."""
        ...


class Standings(Protocol):
    """Keeps where members stand: `segments.service.Segments`, as far as rebuilds ask."""

    def renew(self, member: MemberId, now: datetime) -> Renewal: ...
