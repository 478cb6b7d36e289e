"""Moves between tiers and segments, read off a member's position before and after (M15, M16).

A position holds every membership with its beginning and its end. So what lies between two of them is told whole, also
where a member came and went in between, and a position that was worked out again and says the same is no event.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from huitou.events.model import DomainEvent, EventType, PositionChange
from huitou.events.telling import event_of, written
from huitou.kernel.instants import to_millis
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.standing.model import TierCause
from huitou.standing.position import Membership, MoveCause, Position

_UNASKED = {TierCause.REVIEW: MoveCause.TIME, TierCause.PROGRAM: MoveCause.PROGRAM}
"""Why a tier began, where it was not by what the member did or what became known of them."""


def moves_of(change: PositionChange, old: Program | None, new: Program) -> Iterator[DomainEvent]:
    """``old`` and ``new`` are the versions under which the two positions were worked out."""
    before, after = change.before, change.after
    if after.tier != (before.tier if before else None):
        yield _of_tier(before, after, new)
    known = {_key(each): each for each in before.memberships} if before else {}
    for membership in after.memberships:
        earlier = known.pop(_key(membership), None)
        brand = _brand(membership.segment, new, old)
        if earlier is None:
            yield _entered(after, membership, brand)
        if membership.until is not None and (earlier is None or earlier.until is None):
            cause = membership.end or MoveCause.FACTS
            yield _left(after, membership, brand, membership.until, cause)
    for gone in known.values():
        if before and gone.until is None:
            # It began and ended at one instant, or ended longer ago than positions remember: some time after this.
            yield _left(after, gone, _brand(gone.segment, new, old), before.through, _cause(before, after))


def _of_tier(before: Position | None, after: Position, program: Program) -> DomainEvent:
    earlier = before.tier if before else None
    why = after.tier_cause
    cause = _UNASKED.get(why, MoveCause.FACTS) if why else _cause(before, after)
    return event_of(
        EventType.TIER_CHANGED,
        (after.member, str(after.version), str(to_millis(after.through))),
        after.member,
        after.tier_since or after.through,
        after.through,
        brand=GROUP,
        cause={"type": cause.value, "id": None},
        program_version=after.program,
        why=why.value if why else None,
        from_tier=earlier,
        to_tier=after.tier,
        direction=_direction(earlier, after.tier, program),
    )


def _direction(earlier: TierId | None, now: TierId | None, program: Program) -> Literal["up", "down"] | None:
    """None where there is nothing to compare: at first, and where the programme has no tiers any more."""
    if earlier is None or now is None or program.tiers is None:
        return None
    return "up" if program.tiers.rank(now) > program.tiers.rank(earlier) else "down"


def _entered(after: Position, membership: Membership, brand: BrandId) -> DomainEvent:
    move = (membership.since, membership.cause)
    return _moved(EventType.SEGMENT_ENTERED, after, membership, move, brand=brand)


def _left(after: Position, membership: Membership, brand: BrandId, until: datetime, cause: MoveCause) -> DomainEvent:
    since = written(membership.since)
    return _moved(EventType.SEGMENT_LEFT, after, membership, (until, cause), brand=brand, since=since)


def _moved(
    type_: EventType, after: Position, membership: Membership, move: tuple[datetime, MoveCause], **said: str | None
) -> DomainEvent:
    """``move`` is when, and why. Versions alone name nothing: after an unmerge they begin anew (E15)."""
    at, cause = move
    since, through = to_millis(membership.since), to_millis(after.through)
    identity = (after.member, str(after.version), membership.segment, str(since), str(through))
    return event_of(
        type_,
        identity,
        after.member,
        at,
        after.through,
        **said,
        cause={"type": cause.value, "id": None},
        program_version=after.program,
        segment=membership.segment,
    )


def _cause(before: Position | None, after: Position) -> MoveCause:
    """Why the two differ, where nothing more exact was kept."""
    if before is None:
        return MoveCause.FACTS
    if before.program != after.program:
        return MoveCause.PROGRAM
    return MoveCause.TIME if before.seen is not None and before.seen == after.seen else MoveCause.FACTS


def _brand(segment: SegmentId, new: Program, old: Program | None) -> BrandId:
    """Whose segment it is, or was before the programme dropped it (E31)."""
    found = new.segments.get(segment) or (old.segments.get(segment) if old else None)
    return (found.brand if found else None) or GROUP


def _key(membership: Membership) -> tuple[SegmentId, datetime]:
    return membership.segment, membership.since
