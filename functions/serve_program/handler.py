"""The programme over HTTP: what holds, what held, and publishing what shall hold."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.kernel.errors import PreconditionFailedError
from huitou.platform.http import (
    Answer,
    Cursor,
    IfMatch,
    Limit,
    accepted_at,
    add_openapi_route,
    answer,
    create_app,
    current_caller,
    decode_cursor,
    documented,
    encode_cursor,
    entry_point,
    etag,
    expected_version,
    permission,
    reference_to,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.document import document_schema
from huitou.program.model import GROUP
from huitou.program.publishing import ProgramPublisher
from huitou.program.requests import (
    DocumentBody,
    ProgramSchemaView,
    ProgramVersionPage,
    PublicationView,
    PublishedProgramView,
    StorePage,
    page_view,
    published_view,
    store_view,
    version_view,
)
from huitou.program.service import ProgramReader, stores_of
from huitou.program.store import TableVersions
from huitou.program.validation import MAX_BYTES, InvalidProgramError

VERSIONS = "/v1/program/versions"
OPENAPI = Path(__file__).with_name("openapi.json")

Number = Annotated[int, PathPart(ge=1, le=99_999_999, description="The number of a published version.")]
Brand = Annotated[str | None, Query(max_length=31, description="Stores of this brand only.")]
Region = Annotated[str | None, Query(max_length=80, description="Stores of this region only.")]


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
table = Table(settings.program_table, settings.region, settings.endpoint)
versions = TableVersions(table)
programs = ProgramReader(versions, time.monotonic)
publisher = ProgramPublisher(versions, table.commit, pause)

app = create_app("serve_program", "Programme", body_limits={VERSIONS: MAX_BYTES})
add_openapi_route(app, OPENAPI)


@app.get(
    "/v1/stores", summary="List the stores", security=permission("program:read"), responses=documented({200: StorePage})
)
def list_stores(brand: Brand = None, region: Region = None, cursor: Cursor = None, limit: Limit = 100) -> Answer:
    """All stores of the group, by id; where to buy is no brand's secret."""
    page = stores_of(programs.active(), brand=brand, region=region, after=decode_cursor(cursor), limit=limit)
    return answer(page_view([store_view(store) for store in page.items], encode_cursor(page.next_cursor)))


@app.get(
    "/v1/program",
    summary="Read the active programme",
    security=permission("program:read"),
    responses=documented({200: PublishedProgramView}, headers=("ETag",)),
)
def get_program() -> Answer:
    """The version that holds now."""
    version = programs.latest()
    return answer(published_view(version), headers={"ETag": etag(version.number)})


@app.get(
    "/v1/program/schema",
    summary="Read the schema",
    security=permission("program:read"),
    responses=documented({200: ProgramSchemaView}),
)
def get_schema() -> Answer:
    """The JSON Schema of the document that `POST /v1/program/versions` takes."""
    return answer(document_schema())


@app.get(
    VERSIONS,
    summary="List the versions",
    security=permission("program:read"),
    responses=documented({200: ProgramVersionPage}),
)
def list_versions(cursor: Cursor = None, limit: Limit = 20) -> Answer:
    """All versions, the newest first."""
    page = programs.history(after=decode_cursor(cursor), limit=limit)
    return answer(page_view([version_view(version) for version in page.items], encode_cursor(page.next_cursor)))


@app.get(
    f"{VERSIONS}/<version>",
    summary="Read a version",
    security=permission("program:read"),
    responses=documented({200: PublishedProgramView}, headers=("ETag",)),
)
def get_version(version: Number) -> Answer:
    """A version as it was published; it never changes."""
    return answer(published_view(programs.published(version)), headers={"ETag": etag(version)})


@app.post(
    VERSIONS,
    summary="Publish a programme",
    security=permission("program:publish"),
    responses=documented(
        {200: PublicationView, 201: PublicationView},
        *(InvalidProgramError, PreconditionFailedError),
        headers=("ETag", "Location"),
    ),
)
def publish(document: Annotated[DocumentBody, Body()], if_match: IfMatch = None) -> Answer:
    """Makes the document the active version; 200 if it is the active one already.

    With If-Match, only if that version is still the active one.
    """
    caller = current_caller(app)
    caller.acts_for(GROUP)
    publication = publisher.publish(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        by=caller.key_id,
        now=accepted_at(app),
        replaces=expected_version(if_match) if if_match else None,
    )
    number = publication.version.number
    return answer(
        {**version_view(publication.version), "replayed": publication.replayed},
        status=200 if publication.replayed else 201,
        headers={"ETag": etag(number), "Location": reference_to(app, f"{VERSIONS}/{number}")},
    )


handler = entry_point(app)
