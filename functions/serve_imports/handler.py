"""Bulk imports: ask for one, send its file to the address in the answer, start it, look how it is getting on."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.imports.errors import FileReplacedError, FileTooLargeError, ImportNotFoundError, NothingUploadedError
from huitou.imports.requests import CreatedImportView, ImportBody, ImportView, created_view, import_view
from huitou.imports.service import Imports, Progress
from huitou.imports.store import TableRuns
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import parse_digest
from huitou.platform.files import S3Files
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    accepted_at,
    answer,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
    reference_to,
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import ImportBucket, ImportStateMachine, ProgramTable, Settings, load
from huitou.platform.state_machines import ImportStates
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions

ImportId = Annotated[str, PathPart(max_length=26)]


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket
    import_state_machine: ImportStateMachine


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
imports = Imports(
    runs=TableRuns(program),
    files=S3Files(settings.import_bucket, settings.region, settings.endpoint),
    states=ImportStates(settings.import_state_machine, settings.region, settings.endpoint),
    programs=programs,
    commit=program.commit,
    pause=pause,
)

app = create_app("serve_imports", "Imports")


@app.post(
    "/v1/imports",
    summary="Ask for an import",
    security=permission("imports:write"),
    responses=documented({200: CreatedImportView, 201: CreatedImportView}, ContentReusedError, headers=("Location",)),
)
def create_import(body: Annotated[ImportBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Answers with the address to which the file goes, by PUT: NDJSON or CSV, up to 1 GiB and 1,000,000 rows.

    A brand's key imports rows of its own brand only.
    """
    caller = current_caller(app)
    control = body.control.control(programs.active()) if body.control else None
    created = imports.create(
        body.format, body.client_reference, idempotency_key, caller.brand, accepted_at(app), control=control
    )
    note(app, import_id=created.run.id, replayed=created.replayed)
    location = {"Location": reference_to(app, f"/v1/imports/{created.run.id}")}
    return answer(created_view(created), status_of(replayed=created.replayed), location)


@app.post(
    "/v1/imports/<import_id>/start",
    summary="Start an import",
    security=permission("imports:write"),
    responses=documented(
        {202: ImportView},
        *(ImportNotFoundError, NothingUploadedError, FileTooLargeError, FileReplacedError),
    ),
)
def start_import(import_id: ImportId) -> Answer:
    """Once the file is there. Starting again changes nothing; a failed import goes on where it stopped."""
    caller = current_caller(app)
    run = imports.start(parse_digest(import_id), caller.brand, accepted_at(app))
    note(app, import_id=run.id)
    return answer(import_view(Progress(run, run.counts, None)), 202)


@app.get(
    "/v1/imports/<import_id>",
    summary="Look at an import",
    security=permission("imports:write"),
    responses=documented({200: ImportView}, ImportNotFoundError),
)
def get_import(import_id: ImportId) -> Answer:
    """How far it is and, once it is finished, which rows were rejected and why."""
    caller = current_caller(app)
    return answer(import_view(imports.progress(parse_digest(import_id), caller.brand)))


handler = entry_point(app)
