"""The last state of a simulation: puts the parts together and says what differs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.files import S3Files
from huitou.platform.observability import Observer
from huitou.platform.settings import ImportBucket, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.simulator.store import TableSimulations
from huitou.simulator.working import Concluding


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket


settings = load(Needs)
observer = Observer("report_simulation")
program = Table(settings.program_table, settings.region, settings.endpoint)
concluding = Concluding(
    TableSimulations(program), S3Files(settings.import_bucket, settings.region, settings.endpoint), program.commit
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` is what started the simulation; with ``error`` where a part failed for good."""
    del context
    simulation_id, failed = parse_digest(event["simulation_id"]), "error" in event
    simulation = concluding.conclude(simulation_id, failed=failed, now=to_instant(datetime.now(UTC)))
    observer.log("reported", {"simulation_id": simulation.id})
    return {"simulation_id": simulation.id, "status": simulation.status.value}
