"""What-if: a changed programme over what members did, before it is published."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import ForeignBrandError
from huitou.insights.service import InsightsReader
from huitou.insights.store import TableFindings
from huitou.jobs.service import Jobs
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import parse_digest
from huitou.members.store import TableMemberIndex
from huitou.platform.files import S3Files
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    accepted_at,
    answer,
    begun,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import (
    ImportBucket,
    MembersTable,
    ProgramTable,
    Settings,
    SimulationStateMachine,
    load,
)
from huitou.platform.state_machines import SimulationStates
from huitou.platform.table import Table
from huitou.program.store import TableDrafts, TableVersions
from huitou.program.validation import MAX_BYTES, InvalidProgramError
from huitou.simulator.errors import InvalidSimulationError, SimulationNotFoundError
from huitou.simulator.requests import (
    CreatedSimulationView,
    SimulationBody,
    SimulationView,
    created_view,
    simulation_view,
)
from huitou.simulator.service import Simulations
from huitou.simulator.store import TableSimulations

SIMULATIONS = "/v1/simulations"

SimulationId = Annotated[str, PathPart(max_length=26)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    import_bucket: ImportBucket
    simulation_state_machine: SimulationStateMachine


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
kept = TableSimulations(program)
files = S3Files(settings.import_bucket, settings.region, settings.endpoint)
states = SimulationStates(settings.simulation_state_machine, settings.region, settings.endpoint)
simulations = Simulations(
    simulations=kept,
    versions=TableVersions(program),
    drafts=TableDrafts(program),
    index=TableMemberIndex(Table(settings.members_table, settings.region, settings.endpoint)),
    insights=InsightsReader(TableFindings(program), monotonic),
    files=files,
    jobs=Jobs(kept, files, states, SimulationNotFoundError, program.commit, pause),
)

app = create_app("serve_simulations", "What-if", body_limits={SIMULATIONS: MAX_BYTES})


@app.post(
    SIMULATIONS,
    summary="Ask what a changed programme would have made of the past",
    security=permission("simulations:write"),
    responses=documented(
        {200: CreatedSimulationView, 202: CreatedSimulationView},
        *(ForeignBrandError, InvalidSimulationError, InvalidProgramError, ContentReusedError),
        headers=("Location",),
    ),
)
def create_simulation(body: Annotated[SimulationBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """For keys of the group. Every purchase is decided again under both programmes; nothing else is changed.

    Look again until it is completed. Both programmes are taken as they are now.
    """
    created = simulations.create(body.asked(), idempotency_key, current_caller(app), accepted_at(app))
    note(app, simulation_id=created.simulation.id, replayed=created.replayed)
    return begun(app, f"{SIMULATIONS}/{created.simulation.id}", created_view(created))


@app.get(
    f"{SIMULATIONS}/<simulation_id>",
    summary="Look at a simulation",
    security=permission("simulations:read"),
    responses=documented({200: SimulationView}, ForeignBrandError, SimulationNotFoundError),
)
def get_simulation(simulation_id: SimulationId) -> Answer:
    """For keys of the group: how far it is and, once it is completed, what differs."""
    return answer(simulation_view(simulations.get(parse_digest(simulation_id), current_caller(app))))


handler = entry_point(app)
