"""The programme over HTTP: what holds, what held, drafts of what might hold, and publishing what shall."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import Caller
from huitou.kernel.errors import ContentReusedError, NotFoundError, PreconditionFailedError, PreconditionRequiredError
from huitou.kernel.ids import parse_digest
from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
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
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import ImportBucket, ProgramTable, RebuildStateMachine, Settings, load
from huitou.platform.table import Table
from huitou.program.document import document_schema
from huitou.program.drafts import DraftDiscardedError, DraftPublishedError, Drafts
from huitou.program.model import GROUP
from huitou.program.publishing import ProgramPublisher, Publication
from huitou.program.requests import (
    CreatedDraftView,
    DifferencesView,
    DocumentBody,
    DraftBody,
    DraftPage,
    DraftView,
    ExaminationView,
    ProgramSchemaView,
    ProgramVersionPage,
    PublicationView,
    PublishedProgramView,
    RollbackBody,
    StorePage,
    WholeDraftView,
    differences_view,
    draft_view,
    examination_view,
    page_view,
    published_view,
    store_view,
    version_view,
    whole_draft_view,
)
from huitou.program.service import ProgramReader, stores_of
from huitou.program.store import TableDrafts, TableVersions
from huitou.program.validation import MAX_BYTES, InvalidProgramError
from huitou.rebuild_composition import rebuilds_on
from huitou.rebuilding.following import Follower

VERSIONS = "/v1/program/versions"
VALIDATION = "/v1/program/validation"
DRAFTS = "/v1/program/drafts"
DRAFT = f"{DRAFTS}/<draft_id>"
OPENAPI = Path(__file__).with_name("openapi.json")

Number = Annotated[int, PathPart(ge=1, le=99_999_999, description="The number of a published version.")]
Against = Annotated[int | None, Query(ge=1, le=99_999_999, description="The version to compare with.")]
DraftId = Annotated[str, PathPart(max_length=26)]
Brand = Annotated[str | None, Query(max_length=31, description="Stores of this brand only.")]
Region = Annotated[str | None, Query(max_length=80, description="Stores of this region only.")]


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket
    rebuild_state_machine: RebuildStateMachine


settings = load(Needs)
table = Table(settings.program_table, settings.region, settings.endpoint)
versions = TableVersions(table)
programs = ProgramReader(versions, time.monotonic)
publisher = ProgramPublisher(versions, table.commit, pause)
drafts = Drafts(TableDrafts(table), versions, publisher, table.commit, pause)

app = create_app(
    "serve_program",
    "Programme",
    body_limits=dict.fromkeys((VERSIONS, VALIDATION, DRAFTS, f"{DRAFTS}/{{draft_id}}"), MAX_BYTES),
)
add_openapi_route(app, OPENAPI)

rebuilds = rebuilds_on(table, settings, settings.import_bucket, settings.rebuild_state_machine)
follower = Follower(rebuilds, versions, lambda error: app.observer.log_failure("rebuild not started", error, {}))


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
    caller = _publishing()
    replaces = expected_version(if_match) if if_match else None
    return _published(publisher.publish(_text(document), by=caller.key_id, now=accepted_at(app), replaces=replaces))


@app.get(
    f"{VERSIONS}/<version>/diff",
    summary="Compare a version",
    security=permission("program:read"),
    responses=documented({200: DifferencesView}),
)
def compare_version(version: Number, against: Against = None) -> Answer:
    """What it says otherwise than another version, by default the one before."""
    other = against if against is not None else version - 1 or None
    changes = publisher.compare(programs.published(version).document, other)
    return answer(differences_view(changes, version, other))


@app.post(
    VALIDATION,
    summary="Check a programme",
    security=permission("program:read"),
    responses=documented({200: ExaminationView}),
)
def examine(document: Annotated[DocumentBody, Body()]) -> Answer:
    """Says everything for which the document would be refused now. Nothing is kept."""
    return answer(examination_view(publisher.examine(_text(document))))


@app.post(
    "/v1/program/rollback",
    summary="Roll back",
    security=permission("program:publish"),
    responses=documented(
        {200: PublicationView, 201: PublicationView},
        *(NotFoundError, InvalidProgramError, PreconditionFailedError),
        headers=("ETag", "Location"),
    ),
)
def roll_back(body: Annotated[RollbackBody, Body()], if_match: IfMatch = None) -> Answer:
    """Publishes the document of an older version anew, as the newest one; 200 if it holds already.

    History only grows. Where that document would contradict what members hold by now, it is refused with every
    reason. With If-Match, only if that version is still the active one.
    """
    caller = _publishing()
    replaces = expected_version(if_match) if if_match else None
    return _published(
        publisher.roll_back(body.version, body.reason, by=caller.key_id, now=accepted_at(app), replaces=replaces)
    )


@app.get(DRAFTS, summary="List the drafts", security=permission("program:read"), responses=documented({200: DraftPage}))
def list_drafts(cursor: Cursor = None, limit: Limit = 20) -> Answer:
    """All drafts, also those that were published."""
    _reading_drafts()
    page = drafts.page(after=decode_cursor(cursor), limit=limit)
    return answer(page_view([draft_view(draft) for draft in page.items], encode_cursor(page.next_cursor)))


@app.post(
    DRAFTS,
    summary="Begin a draft",
    security=permission("program:publish"),
    responses=documented(
        {200: CreatedDraftView, 201: CreatedDraftView},
        *(InvalidProgramError, ContentReusedError, DraftDiscardedError),
        headers=("ETag", "Location"),
    ),
)
def create_draft(body: Annotated[DraftBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Keeps a document that need not work yet."""
    caller = _publishing()
    draft, replayed = drafts.create(
        _text(body.document), key=idempotency_key, by=caller.key_id, now=accepted_at(app), based_on=body.based_on
    )
    return answer(
        {**draft_view(draft), "replayed": replayed},
        status=status_of(replayed=replayed),
        headers={"ETag": etag(draft.revision), "Location": reference_to(app, f"{DRAFTS}/{draft.id}")},
    )


