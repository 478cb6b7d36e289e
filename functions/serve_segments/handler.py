"""Segments over HTTP: which there are, who is in them, and whom a segment or campaign that is being written means."""

from __future__ import annotations

from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import ForeignBrandError
from huitou.campaigns.errors import InvalidCampaignError
from huitou.counts.campaign_requests import (
    CampaignCountView,
    CreatedCampaignCountView,
    campaign_count_view,
    created_campaign_count_view,
)
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import Counted
from huitou.counts.requests import CountView, CreatedCountView, count_view, created_view
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import parse_digest
from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
    Limit,
    accepted_at,
    answer,
    begun,
    create_app,
    current_caller,
    decode_cursor,
    documented,
    encode_cursor,
    entry_point,
    note,
    permission,
)
from huitou.platform.settings import CountStateMachine, ImportBucket, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.part_bodies import CampaignBody, SegmentBody
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.segments.errors import InvalidSegmentError, SegmentNotFoundError
from huitou.segments.preview_requests import PreviewView, preview_view
from huitou.segments.roster_answers import (
    CountedSegmentView,
    SegmentMemberPage,
    SegmentPage,
    counted_segment_view,
    segment_member_view,
    segment_view,
)
from huitou.segments.rosters import Rosters
from huitou.segments.store import TableMemberLists

if TYPE_CHECKING:
    from huitou.counts.service import Counts
    from huitou.segments.previews import Previews

SEGMENTS = "/v1/segments"
SEGMENT = f"{SEGMENTS}/<segment_id>"
COUNTS = f"{SEGMENTS}/counts"
CAMPAIGN_COUNTS = "/v1/campaigns/counts"

