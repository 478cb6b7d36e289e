"""The last state of a simulation: puts the parts together and says what differs."""

from __future__ import annotations

from huitou.platform.files import S3Files
from huitou.platform.settings import ImportBucket, ProgramTable, Settings, load
from huitou.platform.state_machines import last_state
from huitou.platform.table import Table
from huitou.simulator.store import TableSimulations
from huitou.simulator.working import Concluding


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
concluding = Concluding(
    TableSimulations(program), S3Files(settings.import_bucket, settings.region, settings.endpoint), program.commit
)

handler = last_state("report_simulation", "simulation_id", concluding.conclude)