@app.get(
    DRAFT,
    summary="Read a draft",
    security=permission("program:read"),
    responses=documented({200: WholeDraftView}, headers=("ETag",)),
)
def get_draft(draft_id: DraftId) -> Answer:
    """With its document as it was sent."""
    _reading_drafts()
    draft = drafts.find(parse_digest(draft_id))
    return answer(whole_draft_view(draft), headers={"ETag": etag(draft.revision)})


@app.put(
    DRAFT,
    summary="Change a draft",
    security=permission("program:publish"),
    responses=documented(
        {200: DraftView},
        *(InvalidProgramError, DraftPublishedError, PreconditionFailedError, PreconditionRequiredError),
        headers=("ETag",),
    ),
)
def change_draft(draft_id: DraftId, body: Annotated[DraftBody, Body()], if_match: IfMatch = None) -> Answer:
    """Gives it another document. If-Match says which revision the change was made on."""
    caller = _publishing()
    draft = drafts.change(
        parse_digest(draft_id),
        _text(body.document),
        expected_version(if_match),
        by=caller.key_id,
        now=accepted_at(app),
        based_on=body.based_on,
    )
    return answer(draft_view(draft), headers={"ETag": etag(draft.revision)})


@app.delete(
    DRAFT,
    summary="Discard a draft",
    security=permission("program:publish"),
    responses=documented({204: None}, DraftPublishedError, PreconditionFailedError, PreconditionRequiredError),
)
def discard_draft(draft_id: DraftId, if_match: IfMatch = None) -> Answer:
    """One that was published stays."""
    caller = _publishing()
    drafts.discard(parse_digest(draft_id), expected_version(if_match), by=caller.key_id, now=accepted_at(app))
    return answer(None, status=204)


@app.get(
    f"{DRAFT}/diff",
    summary="Compare a draft",
    security=permission("program:read"),
    responses=documented({200: DifferencesView}, InvalidProgramError),
)
def compare_draft(draft_id: DraftId, against: Against = None) -> Answer:
    """What it says otherwise than a version, by default the active one."""
    _reading_drafts()
    draft = drafts.find(parse_digest(draft_id))
    other = against if against is not None else programs.active_number()
    return answer(differences_view(publisher.compare(draft.document, other), None, other))


@app.post(
    f"{DRAFT}/validation",
    summary="Check a draft",
    security=permission("program:read"),
    responses=documented({200: ExaminationView}),
)
def examine_draft(draft_id: DraftId) -> Answer:
    """Says everything for which it would be refused now."""
    _reading_drafts()
    return answer(examination_view(publisher.examine(drafts.find(parse_digest(draft_id)).document)))


@app.post(
    f"{DRAFT}/publication",
    summary="Publish a draft",
    security=permission("program:publish"),
    responses=documented(
        {200: PublicationView, 201: PublicationView},
        *(InvalidProgramError, PreconditionFailedError),
        headers=("ETag", "Location"),
    ),
)
def publish_draft(draft_id: DraftId, if_match: IfMatch = None) -> Answer:
    """Makes it the active version, if the one that it is based on still holds; 200 if it did so before.

    With If-Match, only in that revision.
    """
    caller = _publishing()
    revision = expected_version(if_match) if if_match else None
    return _published(drafts.publish(parse_digest(draft_id), revision, by=caller.key_id, now=accepted_at(app)))


def _publishing() -> Caller:
    caller = current_caller(app)
    caller.acts_for(GROUP)
    return caller


def _reading_drafts() -> None:
    """What is not published yet is nobody's but the group's."""
    caller = current_caller(app)
    caller.acts_for(GROUP)


def _published(publication: Publication) -> Answer:
    number = publication.version.number
    following, rebuild_id = follower.follow(number, accepted_at(app))
    return answer(
        {
            **version_view(publication.version),
            "replayed": publication.replayed,
            "rebuild": following,
            "rebuild_id": rebuild_id,
        },
        status=status_of(replayed=publication.replayed),
        headers={"ETag": etag(number), "Location": reference_to(app, f"{VERSIONS}/{number}")},
    )


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


handler = entry_point(app)
