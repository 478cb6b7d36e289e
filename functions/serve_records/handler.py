"""Whom a record is about: two of one person are merged, and one is handed over or forgotten as the person wants it."""

from __future__ import annotations

import time
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from huitou.access.model import ForeignBrandError
from huitou.composition import MemberSettings
from huitou.erasing.export_answers import ExportPage, Views, export_page
from huitou.erasing.exports import Exports
from huitou.erasing.requests import ErasureBody, ErasureView, erasure_view
from huitou.erasing.service import Erasures
from huitou.erasing.store import TableErasures, TableExportLog, TableKept, TableTraces
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId, parse_digest
from huitou.kernel.pages import InvalidCursorError
from huitou.members.decisions import TooManyError
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.merging.requests import MergeBody, MergeView, merge_view
from huitou.merging.service import (
    AlreadyMergedError,
    Merged,
    MergeNotFoundError,
    Merges,
    TooManyAbsorbedError,
    TooMuchToMergeError,
    merge_id,
)
from huitou.merging.store import TableMerges
from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
    MemberPath,
    accepted_at,
    answer,
    create_app,
    current_caller,
    decode_cursor,
    documented,
    encode_cursor,
    entry_point,
    note,
    permission,
    reference_to,
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import load
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS, MemberNotFoundError
from huitou.points.store import TableWallets
from huitou.program.model import GROUP
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates
from huitou.standing.store import TableStandings

MergePath = Annotated[str, Path(alias="merge_id", max_length=64)]

Records = Annotated[int, Query(alias="limit", ge=1, le=100, description="About so many records.")]

settings = load(MemberSettings)
table = Table(settings.members_table, settings.region, settings.endpoint)
program_table = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program_table), time.monotonic)
hasher = IdentityHasher(Secret(settings.identity_secret, settings.region, settings.endpoint).text)
members, wallets, standings = TableMembers(table), TableWallets(table), TableStandings(table)
states = TableMemberStates(table)
merges = Merges(
    merges=TableMerges(table),
    members=members,
    wallets=wallets,
    states=states,
    standings=standings,
    programs=programs,
    hasher=hasher,
    commit=table.commit,
    pause=pause,
)
erasures = Erasures(
    erasures=TableErasures(program_table),
    traces=TableTraces(table),
    members=members,
    wallets=wallets,
    standings=standings,
    programs=programs,
    hasher=hasher,
    commit=table.commit,
    pause=pause,
)
exports = Exports(
    kept=TableKept(table),
    log=TableExportLog(program_table),
    members=members,
    states=states,
    programs=programs,
    commit=program_table.commit,
)

app = create_app("serve_records", "Records of one person")

MERGE_ERRORS = (ForeignBrandError, *MEMBER_ERRORS, AlreadyMergedError, TooMuchToMergeError)


@app.post(
    "/v1/merges",
    summary="Merge two members",
    security=permission("members:write"),
    responses=documented(
        {200: MergeView, 201: MergeView},
        *(*MERGE_ERRORS, TooManyAbsorbedError, TooManyError, ContentReusedError),
        headers=("Location",),
    ),
)
def merge(body: Annotated[MergeBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """The survivor goes on with all that both had; the other's id leads to them for ever. For the group's keys."""
    current_caller(app).acts_for(GROUP)
    merged = merges.merge(body.order(merge_id(idempotency_key), accepted_at(app)))
    location = {"Location": reference_to(app, f"/v1/merges/{merged.merge.id}")}
    return _merge(merged, status_of(replayed=merged.replayed), location)


@app.get(
    "/v1/merges/<merge_id>",
    summary="Read a merge",
    security=permission("members:read"),
    responses=documented({200: MergeView}, ForeignBrandError, MergeNotFoundError),
)
def get_merge(merge_id: MergePath) -> Answer:
    """With what changed hands, and what went back. For the group's keys."""
    current_caller(app).acts_for(GROUP)
    return _merge(Merged(merges.get(parse_digest(merge_id)), replayed=True), 200)


@app.post(
    "/v1/merges/<merge_id>/reversal",
    summary="Undo a merge",
    security=permission("members:write"),
    responses=documented({200: MergeView, 201: MergeView}, *MERGE_ERRORS, MergeNotFoundError),
)
def undo(merge_id: MergePath) -> Answer:
    """They are two again, and what remains of the other's points goes back, once. For the group's keys."""
    current_caller(app).acts_for(GROUP)
    merged = merges.reverse(parse_digest(merge_id), accepted_at(app))
    return _merge(merged, status_of(replayed=merged.replayed))


@app.post(
    "/v1/members/<member_id>/erasure",
    summary="Erase a member",
    security=permission("members:write"),
    responses=documented({200: ErasureView, 201: ErasureView}, ForeignBrandError, MemberNotFoundError),
)
def erase(member_id: MemberPath, body: Annotated[ErasureBody, Body()]) -> Answer:
    """Destroys all that tells who the member is, once and for good; the ledger stays. For the group's keys."""
    current_caller(app).acts_for(GROUP)
    erased = erasures.erase(body.order(MemberId(member_id), accepted_at(app)))
    note(app, member=erased.erasure.member, replayed=erased.replayed)
    return answer(erasure_view(erased), status_of(replayed=erased.replayed))


@app.get(
    "/v1/members/<member_id>/export",
    summary="Export a member",
    security=permission("members:export"),
    responses=documented({200: ExportPage}, ForeignBrandError, *MEMBER_ERRORS, InvalidCursorError),
)
def export(member_id: MemberPath, cursor: Cursor = None, limit: Records = 50) -> Answer:
    """All that is kept of the member, also as who was merged into them, in a stable order. For the group's keys."""
    caller, member, now = current_caller(app), MemberId(member_id), accepted_at(app)
    caller.acts_for(GROUP)
    exported = exports.export(member, decode_cursor(cursor), actor=caller.key_id, now=now)
    page, place = export_page(member, exported, Views(programs, hasher, now).view, limit, now)
    note(app, member=member)
    return answer({**page, "next_cursor": encode_cursor(place)})


def _merge(merged: Merged, status: int, headers: dict[str, str] | None = None) -> Answer:
    note(app, member=merged.merge.survivor, replayed=merged.replayed)
    return answer(merge_view(merged, programs.active()), status, headers)


handler = entry_point(app)
