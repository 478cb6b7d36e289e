"""Messages over HTTP: have one sent to a member, see what became of it, take it back; and what campaigns tell them.

Nothing is sent here.
"""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import ForeignBrandError
from huitou.campaigns.looking import MemberJourneys
from huitou.campaigns.requests import JourneyPage, journey_view
from huitou.campaigns.store import TableJourneys
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId
from huitou.messages.errors import ChannelNotWrittenError, TemplateNotFoundError, WrongSpeakerError
from huitou.outbox.errors import (
    InvalidMessageError,
    MessageNotFoundError,
    MessageUnderWayError,
    NotATesterError,
    NoTestersError,
)
from huitou.outbox.pacing import Pacing
from huitou.outbox.requests import MessageBody, MessagePage, MessageView, PlannedMessageView, message_view
from huitou.outbox.service import Outbox, message_command
from huitou.outbox.store import TableOutbox
from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
    Limit,
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
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS
from huitou.points.store import TableWallets
from huitou.pressure.store import TablePressure
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates

OF_MEMBER = "/v1/members/<member_id>/messages"
JOURNEYS = "/v1/members/<member_id>/journeys"
MESSAGE = "/v1/messages/<message_id>"

MessageId = Annotated[str, PathPart(max_length=64)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
speech = speech_in(programs)
outbox = Outbox(
    TableOutbox(members),
    TableWallets(members),
    TableMemberStates(members),
    programs,
    speech=speech,
    pacing=Pacing(TablePressure(members), speech),
    commit=members.commit,
    pause=pause,
)

journeys = MemberJourneys(TableJourneys(members), TableWallets(members), programs)

app = create_app("serve_messages", "Messages")


@app.post(
    OF_MEMBER,
    summary="Send a message",
    security=permission("messages:write"),
    responses=documented(
        {200: PlannedMessageView, 201: PlannedMessageView},
        *(*MEMBER_ERRORS, TemplateNotFoundError, ChannelNotWrittenError, WrongSpeakerError, ForeignBrandError),
        *(InvalidMessageError, NoTestersError, NotATesterError, ContentReusedError),
        headers=("Location",),
    ),
)
def send_message(
    member_id: MemberPath, body: Annotated[MessageBody, Body()], idempotency_key: IdempotencyKey
) -> Answer:
    """Plans a message to a member, now or later. What it says, and whether the member may get it, is found out when it
    is sent: facts, consent and addresses are read anew then.
    """
    caller, now = current_caller(app), accepted_at(app)
    member = MemberId(member_id)
    planned = outbox.plan(body.order(message_command(caller.brand, idempotency_key), member), caller, now)
    note(app, member=member, replayed=planned.replayed)
    return answer(
        {**message_view(planned.message), "replayed": planned.replayed},
        status=status_of(replayed=planned.replayed),
        headers={"Location": reference_to(app, f"/v1/messages/{planned.message.id}")},
    )


@app.get(
    OF_MEMBER,
    summary="List a member's messages",
    security=permission("messages:read"),
    responses=documented({200: MessagePage}, *MEMBER_ERRORS),
)
def list_messages(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 50) -> Answer:
    """The newest first; a brand's key sees its own."""
    member = MemberId(member_id)
    note(app, member=member)
    page = outbox.of_member(member, current_caller(app).brand, after=decode_cursor(cursor), limit=limit)
    return answer({"items": list(map(message_view, page.items)), "next_cursor": encode_cursor(page.next_cursor)})


@app.get(
    JOURNEYS,
    summary="List a member's journeys",
    security=permission("messages:read"),
    responses=documented({200: JourneyPage}, *MEMBER_ERRORS),
)
def list_journeys(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 50) -> Answer:
    """Which campaigns have begun with the member, how far they are, and what was said or why not; by campaign.

    A brand's key sees those of its own campaigns and of the group's.
    """
    member = MemberId(member_id)
    note(app, member=member)
    page = journeys.of_member(member, current_caller(app).brand, after=decode_cursor(cursor), limit=limit)
    return answer({"items": list(map(journey_view, page.items)), "next_cursor": encode_cursor(page.next_cursor)})


@app.get(
    MESSAGE,
    summary="Read a message",
    security=permission("messages:read"),
    responses=documented({200: MessageView}, MessageNotFoundError),
)
def get_message(message_id: MessageId) -> Answer:
    """What became of it."""
    return answer(message_view(outbox.get(message_id, current_caller(app).brand)))


@app.post(
    f"{MESSAGE}/cancellation",
    summary="Take a message back",
    security=permission("messages:write"),
    responses=documented({200: MessageView}, MessageNotFoundError, MessageUnderWayError),
)
def cancel_message(message_id: MessageId) -> Answer:
    """Only while it waits. It is suppressed then, as `cancelled`; repeated, the same answer comes again."""
    return answer(message_view(outbox.cancel(message_id, current_caller(app).brand, accepted_at(app))))


handler = entry_point(app)
