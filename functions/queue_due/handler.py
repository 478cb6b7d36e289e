"""Each minute: hands what falls due within the next two to its worker, by a queue, each at its instant.

Then it looks into the calendar, and lets what begins soon fall due.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.campaigns.calling import CampaignCalendar
from huitou.campaigns.occasion_store import TableOccasions
from huitou.kernel.instants import to_instant
from huitou.outbox_composition import OutboxSettings, outboxes_of
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.observability import Observer
from huitou.platform.queues import SqsQueue
from huitou.platform.settings import (
    DueQueueUrl,
    MembersTable,
    ProgramTable,
    load,
)
from huitou.platform.table import Table
from huitou.program.service import NoProgramError, ProgramReader
from huitou.program.store import TableVersions
from huitou.standing.clock import Clock
from huitou.standing.store import TableDueIndex, TableWatermarks

RESERVE_MILLISECONDS = 10_000
"""Enough to send one more page to a slow queue."""


class Needs(OutboxSettings):
    members_table: MembersTable
    program_table: ProgramTable
    due_queue_url: DueQueueUrl


settings = load(Needs)
observer = Observer("queue_due")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
calendar = CampaignCalendar(
    TableOccasions(members), ProgramReader(TableVersions(program), monotonic), members.commit, MEMBER_SHARDS
)
clock = Clock(
    TableDueIndex(members),
    SqsQueue(settings.due_queue_url, settings.region, settings.endpoint),
    TableWatermarks(program),
    program.commit,
    outboxes=outboxes_of(settings),
)


def handler(event: dict[str, Any], context: Any) -> None:
    """``event`` is the scheduler's and says nothing that matters: what falls due is told by the time that it is.

    Fails where a queue was out of reach, or the programme, after all else is done. Before the first publication there
    is no calendar.
    """
    del event
    tick = clock.tick(now, lambda: context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS)
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
    with suppress(NoProgramError):
        if announced := calendar.announce(now()):
            observer.log("campaigns begin soon", {"announced": announced})
    if tick.failure:
        raise tick.failure


def now() -> datetime:
    return to_instant(datetime.now(UTC))
