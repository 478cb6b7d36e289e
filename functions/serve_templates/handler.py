"""Templates over HTTP: which there are, and what a member would get. Nothing is sent here."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body

from huitou.access.model import ForeignBrandError
from huitou.members.store import TableMembers
from huitou.messages.errors import (
    ChannelNotWrittenError,
    InvalidTemplateError,
    TemplateNotFoundError,
    WrongSpeakerError,
)
from huitou.messages.recipients import Recipients
from huitou.messages.requests import (
    TemplatePage,
    TemplatePreviewBody,
    TemplatePreviewView,
    template_preview_view,
    template_view,
)
from huitou.messages.service import Templates
from huitou.platform.http import (
    Answer,
    Cursor,
    Limit,
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
)
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates
from huitou.templates.writing import UnwritableTextError

TEMPLATES = "/v1/templates"


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
templates = Templates(programs, Recipients(TableMembers(members), TableMemberStates(members), programs))

app = create_app("serve_templates", "Messages")


@app.get(
    TEMPLATES,
    summary="List the templates",
    security=permission("templates:preview"),
    responses=documented({200: TemplatePage}),
)
def list_templates(cursor: Cursor = None, limit: Limit = 100) -> Answer:
    """Those of the active programme, by id: the group's and those of the key's brand."""
    page = templates.page(current_caller(app), after=decode_cursor(cursor), limit=limit)
    items = [template_view(each) for each in page.items]
    return answer({"items": items, "next_cursor": encode_cursor(page.next_cursor)})


@app.post(
    f"{TEMPLATES}/preview",
    summary="Preview a template",
    security=permission("templates:preview"),
    responses=documented(
        {200: TemplatePreviewView},
        *(TemplateNotFoundError, InvalidTemplateError, ChannelNotWrittenError, WrongSpeakerError, ForeignBrandError),
        UnwritableTextError,
        *MEMBER_ERRORS,
    ),
)
def preview_template(body: Annotated[TemplatePreviewBody, Body()]) -> Answer:
    """What the member would get now, in the member's language, else in the template's first one. Nothing is sent.

    What is said of them is what the brand that speaks may know; a brand speaks to its own members only.
    """
    asked = body.asked()
    note(app, member=asked.member)
    return answer(template_preview_view(templates.preview(asked, current_caller(app), accepted_at(app)), asked.member))


handler = entry_point(app)
