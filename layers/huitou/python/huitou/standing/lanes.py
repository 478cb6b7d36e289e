"""A queue as one tick sees it. Each kind of worker has its own, and nobody waits for the others: neither for what they
have not taken yet, nor for a queue out of reach.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from huitou.standing.ports import Queue

MOST_WAITING = 10_000
"""What is late fills a queue up to here: about what ten workers do in a minute."""


class Lane:
    """Once its queue has failed, nothing more is asked of it in this tick, as each try would take seconds."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._room: int | None = None
        self.failure: Exception | None = None

    def has_room(self) -> bool:
        """Whether something late can be queued, as far as is known."""
        return self._room is None or self._room > 0

    def takes_late(self) -> bool:
        """Whether there was room for one more that is late; the queue is asked once, and only where something is."""
        if self._room is None:
            self._room = self._look()
        self._room -= 1
        return self._room >= 0

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        """As `Queue.send`; of a queue out of reach all were refused, by the name of its error."""
        if self.failure is None:
            try:
                return self._queue.send(messages)
            except Exception as error:
                self._give_up(error)
        return dict.fromkeys(range(len(messages)), type(self.failure).__name__)

    def _look(self) -> int:
        try:
            return MOST_WAITING - self._queue.waiting()
        except Exception as error:
            self._give_up(error)
            return 0

    def _give_up(self, error: Exception) -> None:
        self.failure = error
        self._room = 0
