"""The last state of a campaign's result: compares both groups, and keeps what may be said."""

from __future__ import annotations

from time import monotonic

from huitou.outcomes.concluding import Concluding
from huitou.outcomes.store import results_in
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.state_machines import last_state
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
concluding = Concluding(results_in(program), programs, speech_in(programs), program.commit)

handler = last_state("report_result", "result_id", concluding.conclude)
