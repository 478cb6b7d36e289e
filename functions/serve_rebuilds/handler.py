"""Rebuilds: everybody is looked at anew under the programme that holds."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import ForeignBrandError
from huitou.kernel.ids import parse_digest
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
from huitou.platform.settings import ImportBucket, ProgramTable, RebuildStateMachine, Settings, load
from huitou.platform.table import Table
from huitou.rebuild_composition import rebuilds_on
from huitou.rebuilding.errors import RebuildNotFoundError
from huitou.rebuilding.requests import CreatedRebuildView, RebuildBody, RebuildView, created_view, rebuild_view

REBUILDS = "/v1/rebuilds"

RebuildId = Annotated[str, PathPart(max_length=26)]


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket
    rebuild_state_machine: RebuildStateMachine


settings = load(Needs)
rebuilds = rebuilds_on(
    Table(settings.program_table, settings.region, settings.endpoint),
    settings,
    settings.import_bucket,
    settings.rebuild_state_machine,
)

app = create_app("serve_rebuilds", "Rebuilds")


@app.post(
    REBUILDS,
    summary="Look at everybody anew",
    security=permission("rebuilds:write"),
    responses=documented({200: CreatedRebuildView, 202: CreatedRebuildView}, ForeignBrandError, headers=("Location",)),
)
def create_rebuild(body: Annotated[RebuildBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """For keys of the group. Keeps where each member stands under the programme that holds; look again until it ends.

    Who stands where facts and time have put them already is read, and left alone.
    """
    created = rebuilds.create(idempotency_key, body.client_reference, current_caller(app), accepted_at(app))
    note(app, rebuild_id=created.job.id, replayed=created.replayed)
    return begun(app, f"{REBUILDS}/{created.job.id}", created_view(created))


@app.get(
    f"{REBUILDS}/<rebuild_id>",
    summary="Look at a rebuild",
    security=permission("rebuilds:read"),
    responses=documented({200: RebuildView}, ForeignBrandError, RebuildNotFoundError),
)
def get_rebuild(rebuild_id: RebuildId) -> Answer:
    """For keys of the group: how far it is."""
    return answer(rebuild_view(rebuilds.get(parse_digest(rebuild_id), current_caller(app))))


handler = entry_point(app)
