"""The tick of the member clock (M17): each minute, queue what falls due in the next two, each for its instant.

The idea: nobody is scanned. Whatever time alone will change carries the instant at which it does so next, and a
sparse index orders it by that. A tick reads the beginning of that order and sends each entry to a worker by a queue,
which holds the message back until the entry's instant. The worker reads what it is about, books what is due by then,
and so moves it on in the index or out of it. That conditional write alone is the claim; the tick writes nothing.

Nothing depends on a tick. Balances and standings are computed, not booked, so they are exact before it comes; and an
entry stays in the index until it is booked. So a tick may be missed (there are two in which an entry is queued in
time), a deadline may move to an instant that ticks have passed (the next tick finds what it does not know, within a
minute), a message may be lost (what is still there a quarter of an hour later is queued again), and a message may come
twice, which the worker does not notice (E21). See `queued` for how the tick tells what is queued already.

After days in which nobody ticked, all that fell due meanwhile is late. It is queued in the order of time, and never
more of a kind than its workers do in about a minute, so that what falls due today waits no longer than that. What
nobody could book in a day is tried once an hour.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from huitou.kernel.commits import Commit
from huitou.kernel.errors import UnavailableError
from huitou.kernel.instants import EPOCH, MILLISECOND
from huitou.standing.lanes import Lane
from huitou.standing.messages import Due, DueMessage, delay_until, write_message
from huitou.standing.ports import DueIndex, Outboxes, Queue, Watermarks
from huitou.standing.queued import AGAIN, Queued

AHEAD = timedelta(seconds=120)
"""Two ticks: one may fail, and nothing is late."""
PAGE = 100
"""Entries read at once: ten calls to the queue, so that a tick can stop in time."""
GIVING_UP = timedelta(days=1)
"""What is late for longer has failed many times, and is looked at by one sweep in `SWEEPS`."""
SWEEPS = 4


@dataclass(slots=True)
class Tick:
    """What one tick did."""

    queued: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Entries that their queue did not take, by its own code."""
    unread: int = 0
    """Shards of the index that did not answer."""
    unfinished: int = 0
    """Shards of which more was due when the time was up, or the queues full."""
    held_back: int = 0
    """Late entries that were read, and for which their queue had no room."""
    failure: Exception | None = None
    """The error of a queue out of reach; the others got what is their own."""


class Clock:
    """The use case. It remembers what it did in the ticks before.

    ``outboxes`` are for messages to members, where they have workers of their own; all else goes to ``queue``.
    """

    def __init__(
        self,
        index: DueIndex,
        queue: Queue,
        watermarks: Watermarks,
        commit: Commit,
        *,
        outboxes: Outboxes | None = None,
    ) -> None:
        self._index = index
        self._queues = (queue, *(outboxes or ()))
        self._watermarks = watermarks
        self._commit = commit
        self._queued: Queued | None = None
        self._sweeps = 0
        self._swept_at = EPOCH

    def tick(self, clock: Callable[[], datetime], has_time: Callable[[], bool]) -> Tick:
        """Queues what falls due until two minutes from now; ``has_time`` is asked before each page."""
        now = clock()
        queued = self._queued = self._queued or Queued(self._inherited())
        work = _Round(self._index, [Lane(queue) for queue in self._queues], queued, clock)
        done = work.queue_all(now - AGAIN, now + AHEAD, has_time)
        if work.tick.queued:
            with suppress(UnavailableError):  # it would save messages, and nothing else
                self._commit([self._watermarks.save(queued.reach(done, now + AHEAD))])
        if now - self._swept_at >= AGAIN:
            self._sweep(work, now, has_time)
        queued.forget(now)
        return work.end()

    def _sweep(self, work: _Round, now: datetime, has_time: Callable[[], bool]) -> None:
        """What is late for long: each quarter of an hour, and each minute until all of it was queued once."""
        since = now - GIVING_UP if self._sweeps % SWEEPS else EPOCH
        until = now - AGAIN - MILLISECOND
        done = work.queue_all(since, until, lambda: has_time() and work.has_room())
        if len(done) == self._index.shards:
            self._sweeps, self._swept_at = self._sweeps + 1, now

    def _inherited(self) -> dict[int, datetime]:
        with suppress(UnavailableError):
            return dict(self._watermarks.load())
        return {}


class _Round:
    """One tick at work."""

    def __init__(self, index: DueIndex, lanes: Sequence[Lane], queued: Queued, clock: Callable[[], datetime]) -> None:
        self.tick = Tick()
        self._index = index
        self._lanes = lanes
        self._queued = queued
        self._clock = clock

    def has_room(self) -> bool:
        """Whether something late can be queued, as far as is known."""
        return any(lane.has_room() for lane in self._lanes)

    def end(self) -> Tick:
        """What was done."""
        self.tick.failure = next((lane.failure for lane in self._lanes if lane.failure), None)
        return self.tick

    def queue_all(self, since: datetime, until: datetime, goes_on: Callable[[], bool]) -> set[int]:
        """Queues what is due in between and not queued already; the shards of which nothing was left.

        ``goes_on`` is asked before each page.

        Shards take turns, page by page, so that a long one does not keep the others waiting.
        """
        shards = set(range(self._index.shards))
        turns: deque[tuple[int, str | None]] = deque((shard, None) for shard in sorted(shards))
        left = set()
        while turns and goes_on():
            shard, after = turns.popleft()
            cursor, is_done = self._queue_page(shard, since, until, after)
            if not is_done:
                left.add(shard)
            if cursor is not None:
                turns.append((shard, cursor))
        self.tick.unfinished += len(turns)
        return shards - left - {shard for shard, _ in turns}

    def _queue_page(self, shard: int, since: datetime, until: datetime, after: str | None) -> tuple[str | None, bool]:
        """The cursor of the shard's next page, None where there is none; and whether all of this one was queued."""
        try:
            page = self._index.due(shard, since, until, after=after, limit=PAGE)
        except UnavailableError:
            self.tick.unread += 1
            return None, False
        now = self._clock()
        new = [due for due in page.items if not self._queued.contains(due, shard, now)]
        chosen = [due for due in new if due.at > now or self._lane_of(due).takes_late()]
        self.tick.held_back += len(new) - len(chosen)
        is_sent = all([self._send(lane, chosen, now) for lane in self._lanes])
        return page.next_cursor, is_sent and len(chosen) == len(new)

    def _lane_of(self, due: Due) -> Lane:
        """That of all else, of marketing, or of service messages; without outboxes there is but the first."""
        if len(self._lanes) == 1 or not isinstance(due, DueMessage):
            return self._lanes[0]
        return self._lanes[2 if due.is_service else 1]

    def _send(self, lane: Lane, chosen: Sequence[Due], now: datetime) -> bool:
        """Whether the lane's queue took all that is for it."""
        own = [due for due in chosen if self._lane_of(due) is lane]
        refused = lane.send([(write_message(due), delay_until(due.at, now)) for due in own])
        for place, due in enumerate(own):
            if place not in refused:
                self._queued.add(due, now)
        self.tick.queued += len(own) - len(refused)
        self.tick.refused.update(refused.values())
        return not refused
