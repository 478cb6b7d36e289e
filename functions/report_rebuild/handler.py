"""The last state of a rebuild: ends it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.rebuilding.store import TableRebuilds
from huitou.rebuilding.working import Ending


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
observer = Observer("report_rebuild")
program = Table(settings.program_table, settings.region, settings.endpoint)
ending = Ending(TableRebuilds(program), program.commit)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` is what started the rebuild; with ``error`` where a part failed for good."""
    del context
    rebuild = ending.end(parse_digest(event["rebuild_id"]), "error" in event, to_instant(datetime.now(UTC)))
    observer.log("reported", {"rebuild_id": rebuild.id})
    return {"rebuild_id": rebuild.id, "status": rebuild.status.value}
