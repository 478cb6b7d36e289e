"""The second reader of the stream of members: tells subscribers what happened, on the group's bus."""

from __future__ import annotations

import time
from typing import Any

from huitou.events.service import Publisher
from huitou.events.store import change_in
from huitou.platform.event_bus import EventBridgeBus
from huitou.platform.observability import Observer
from huitou.platform.pauses import pause
from huitou.platform.set_aside import SetAside
from huitou.platform.settings import EventBus, ProgramTable, SetAsideBucket, Settings, load
from huitou.platform.streams import again_from
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions


class Needs(Settings):
    program_table: ProgramTable
    event_bus: EventBus
    set_aside_bucket: SetAsideBucket


settings = load(Needs)
observer = Observer("publish_changes")
programs = ProgramReader(
    TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), time.monotonic
)
publisher = Publisher(
    change_in,
    programs.version,
    EventBridgeBus(settings.event_bus, settings.region, pause, settings.endpoint),
    SetAside(settings.set_aside_bucket, observer, settings.region, settings.endpoint),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers with the first record that is to come again; the stream goes on from there."""
    del context
    published = publisher.publish(event["Records"])
    observer.count("EventsPublished", published.events)
    observer.count("ChangesHeldBack", len(published.again))
    observer.flush()
    return again_from(event["Records"], published.again)
