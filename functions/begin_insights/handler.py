"""The first state of a run of insights: says of when it is and lists the shards."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.insights.measuring import Beginning
from huitou.insights.packing import run_event
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.files import S3Files
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.observability import Observer
from huitou.platform.settings import ImportBucket, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket


settings = load(Needs)
observer = Observer("begin_insights")
beginning = Beginning(
    ProgramReader(TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), monotonic),
    S3Files(settings.import_bucket, settings.region, settings.endpoint),
    MEMBER_SHARDS,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` names the run that somebody asked for; that of the schedule names none."""
    del context
    asked = event.get("run_id")
    run = beginning.begin(parse_digest(asked) if asked else None, to_instant(datetime.now(UTC)))
    observer.log("begun", {"run_id": run.id})
    return run_event(run)
