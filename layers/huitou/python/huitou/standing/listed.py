"""Lists of the members of segments: what must be written there when a position is (M16).

A member is on the list of each segment that holds, by an item of their own, which also says which brands may see it
there: those that the member has joined (E31). It is written in the commit of the position, on condition that the
position is written too. Only moves cost a write, and joining a brand does once for each segment. A commit has room for
so many of them; what is left is noted in the position as ``unlisted``, and follows in further commits of the same kind.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from huitou.kernel.commits import MOST_AT_ONCE
from huitou.kernel.ids import MemberId
from huitou.kernel.values import changed
from huitou.program.model import BrandId
from huitou.program.rules import SegmentId
from huitou.standing.position import Membership, Position


class Listed(NamedTuple):
    """``member``, of these brands, is in ``segment``, since an instant."""

    member: MemberId
    segment: SegmentId
    since: datetime
    joined: frozenset[BrandId]


class Listing(NamedTuple):
    """``position``, with what goes onto the lists and off them in its commit."""

    position: Position
    entered: tuple[Membership, ...]
    left: tuple[SegmentId, ...]


def listing(before: Position | None, after: Position, most: int = MOST_AT_ONCE) -> Listing:
    """What to write with ``after``, where ``before`` is what was kept: at most ``most`` moves."""
    listed, wanted = _open(before), _open(after)
    joins = before is not None and before.joined != after.joined
    known = listed.keys() | wanted.keys()
    moved = {segment for segment in known if joins or _since(listed, segment) != _since(wanted, segment)}
    turns = sorted(moved.union(before.unlisted if before else ()))
    now, later = turns[:most], turns[most:]
    return Listing(
        position=changed(after, unlisted=tuple(later)),
        entered=tuple(wanted[segment] for segment in now if segment in wanted),
        left=tuple(segment for segment in now if segment not in wanted),
    )


def emptied(position: Position) -> Position:
    """What is kept of somebody who is no member any more, until the lists know."""
    return Position(position.member, position.version + 1, position.program, position.through, seen=None)


def _open(position: Position | None) -> dict[SegmentId, Membership]:
    return {each.segment: each for each in position.memberships if each.until is None} if position else {}


def _since(memberships: dict[SegmentId, Membership], segment: SegmentId) -> object:
    return memberships[segment].since if segment in memberships else None
