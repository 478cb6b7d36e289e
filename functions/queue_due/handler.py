"""Each minute: hands the wallets that time has changed to the worker, by a queue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.queues import SqsQueue
from huitou.platform.settings import DueQueueUrl, MembersTable, Settings, load
from huitou.platform.table import Table
from huitou.standing.clock import Clock
from huitou.standing.store import TableDueIndex

RESERVE_MILLISECONDS = 10_000
"""Enough to send one more page to a slow queue."""


class Needs(Settings):
    members_table: MembersTable
    due_queue_url: DueQueueUrl


settings = load(Needs)
observer = Observer("queue_due")
clock = Clock(
    TableDueIndex(Table(settings.members_table, settings.region, settings.endpoint)),
    SqsQueue(settings.due_queue_url, settings.region, settings.endpoint),
)


def handler(event: dict[str, Any], context: Any) -> None:
    """``event`` is the scheduler's and says nothing that matters: what is due is due now."""
    del event
    tick = clock.tick(
        to_instant(datetime.now(UTC)), lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS
    )
    observer.count("DueQueued", tick.queued)
    observer.count("DueRefused", tick.refused.total())
    observer.count("DueUnread", tick.unread)
    observer.log(
        "ticked",
        {
            "queued": tick.queued,
            "refused": dict(tick.refused),
            "unread": tick.unread,
            "unfinished": tick.unfinished,
            "held_back": tick.held_back,
        },
    )
    observer.flush()
