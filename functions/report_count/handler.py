"""The last state of a count: ends it."""

from __future__ import annotations

from functools import partial

from huitou.counts.store import counts_in
from huitou.jobs.service import end
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.state_machines import last_state
from huitou.platform.table import Table


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)

handler = last_state("report_count", "count_id", partial(end, counts_in(program), program.commit))
