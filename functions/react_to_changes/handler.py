"""The first reader of the stream of members: works out where they stand after each change of what is known of them.

It also tells those who send messages of each new one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.kernel.instants import to_instant
from huitou.outbox.announcing import Announcer
from huitou.outbox.store import due_in, is_of_message
from huitou.outbox_composition import OutboxSettings, outboxes_of
from huitou.platform.observability import Observer
from huitou.platform.queues import SqsQueue
from huitou.platform.set_aside import SetAside
from huitou.platform.settings import (
    DueQueueUrl,
    MembersTable,
    ProgramTable,
    SetAsideBucket,
    load,
)
from huitou.platform.streams import again_from
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.segment_composition import segments_on
from huitou.segments.reacting import Reactor
from huitou.segments.store import owner_of


class Needs(OutboxSettings):
    members_table: MembersTable
    program_table: ProgramTable
    due_queue_url: DueQueueUrl
    set_aside_bucket: SetAsideBucket


settings = load(Needs)
observer = Observer("react_to_changes")
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
segments = segments_on(Table(settings.members_table, settings.region, settings.endpoint), program, programs)
aside = SetAside(settings.set_aside_bucket, observer, settings.region, settings.endpoint)
reactor = Reactor(
    owner_of,
    segments.refresh,
    SqsQueue(settings.due_queue_url, settings.region, settings.endpoint),
    aside,
    lambda error: observer.log_failure("not evaluated", error, {}),
)
announcer = Announcer(
    due_in,
    outboxes_of(settings),
    aside,
    lambda error: observer.log_failure("not announced", error, {}),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the first record that is to come again; the stream goes on from there."""
    del context
    records, now = event["Records"], to_instant(datetime.now(UTC))
    messages = [number for number, record in enumerate(records) if is_of_message(record)]
    facts = [number for number in range(len(records)) if number not in messages]
    reaction = reactor.react([records[number] for number in facts], now)
    announced = announcer.announce([records[number] for number in messages], now)
    observer.count("PositionsEvaluated", reaction.evaluated)
    observer.count("PositionsHandedOn", reaction.handed_on)
    observer.count("MessagesAnnounced", announced)
    observer.flush()
    return again_from(records, {facts[number] for number in reaction.again})
