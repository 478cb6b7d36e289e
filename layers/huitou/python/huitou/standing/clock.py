"""The tick of the member clock (M17): each minute, queue what is due.

The idea: nobody is scanned. Every wallet carries the instant at which time next changes it, and a sparse index
orders wallets by it; a tick reads the beginning of that order and hands each wallet to a worker by a queue. The
worker reads the wallet, books what is due by then, and so moves the wallet on in the index or out of it.

Nothing depends on a tick. Balances are computed, not booked, so they are exact before it comes; and a wallet
stays in the index until it is booked, so whatever a tick misses (a lost message, a shard out of reach, no time
left) the next one finds. The price is that a wallet may be queued twice, which the worker does not notice (E21).
Two things keep that price small: a tick adds nothing to a queue that is still full, and a wallet that nobody
could book in a day is tried once an hour instead of once a minute.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from huitou.kernel.errors import UnavailableError
from huitou.kernel.instants import EPOCH
from huitou.standing.messages import write_message
from huitou.standing.ports import DueIndex, Queue

PAGE = 100
"""Wallets read at once: ten calls to the queue, so that a tick can stop in time."""
BACKLOG = 1_000
"""With more messages waiting, a tick would mostly find wallets that are waiting already."""
GIVING_UP = timedelta(days=1)
"""What is overdue for longer has failed many times and is no longer tried each minute."""


@dataclass(slots=True)
class Tick:
    """What one tick did. Only a tick that found the queue full (``held_back``) did not look at all."""

    queued: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Wallets that the queue did not take, by its own code."""
    unread: int = 0
    """Shards of the index that did not answer."""
    unfinished: int = 0
    """Shards of which more was due when the time was up."""
    held_back: bool = False


def looks_back_to(now: datetime) -> datetime:
    """The oldest deadline that a tick at ``now`` asks for: a day ago, and all there is in an hour's first minute."""
    return EPOCH if now.minute == 0 else now - GIVING_UP


class Clock:
    """The use case."""

    def __init__(self, index: DueIndex, queue: Queue) -> None:
        self._index = index
        self._queue = queue

    def tick(self, now: datetime, has_time: Callable[[], bool]) -> Tick:
        """Queues what is due at ``now``, and nothing that is not; ``has_time`` is asked before each page.

        Shards take turns, page by page, so that a long one does not keep the others waiting.
        """
        tick = Tick()
        if self._queue.waiting() > BACKLOG:
            tick.held_back = True
            return tick
        turns: deque[tuple[int, str | None]] = deque((shard, None) for shard in range(self._index.shards))
        while turns and has_time():
            shard, after = turns.popleft()
            cursor = self._queue_page(tick, shard, after, now)
            if cursor is not None:
                turns.append((shard, cursor))
        tick.unfinished = len(turns)
        return tick

    def _queue_page(self, tick: Tick, shard: int, after: str | None, now: datetime) -> str | None:
        """The cursor of the shard's next page; None where there is none, or where the shard does not answer."""
        try:
            page = self._index.due(shard, looks_back_to(now), now, after=after, limit=PAGE)
        except UnavailableError:
            tick.unread += 1
            return None
        refused = self._queue.send([write_message(due) for due in page.items])
        tick.queued += len(page.items) - sum(refused.values())
        tick.refused.update(refused)
        return page.next_cursor
