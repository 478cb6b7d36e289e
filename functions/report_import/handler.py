"""The last state of an import: sums up what became of the rows, or says why it failed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.imports.reporting import Reporting
from huitou.imports.store import TableRuns
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.files import S3Files
from huitou.platform.observability import Observer
from huitou.platform.settings import ImportBucket, ProgramTable, Settings, load
from huitou.platform.table import Table


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket


settings = load(Needs)
observer = Observer("report_import")
program = Table(settings.program_table, settings.region, settings.endpoint)
reporting = Reporting(
    TableRuns(program), S3Files(settings.import_bucket, settings.region, settings.endpoint), program.commit
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` is what `partition_import` returned; with ``error`` where a state failed for good."""
    del context
    run = reporting.report(parse_digest(event["import_id"]), event.get("error"), to_instant(datetime.now(UTC)))
    observer.log("reported", {"import_id": run.id})
    return {"import_id": run.id, "status": run.status.value}
