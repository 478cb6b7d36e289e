"""How a member stands, tier and segments together, as far as whoever asks may know (M17, E31). Looking keeps nothing.

A brand sees the segments of the group and its own. What another brand's segment will do next says when the member was
there, so it is not told either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant
from huitou.kernel.pages import Page, latest_of
from huitou.points.membership import require_seen
from huitou.program.model import GROUP, BrandId, Program
from huitou.program.ports import Programs
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.purchases.ports import MemberStates
from huitou.purchases.standing import known_of
from huitou.segments.evaluation import DUE_FOR_NOTICE, DUE_FOR_SEGMENT
from huitou.segments.service import Segments
from huitou.standing.model import Known, TierCause
from huitou.standing.outlook import Outlook, look
from huitou.standing.position import Membership, MoveCause, Position
from huitou.standing.service import Past, past_tiers
from huitou.standing.timeline import ProgramTimeline


class MoveType(StrEnum):
    """What a member did without doing anything: the names are those of the events that tell of it."""

    SEGMENT_ENTERED = "segment.entered"
    SEGMENT_LEFT = "segment.left"
    TIER_CHANGED = "tier.changed"


_IN_TURN = (MoveType.TIER_CHANGED, MoveType.SEGMENT_LEFT, MoveType.SEGMENT_ENTERED)
"""Of one instant: segments may follow from the tier (E22)."""


class Move(NamedTuple):
    """One step between segments, or between tiers."""

    at: datetime
    type: MoveType
    cause: MoveCause | TierCause
    segment: SegmentId | None = None
    from_tier: TierId | None = None
    to_tier: TierId | None = None

    @property
    def key(self) -> str:
        """Names it among the moves of its member, in their order: a tier changes once at an instant."""
        return f"{format_instant(self.at)} {_IN_TURN.index(self.type)} {self.segment or ''}"


class Next(NamedTuple):
    """When time alone may change something, and what: a segment, or without one the tier, what was just done, or that
    points are announced to end soon.
    """

    at: datetime
    why: str
    segment: SegmentId | None


@dataclass(frozen=True, slots=True)
class Stand:
    """How a member stands at ``outlook.at`` by ``program``. ``memberships`` all hold, the first first."""

    outlook: Outlook
    memberships: tuple[Membership, ...]
    next: Next | None
    program: Program


@dataclass(frozen=True, slots=True)
class Course:
    """A page of moves, the latest first.

    Those between segments are all there from ``segments_since`` on; of those before it, some.
    """

    moves: Page[Move]
    segments_since: datetime
    program: Program


class Standings:
    """The use cases."""

    def __init__(self, states: MemberStates, segments: Segments, programs: Programs) -> None:
        self._states = states
        self._segments = segments
        self._programs = programs
        self._timeline = ProgramTimeline(programs)

    def view(self, member: MemberId, brand: BrandId, now: datetime) -> Stand:
        """How the member stands at ``now``. Raises `MemberNotFoundError`."""
        program, known, position = self._read(member, brand, now)
        at, sees = max(now, position.through), _sight(brand, program)
        holding = position.segments_at(at)
        memberships = (each for each in position.memberships if each.until is None and each.segment in holding)
        return Stand(
            look(known, self._timeline, at),
            tuple(each for each in memberships if sees(each.segment)),
            _next(position, brand, program),
            program,
        )

    def history(self, member: MemberId, brand: BrandId, now: datetime, *, after: str | None, limit: int) -> Course:
        """How the member came to stand so. Raises `MemberNotFoundError`, `InvalidCursorError`."""
        program, known, position = self._read(member, brand, now)
        sees = _sight(brand, program)
        moves = _steps(past_tiers(known, self._timeline, brand, now))
        moves += [move for each in position.memberships if sees(each.segment) for move in _moves(each)]
        since = max(position.tells_all_since(program.late_limit), known.enrolled_at)
        return Course(latest_of({move.key: move for move in moves}, after=after, limit=limit), since, program)

    def _read(self, member: MemberId, brand: BrandId, now: datetime) -> tuple[Program, Known, Position]:
        program, state = self._programs.active(), self._states.load(member)
        home = require_seen(state.wallets.get(program.home_currency), brand)
        return program, known_of(home, state.record), self._segments.position_of(member, state, now)


def _sight(brand: BrandId, program: Program) -> Callable[[SegmentId], bool]:
    """Whether ``brand`` may know of a segment; one that the programme has dropped is shown to the group alone."""

    def sees(segment: SegmentId) -> bool:
        found = program.segments.get(segment)
        return found.is_shown_to(brand) if found else brand == GROUP

    return sees


def _next(position: Position, brand: BrandId, program: Program) -> Next | None:
    if position.due_at is None or position.due_for is None:
        return None
    why, _, name = position.due_for.partition(":")
    if why == DUE_FOR_SEGMENT:
        return Next(position.due_at, why, name) if _sight(brand, program)(name) else None
    if why == DUE_FOR_NOTICE and brand not in {GROUP, program.currencies[name].brand or brand}:
        return None
    return Next(position.due_at, why, None)


def _moves(membership: Membership) -> Iterator[Move]:
    yield Move(membership.since, MoveType.SEGMENT_ENTERED, membership.cause, membership.segment)
    if membership.until is not None and membership.end is not None:
        yield Move(membership.until, MoveType.SEGMENT_LEFT, membership.end, membership.segment)


def _steps(past: tuple[Past, ...]) -> list[Move]:
    """``past`` begins with the latest, the steps with the first."""
    tiers = [each.interval for each in reversed(past)]
    return [
        Move(each.since, MoveType.TIER_CHANGED, each.cause, from_tier=left, to_tier=each.tier)
        for each, left in zip(tiers, [None, *(each.tier for each in tiers)], strict=False)
        if each.tier != left
    ]
