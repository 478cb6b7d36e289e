"""What has been queued already: found in the due index again each minute, and not to be queued each minute.

What was queued stays in the index until a worker has booked it. Two things tell it from what is new there, also from
a deadline that has moved to before others that are queued: the process that ticks remembers what it queued, and the
one that follows it finds a watermark for each shard, up to which all was queued. Neither is ever needed for anything
to be done: what is forgotten is queued twice, and what should have been queued but was not is not left alone for long.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from huitou.kernel.instants import EPOCH
from huitou.standing.messages import Due

AGAIN = timedelta(minutes=15)
"""What is still in the index so long after it was due, and after it was queued, is queued again."""
GRACE = timedelta(minutes=1)
"""The same where nobody remembers it, and only the watermark says that it was queued."""


class Queued:
    """``marks`` are the watermarks that the process before has left."""

    def __init__(self, marks: Mapping[int, datetime]) -> None:
        self._left = marks
        self._marks = dict(marks)
        self._until: dict[Due, datetime] = {}

    def contains(self, due: Due, shard: int, now: datetime) -> bool:
        """Whether ``due``, which the shard still lists, is best left alone at ``now``."""
        until = self._until.get(due)
        if until is not None:
            return now < until
        return due.at <= self._left.get(shard, EPOCH) and now < due.at + GRACE

    def add(self, due: Due, now: datetime) -> None:
        self._until[due] = max(due.at, now) + AGAIN

    def reach(self, shards: set[int], until: datetime) -> Mapping[int, datetime]:
        """The watermarks, now that all that is due in these shards by ``until`` was queued."""
        self._marks |= dict.fromkeys(shards, until)
        return self._marks

    def forget(self, now: datetime) -> None:
        """Lets go of what would be queued again anyway."""
        self._until = {due: until for due, until in self._until.items() if now < until}
