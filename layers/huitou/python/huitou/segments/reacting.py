"""What follows from a change of a member's facts: they are looked at, once for all that a batch tells of them (E21).

A record says no more than whose facts changed: the facts themselves are read. So it does not matter in which order
records come, how often, or whether some are missing; what the stream loses, the clock and whoever reads make good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.kernel.streams import Aside, Record
from huitou.standing.messages import DuePosition, write_message
from huitou.standing.ports import Queue

RETRY = timedelta(seconds=30)
"""After which a member is looked at again who could not be."""


class Reaction(NamedTuple):
    """What became of a batch: how many members were looked at, and how many were handed to the queue instead.

    ``again`` are the numbers of the records that must be delivered once more.
    """

    evaluated: int
    handed_on: int
    again: frozenset[int]


class Reactor:
    """``owner`` tells whose a record is, ``look`` keeps where a member stands; ``failed`` hears why one could not be
    looked at.
    """

    def __init__(
        self,
        owner: Callable[[Record], MemberId],
        look: Callable[[MemberId, datetime], object],
        queue: Queue,
        aside: Aside,
        failed: Callable[[Exception], None],
    ) -> None:
        self._owner = owner
        self._look = look
        self._queue = queue
        self._aside = aside
        self._failed = failed

    def react(self, records: Sequence[Record], now: datetime) -> Reaction:
        """Looks at each member once.

        One who cannot be looked at is handed to the due queue, which asks again and sets aside what fails for good;
        the others neither wait nor come again. A record that is nobody's is kept aside.
        """
        first: dict[MemberId, int] = {}
        for number, record in enumerate(records):
            try:
                first.setdefault(self._owner(record), number)
            except Exception as error:
                self._aside.keep(record, error)
        failed = [member for member in first if not self._was_looked_at(member, now)]
        refused = self._queue.send([(_message(member, now), RETRY.seconds) for member in failed]) if failed else {}
        again = frozenset(first[failed[place]] for place in refused)
        return Reaction(len(first) - len(failed), len(failed) - len(again), again)

    def _was_looked_at(self, member: MemberId, now: datetime) -> bool:
        try:
            self._look(member, now)
        except Exception as error:
            self._failed(error)
            return False
        return True


def _message(member: MemberId, now: datetime) -> str:
    return write_message(DuePosition(member, now + RETRY))
