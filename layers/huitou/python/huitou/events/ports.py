"""What publishing needs of the world."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from huitou.events.model import Change, DomainEvent
from huitou.kernel.streams import Record


class Changes(Protocol):
    """Understands the stream."""

    def __call__(self, record: Record) -> Change | None:
        """None: nobody subscribes to what this record tells."""
        ...


class Bus(Protocol):
    """Where subscribers listen."""

    def put(self, events: Sequence[DomainEvent]) -> Collection[int]:
        """The numbers of those that it refused, also when asked again; all others are on their way."""
        ...
