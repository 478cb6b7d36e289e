"""The last state of a count: ends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.counts.store import TableCounts
from huitou.counts.working import Ending
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.table import Table


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
observer = Observer("report_count")
program = Table(settings.program_table, settings.region, settings.endpoint)
ending = Ending(TableCounts(program), program.commit)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` is what started the count; with ``error`` where a part failed for good."""
    del context
    count = ending.end(parse_digest(event["count_id"]), "error" in event, to_instant(datetime.now(UTC)))
    observer.log("reported", {"count_id": count.id})
    return {"count_id": count.id, "status": count.status.value}
