"""How members stand, as callers see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from huitou.fields import View
from huitou.kernel.instants import format_instant
from huitou.program.model import GROUP, Program
from huitou.program.rules import SegmentId
from huitou.segments.standings import Course, Move, MoveType, Next, Stand
from huitou.standing.answers import ProspectView, TierView, member_tier_view
from huitou.standing.model import TierCause
from huitou.standing.position import Membership, MoveCause


class TierHeldView(TierView):
    """The tier that a member has."""

    since: datetime
    cause: TierCause
    prospect: ProspectView | None
    """What is missing for the next tier, and to keep this one; null for times of which too little is kept."""


class MembershipView(View):
    """A segment that the member is in."""

    id: str
    name: str
    brand: str
    """Whose segment it is: a brand's, or the `group`'s."""
    tag: str | None
    """What the member carries as long as they are in it."""
    since: datetime
    cause: MoveCause
    """What let it begin: something done or learnt (`facts`), time alone, or a publication (`program`)."""


class NextView(View):
    """When time alone may change something."""

    at: datetime
    """Not later than it does; it may turn out then that nothing changes yet."""
    why: Literal["tier", "segment", "notice", "facts"]
    """`notice`: it is announced that points end soon. `facts`: what was done in this very millisecond counts from the
    next one on."""
    segment: str | None


class StandingView(View):
    """How a member stands at an instant, worked out anew if anything happened or time went by."""

    member_id: str
    at: datetime
    tier: TierHeldView | None
    """Null while the programme has no tiers."""
    segments: list[MembershipView]
    """Those of the caller's brand and the group, the one held longest first; all, for a key of the group."""
    next: NextView | None
    """Null if time alone changes nothing, and for a brand where another brand's segment or points come first."""


class MoveView(View):
    """A step into a segment or out of it, or from tier to tier."""

    at: datetime
    type: MoveType
    segment: str | None
    brand: str | None
    """Whose segment it is; null for tiers, and for a segment that the programme has no more."""
    from_tier: str | None
    to_tier: str | None
    cause: MoveCause | TierCause


class StandingHistoryView(View):
    """Moves of a member, the latest first."""

    items: list[MoveView]
    """Tiers as far back as the member goes, segments as far as they are kept."""
    segments_since: datetime
    """From here on no move between segments is missing; of those before it, some are."""
    next_cursor: str | None


def standing_view(member: str, stand: Stand) -> dict[str, Any]:
    """A `StandingView`."""
    held = member_tier_view(member, stand.outlook, stand.program)
    level = held["tier"]
    return {
        "member_id": member,
        "at": held["at"],
        "tier": {**level, **{name: held[name] for name in ("since", "cause", "prospect")}} if level else None,
        "segments": [_membership_view(each, stand.program) for each in stand.memberships],
        "next": _next_view(stand.next) if stand.next else None,
    }


def standing_history_view(course: Course, next_cursor: str | None) -> dict[str, Any]:
    """A `StandingHistoryView`."""
    return {
        "items": [_move_view(each, course.program) for each in course.moves.items],
        "segments_since": format_instant(course.segments_since),
        "next_cursor": next_cursor,
    }


def _membership_view(membership: Membership, program: Program) -> dict[str, Any]:
    return {
        "id": membership.segment,
        "name": program.segments[membership.segment].name,
        "brand": _brand(membership.segment, program),
        "tag": program.segments[membership.segment].tag,
        "since": format_instant(membership.since),
        "cause": membership.cause.value,
    }


def _next_view(due: Next) -> dict[str, Any]:
    return {"at": format_instant(due.at), "why": due.why, "segment": due.segment}


def _move_view(move: Move, program: Program) -> dict[str, Any]:
    return {
        "at": format_instant(move.at),
        "type": move.type.value,
        "segment": move.segment,
        "brand": _brand(move.segment, program) if move.segment else None,
        "from_tier": move.from_tier,
        "to_tier": move.to_tier,
        "cause": move.cause.value,
    }


def _brand(segment: SegmentId, program: Program) -> str | None:
    found = program.segments.get(segment)
    return (found.brand or GROUP) if found else None