SegmentPath = Annotated[str, PathPart(max_length=31, description="A segment of the active programme.")]
CountId = Annotated[str, PathPart(max_length=26)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    import_bucket: ImportBucket
    count_state_machine: CountStateMachine


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
rosters = Rosters(TableMemberLists(members), programs)

app = create_app("serve_segments", "Segments")


@app.get(
    SEGMENTS,
    summary="List the segments",
    security=permission("members:read"),
    responses=documented({200: SegmentPage}),
)
def list_segments(cursor: Cursor = None, limit: Limit = 100) -> Answer:
    """Those of the caller's brand and the group, by id, with what they ask of their members."""
    page = rosters.segments(current_caller(app).brand, after=decode_cursor(cursor), limit=limit)
    items = [segment_view(each) for each in page.items]
    return answer({"items": items, "next_cursor": encode_cursor(page.next_cursor)})


@app.get(
    SEGMENT,
    summary="Look at a segment",
    security=permission("members:read"),
    responses=documented({200: CountedSegmentView}, SegmentNotFoundError),
)
def get_segment(segment_id: SegmentPath) -> Answer:
    """What it asks, and how many members are in it: for a key of a brand, of those who joined the brand.

    A move shows here within seconds, that of a member who did something as that of one for whom time went by.
    """
    brand = current_caller(app).brand
    described = rosters.segment(segment_id, brand)
    return answer(counted_segment_view(described, rosters.count(described.segment, brand)))


@app.get(
    f"{SEGMENT}/members",
    summary="List the members of a segment",
    security=permission("members:read"),
    responses=documented({200: SegmentMemberPage}, SegmentNotFoundError),
)
def list_segment_members(segment_id: SegmentPath, cursor: Cursor = None, limit: Limit = 100) -> Answer:
    """Each with since when; for a key of a brand, those who joined the brand.

    It is a list that follows what happens within seconds: who moves while you page through it may be missed or seen
    twice. How one member stands at this moment is told by their standing.
    """
    page = rosters.members(segment_id, current_caller(app).brand, after=decode_cursor(cursor), limit=limit)
    items = [segment_member_view(each) for each in page.items]
    return answer({"items": items, "next_cursor": encode_cursor(page.next_cursor)})


@app.post(
    f"{SEGMENTS}/preview",
    summary="Preview a segment",
    security=permission("members:read"),
    responses=documented({200: PreviewView}, ForeignBrandError, InvalidSegmentError),
)
def preview_segment(segment: Annotated[SegmentBody, Body()]) -> Answer:
    """For keys of the group. How many members it would have now, before it is published; nothing is kept.

    It is judged as if it stood in the active programme, in place of the one with its id, on 400 members or as many as
    there is time for.
    """
    return answer(preview_view(_previews().preview(segment, current_caller(app), accepted_at(app))))


@app.post(
    COUNTS,
    summary="Count the members of a segment",
    security=permission("counts:write"),
    responses=documented(
        {200: CreatedCountView, 202: CreatedCountView},
        *(ForeignBrandError, InvalidSegmentError, ContentReusedError),
        headers=("Location",),
    ),
)
def create_count(segment: Annotated[SegmentBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """For keys of the group. How many members it would have, to the last one; nothing else is kept.

    All are looked at, as a preview looks at some; look again until it is completed. What members do after you asked
    does not count; their points, tags and profiles are as they are when their turn comes.
    """
    created = _counts().create(Counted.SEGMENT, segment, idempotency_key, current_caller(app), accepted_at(app))
    note(app, count_id=created.job.id, replayed=created.replayed)
    return begun(app, f"{COUNTS}/{created.job.id}", created_view(created))


@app.get(
    f"{COUNTS}/<count_id>",
    summary="Look at a count",
    security=permission("members:read"),
    responses=documented({200: CountView}, ForeignBrandError, CountNotFoundError),
)
def get_count(count_id: CountId) -> Answer:
    """For keys of the group: how far it is, how many were found so far and, in the end, how many there are."""
    return answer(count_view(_counts().get(Counted.SEGMENT, parse_digest(count_id), current_caller(app))))


@app.post(
    CAMPAIGN_COUNTS,
    summary="Count whom a campaign would reach",
    security=permission("counts:write"),
    responses=documented(
        {200: CreatedCampaignCountView, 202: CreatedCampaignCountView},
        *(ForeignBrandError, InvalidCampaignError, ContentReusedError),
        headers=("Location",),
    ),
)
def create_campaign_count(campaign: Annotated[CampaignBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """For keys of the group. How many members its first message would reach now, and what that would cost.

    It is judged as if it stood in the active programme, in place of the one with its id; nothing is sent, and nothing
    but numbers is kept. Look again until it is completed.
    """
    counts = _counts()
    created = counts.create(Counted.CAMPAIGN, campaign, idempotency_key, current_caller(app), accepted_at(app))
    note(app, count_id=created.job.id, replayed=created.replayed)
    path = f"{CAMPAIGN_COUNTS}/{created.job.id}"
    return begun(app, path, created_campaign_count_view(created, counts.cost))


@app.get(
    f"{CAMPAIGN_COUNTS}/<count_id>",
    summary="Look at whom a campaign would reach",
    security=permission("members:read"),
    responses=documented({200: CampaignCountView}, ForeignBrandError, CountNotFoundError),
)
def get_campaign_count(count_id: CountId) -> Answer:
    """For keys of the group: how far it is, and what was found so far."""
    counts = _counts()
    found = counts.get(Counted.CAMPAIGN, parse_digest(count_id), current_caller(app))
    return answer(campaign_count_view(found, counts.cost))


@cache
def _previews() -> Previews:
    """Loaded when the first one is asked for: lists need nothing of it."""
    from huitou.preview_composition import previews_on  # noqa: PLC0415

    return previews_on(members, program, programs)


@cache
def _counts() -> Counts:
    """As `_previews`."""
    from huitou.count_composition import counts_on  # noqa: PLC0415

    return counts_on(program, programs, settings, settings.import_bucket, settings.count_state_machine)


handler = entry_point(app)
