"""What publishing needs of the world."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from huitou.events.model import Change, DomainEvent

Record = Mapping[str, Any]
"""One change of an item, as the stream delivers it."""


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


class Aside(Protocol):
    """Where records are kept of which nothing can be made, until somebody has seen why."""

    def keep(self, record: Record, error: Exception) -> None: ...
