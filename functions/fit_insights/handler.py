"""The last state of a run of insights: fits the models, takes the quantiles, and keeps them.

Where segments compare members with all others, everybody is then looked at anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.insights.fitting import fit
from huitou.insights.measuring import Concluding
from huitou.insights.packing import run_in
from huitou.insights.store import TableFindings
from huitou.kernel.instants import to_instant
from huitou.platform.files import S3Files
from huitou.platform.observability import Observer
from huitou.platform.settings import ImportBucket, ProgramTable, RebuildStateMachine, Settings, load
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.rebuild_composition import rebuilds_on


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket
    rebuild_state_machine: RebuildStateMachine


settings = load(Needs)
observer = Observer("fit_insights")
program = Table(settings.program_table, settings.region, settings.endpoint)
files = S3Files(settings.import_bucket, settings.region, settings.endpoint)
concluding = Concluding(TableFindings(program), files, fit, program.commit)
programs = ProgramReader(TableVersions(program), monotonic)
rebuilds = rebuilds_on(program, settings, settings.import_bucket, settings.rebuild_state_machine)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` is what the first state returned; with ``error`` where a state failed for good, all stays as it was."""
    del context
    if "error" in event:
        observer.log("failed", {"run_id": event.get("run_id", "")})
        return {"version": None}
    findings = concluding.conclude(run_in(event))
    observer.log("concluded", {"run_id": findings.run})
    active = programs.active()
    if active.comparing_segments:
        rebuilds.follow_insights(findings.version, active.version, to_instant(datetime.now(UTC)))
    return {"version": findings.version}
