"""The last state of a rebuild: ends it."""

from __future__ import annotations

from functools import partial

from huitou.jobs.service import end
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.state_machines import last_state
from huitou.platform.table import Table
from huitou.rebuilding.store import rebuilds_in


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)

handler = last_state("report_rebuild", "rebuild_id", partial(end, rebuilds_in(program), program.commit))
