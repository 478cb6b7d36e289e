"""The first state of an import: cuts the uploaded file into chunks of rows that belong together."""

from __future__ import annotations

from time import monotonic
from typing import Any

from huitou.imports.preparing import Preparation
from huitou.imports.requests import read_head
from huitou.imports.store import TableRuns
from huitou.kernel.ids import parse_digest
from huitou.platform.files import S3Files
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
observer = Observer("partition_import")
program = Table(settings.program_table, settings.region, settings.endpoint)
preparation = Preparation(
    TableRuns(program),
    S3Files(settings.import_bucket, settings.region, settings.endpoint),
    ProgramReader(TableVersions(program), monotonic),
    read_head,
    program.commit,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``{"import_id"}`` → the same with ``manifest_key``, under which the chunks are listed."""
    del context
    prepared = preparation.prepare(parse_digest(event["import_id"]))
    observer.log("partitioned", {"import_id": event["import_id"]})
    return dict(prepared)
