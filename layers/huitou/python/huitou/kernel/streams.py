"""What a reader of a stream or a queue is given, and what it does with what it cannot make anything of (E21)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Record = Mapping[str, Any]
"""One change of an item, as the stream delivers it: as it was and as it is, in DynamoDB's own notation. Or one message
of a queue."""


class Aside(Protocol):
    """Where records are kept of which nothing can be made, until somebody has seen why."""

    def keep(self, record: Record, error: Exception) -> None: ...
