"""What the clock needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from huitou.kernel.pages import Page
from huitou.standing.messages import DueWallet


class DueIndex(Protocol):
    """Wallets by the next instant at which time alone changes them. A change shows with a short delay."""

    @property
    def shards(self) -> int:
        """How many parts the index has; each is in the order of time."""
        ...

    def due(
        self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int
    ) -> Page[DueWallet]:
        """A page of one shard: due from ``since`` to ``until``, both included, the oldest first.

        Raises `UnavailableError`.
        """
        ...


class Queue(Protocol):
    """Carries messages to a worker: each at least once, in any order."""

    def send(self, bodies: Sequence[str]) -> Mapping[str, int]:
        """Sends what it can. Answers how many were refused, by the queue's own code; empty: none."""
        ...

    def waiting(self) -> int:
        """About how many messages no worker has taken yet."""
        ...
