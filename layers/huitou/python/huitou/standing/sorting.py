"""Two queues as one for the clock: messages to members have workers of their own, and nobody waits for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from huitou.standing.messages import DueMessage, read_message
from huitou.standing.ports import Queue


class SortedQueue:
    """`Queue`: what is due of messages to members goes to ``outbox``, everything else to ``work``."""

    def __init__(self, work: Queue, outbox: Queue) -> None:
        self._work = work
        self._outbox = outbox

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        outgoing = [place for place, (body, _) in enumerate(messages) if isinstance(read_message(body), DueMessage)]
        others = sorted(set(range(len(messages))).difference(outgoing))
        refused: dict[int, str] = {}
        for queue, places in ((self._work, others), (self._outbox, outgoing)):
            if places:
                codes = queue.send([messages[place] for place in places])
                refused |= {places[number]: code for number, code in codes.items()}
        return refused

    def waiting(self) -> int:
        """In both."""
        return self._work.waiting() + self._outbox.waiting()
