"""What counts need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from huitou.counts.model import CountPart, SegmentCount
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest


class CountStore(Protocol):
    """Keeps counts and how far their parts have come. Reads are consistent."""

    def find(self, count: Digest) -> SegmentCount | None: ...

    def add(self, count: SegmentCount) -> Write:
        """Refused with `StaleReadError` if the id is taken."""
        ...

    def part(self, count: Digest, number: int) -> CountPart | None:
        """None where it has not begun."""
        ...

    def save_part(self, count: Digest, part: CountPart) -> Write:
        """How far a part has come, and what it has come to so far; refused with `StaleReadError` if it is further."""
        ...

    def parts(self, count: Digest) -> Sequence[CountPart]:
        """Those that have begun, in the order of their numbers."""
        ...

    def finish(self, count: SegmentCount) -> Write:
        """Ends it; refused with `StaleReadError` if it has ended before."""
        ...
