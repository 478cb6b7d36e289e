"""Each minute: hands what falls due within the next two to its worker, by a queue, each at its instant."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.queues import SqsQueue
from huitou.platform.settings import DueQueueUrl, MembersTable, MessagesQueueUrl, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.standing.clock import Clock
from huitou.standing.store import TableDueIndex, TableWatermarks

RESERVE_MILLISECONDS = 10_000
"""Enough to send one more page to a slow queue."""


class Needs(Settings):
    members_table: MembersTable
    program_table: ProgramTable
    due_queue_url: DueQueueUrl
    messages_queue_url: MessagesQueueUrl


settings = load(Needs)
observer = Observer("queue_due")
program = Table(settings.program_table, settings.region, settings.endpoint)
clock = Clock(
    TableDueIndex(Table(settings.members_table, settings.region, settings.endpoint)),
    SqsQueue(settings.due_queue_url, settings.region, settings.endpoint),
    TableWatermarks(program),
    program.commit,
    outbox=SqsQueue(settings.messages_queue_url, settings.region, settings.endpoint),
)


def handler(event: dict[str, Any], context: Any) -> None:
    """``event`` is the scheduler's and says nothing that matters: what falls due is told by the time that it is.

    Fails where a queue was out of reach, after all else is done.
    """
    del event
    tick = clock.tick(
        lambda: to_instant(datetime.now(UTC)), lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS
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
    if tick.failure:
        raise tick.failure
