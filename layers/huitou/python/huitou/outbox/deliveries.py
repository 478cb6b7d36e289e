"""A message that comes from a queue: it is looked at, and the queue of its kind carries on what is due again soon.

One chain of copies for each message, however many arrive: whoever has moved it queues it for its new instant, and so
does whoever brought it before the instant that it still has. Every other copy is of an instant that has passed away,
and ends. Nothing is lost with it: the due index lists the message under the instant that holds, which is none that
the clock has queued, unless a copy of that very instant is on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huitou.kernel.errors import UnavailableError
from huitou.outbox.dispatching import Dispatcher
from huitou.outbox.model import OutboxMessage
from huitou.standing.clock import AHEAD
from huitou.standing.messages import DueMessage, delay_until, write_message
from huitou.standing.ports import Outboxes


class Deliveries:
    """The use case. ``clock`` is asked when a message is put back."""

    def __init__(self, dispatcher: Dispatcher, queues: Outboxes, clock: Callable[[], datetime]) -> None:
        self._dispatcher = dispatcher
        self._queues = queues
        self._clock = clock

    def take(self, due: DueMessage) -> OutboxMessage | None:
        """The message, as this has changed it; None: it did nothing. Raises `UnavailableError`."""
        message, is_changed = self._dispatcher.dispatch(due.message)
        if message is None:
            return None
        if message.due and (is_changed or message.due_at == due.at):
            self._carry_on(message.due)
        return message if is_changed else None

    def _carry_on(self, due: DueMessage) -> None:
        """What a tick is not sure to find in time."""
        now = self._clock()
        if due.at > now + AHEAD:
            return
        if self._queues.of(due).send([(write_message(due), delay_until(due.at, now))]):
            raise UnavailableError("The queue did not take the message back.")
