"""How members stand, over HTTP: worked out for whoever asks, and kept by nobody here."""

from __future__ import annotations

from time import monotonic

from huitou.kernel.ids import MemberId
from huitou.platform.http import (
    Answer,
    Cursor,
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
)
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates
from huitou.segment_composition import segments_on
from huitou.segments.answers import StandingHistoryView, StandingView, standing_history_view, standing_view
from huitou.segments.standings import Standings

STANDING = "/v1/members/<member_id>/standing"


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
standings = Standings(TableMemberStates(members), segments_on(members, program, programs), programs)

app = create_app("serve_standings", "Standings")


@app.get(
    STANDING,
    summary="Read how a member stands",
    security=permission("members:read"),
    responses=documented({200: StandingView}, *MEMBER_ERRORS),
)
def get_standing(member_id: MemberPath) -> Answer:
    """The tier with what is missing, the segments with since when and why, and when time may change something next.

    It contains everything that was answered before, and whatever time has changed by now.
    """
    member = MemberId(member_id)
    note(app, member=member)
    return answer(standing_view(member, standings.view(member, current_caller(app).brand, accepted_at(app))))


@app.get(
    f"{STANDING}/history",
    summary="List a member's moves",
    security=permission("members:read"),
    responses=documented({200: StandingHistoryView}, *MEMBER_ERRORS),
)
def list_moves(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 100) -> Answer:
    """Into segments, out of them and from tier to tier, each at its instant and with its cause.

    Moves between segments are kept for as long as a sale may come late, of many the latest; tiers for good.
    """
    member = MemberId(member_id)
    note(app, member=member)
    brand, now = current_caller(app).brand, accepted_at(app)
    course = standings.history(member, brand, now, after=decode_cursor(cursor), limit=limit)
    return answer(standing_history_view(course, encode_cursor(course.moves.next_cursor)))


handler = entry_point(app)
