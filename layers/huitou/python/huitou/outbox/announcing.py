"""The quick way of a new message to those who send it: from the stream to its queue, held back until its instant.

Nothing rests on it: what is not announced is found by the clock, within a minute after it is due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from huitou.kernel.streams import Aside, Record
from huitou.standing.clock import AHEAD
from huitou.standing.messages import DueMessage, delay_until, write_message
from huitou.standing.ports import Outboxes, Queue


class Announcer:
    """``due_of`` tells when the message in a record is due; None: it has come to its end.

    ``failed`` hears of a queue out of reach, which holds up nobody.
    """

    def __init__(
        self,
        due_of: Callable[[Record], DueMessage | None],
        queues: Outboxes,
        aside: Aside,
        failed: Callable[[Exception], None],
    ) -> None:
        self._due_of = due_of
        self._queues = queues
        self._aside = aside
        self._failed = failed

    def announce(self, records: Sequence[Record], now: datetime) -> int:
        """How many were queued: those due before a tick is sure to find them.

        One that nobody can read is kept aside.
        """
        soon = [due for due in map(self._due, records) if due is not None and due.at <= now + AHEAD]
        shares = ((queue, [due for due in soon if self._queues.of(due) is queue]) for queue in self._queues)
        return sum(self._send(queue, share, now) for queue, share in shares)

    def _send(self, queue: Queue, soon: Sequence[DueMessage], now: datetime) -> int:
        if not soon:
            return 0
        try:
            refused = queue.send([(write_message(due), delay_until(due.at, now)) for due in soon])
        except Exception as error:
            self._failed(error)
            return 0
        return len(soon) - len(refused)

    def _due(self, record: Record) -> DueMessage | None:
        try:
            return self._due_of(record)
        except Exception as error:
            self._aside.keep(record, error)
            return None
