"""The first reader of the stream of members: works out where they stand after each change of what is known of them."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.queues import SqsQueue
from huitou.platform.set_aside import SetAside
from huitou.platform.settings import DueQueueUrl, MembersTable, ProgramTable, SetAsideBucket, Settings, load
from huitou.platform.streams import again_from
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.segment_composition import segments_on
from huitou.segments.reacting import Reactor
from huitou.segments.store import owner_of


class Needs(Settings):
    members_table: MembersTable
    program_table: ProgramTable
    due_queue_url: DueQueueUrl
    set_aside_bucket: SetAsideBucket


settings = load(Needs)
observer = Observer("react_to_changes")
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
segments = segments_on(Table(settings.members_table, settings.region, settings.endpoint), program, programs)
reactor = Reactor(
    owner_of,
    segments.refresh,
    SqsQueue(settings.due_queue_url, settings.region, settings.endpoint),
    SetAside(settings.set_aside_bucket, observer, settings.region, settings.endpoint),
    lambda error: observer.log_failure("not evaluated", error, {}),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the first record that is to come again; the stream goes on from there."""
    del context
    reaction = reactor.react(event["Records"], to_instant(datetime.now(UTC)))
    observer.count("PositionsEvaluated", reaction.evaluated)
    observer.count("PositionsHandedOn", reaction.handed_on)
    observer.flush()
    return again_from(event["Records"], reaction.again)
