"""Where members stand, for whoever asks: a caller, a till, the stream of changes, the clock (M17).

All of them do the same: take the position that is kept if it contains all that happened and time has not changed it,
else work it out from the facts. Reads keep nothing; the stream and the clock do, so that what follows from a position
follows soon, and is found by others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.commits import MOST_AT_ONCE, Commit, StaleReadError, Write, until_committed
from huitou.kernel.ids import MemberId
from huitou.kernel.values import changed
from huitou.members.ports import Profiles
from huitou.points.membership import MemberNotFoundError
from huitou.program.model import Program
from huitou.program.ports import LatestPrograms
from huitou.program.redefining import redefined
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.purchases.ports import MemberState, MemberStates
from huitou.segments.evaluation import evaluate
from huitou.segments.facts import UNKNOWN, Facts, Insights
from huitou.segments.judging import Judge
from huitou.segments.loading import read_facts
from huitou.segments.past import packed, read_past
from huitou.segments.ports import Deeds, Followers, InsightSource
from huitou.standing.listed import emptied, listing
from huitou.standing.ports import PositionStore
from huitou.standing.position import Position
from huitou.standing.timeline import ProgramTimeline


class Renewal(NamedTuple):
    """The position that was kept, and the one that is."""

    before: Position | None
    after: Position | None

    @property
    def is_new(self) -> bool:
        """Whether it was worked out anew."""
        return self.after is not None and self.after is not self.before

    @property
    def moved(self) -> bool:
        """Whether the member is in another tier, or in other segments, than was kept."""
        return self.is_new and _place(self.before) != _place(self.after)


class Judged(NamedTuple):
    """A position worked out anew from ``facts``, and in whose partitions so much was read that it is worth packing."""

    position: Position
    facts: Facts
    worth_packing: tuple[MemberId, ...]


class Segments:
    """The use cases. ``pause`` waits after the n-th time that a position was overtaken."""

    def __init__(
        self,
        *,
        states: MemberStates,
        profiles: Profiles,
        deeds: Deeds,
        positions: PositionStore,
        insights: InsightSource,
        programs: LatestPrograms,
        followers: Followers,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._states = states
        self._profiles = profiles
        self._deeds = deeds
        self._positions = positions
        self._insights = insights
        self._programs = programs
        self._timeline = ProgramTimeline(programs)
        self._followers = followers
        self._commit = commit
        self._pause = pause

    def position(self, member: MemberId, now: datetime) -> Position:
        """Where the member stands at ``now``. Raises `MemberNotFoundError`."""
        return self.position_of(member, self._states.load(member), now)

    def position_of(self, member: MemberId, state: MemberState, now: datetime) -> Position:
        """As `position`, of a member whose ``state`` has been read."""
        program = self._in_force(state)
        insights = self._known(program, state)
        current = state.position_at(program, now, insights.version)
        return current or self._judged(member, state, program, insights, now).position

    def refresh(self, member: MemberId, now: datetime) -> Position | None:
        """Keeps where the member stands; None where nobody is behind the id any more, or there is nothing to keep."""
        return self.renew(member, now).after

    def renew(self, member: MemberId, now: datetime) -> Renewal:
        """As `refresh`, and tells what was kept before."""

        def attempt() -> Renewal:
            state = self._states.load(member)
            program = self._in_force(state)
            if not is_member(state, program):
                return Renewal(state.position, self._removed(state.position) if state.position else None)
            insights = self._known(program, state)
            current = state.position_at(program, now, insights.version)
            if current is not None and current.unlisted:
                return Renewal(current, self._saved(current, changed(current, version=current.version + 1)))
            if current is not None or not (state.position or program.places_members):
                return Renewal(current, current)
            judged = self._judged(member, state, program, insights, now)
            following = self._followers.follow(state.position, judged.position, judged.facts, program, now)
            saved = self._saved(state.position, judged.position, following)
            for each in judged.worth_packing:
                self._pack(each, program)
            return Renewal(state.position, saved)

        first = last = until_committed(attempt, self._pause)
        if first.is_new and first.before is None:
            # E15, E25: who reacted to a merge or an erasure meanwhile has found nothing kept that they could remove.
            last = until_committed(attempt, self._pause)
        while last.after is not None and last.after.unlisted:
            last = until_committed(attempt, self._pause)
        return Renewal(first.before, last.after)

    def _saved(self, before: Position | None, after: Position, following: Sequence[Write] = ()) -> Position:
        """``after`` as it is kept; where it is not on all lists yet, there is more to do."""
        listed = listing(before, after, MOST_AT_ONCE - len(following))
        self._commit([*self._positions.save(before, listed), *following])
        return listed.position

    def _pack(self, member: MemberId, program: Program) -> None:
        """What the member did. Where they do something meanwhile, it can wait: they are looked at again."""
        home = self._states.load(member).wallets[program.home_currency]
        with suppress(StaleReadError):
            self._commit(packed(self._deeds, home, program))

    def _removed(self, position: Position) -> Position | None:
        """What is still kept of somebody who is no member any more, as long as they are on a list."""
        last = listing(position, emptied(position))
        if last.position.unlisted:
            return self._saved(position, last.position)
        self._commit(self._positions.remove(position, last.left))
        return None

    def _in_force(self, state: MemberState) -> Program:
        """No earlier version than the position was judged by, by somebody who has heard of the publication before."""
        return self._programs.active(at_least=state.position.program if state.position else 0)

    def _known(self, program: Program, state: MemberState) -> Insights:
        """Of everybody, if the programme asks; no earlier than by what the position was judged, maybe elsewhere."""
        if not program.comparing_segments:
            return UNKNOWN
        seen = state.position.seen if state.position else None
        return self._insights.insights(at_least=seen.insights if seen else 0)

    def _judged(
        self, member: MemberId, state: MemberState, program: Program, insights: Insights, now: datetime
    ) -> Judged:
        """The state was read first: what changes from here on, makes the position one that does not contain it."""
        record, before = self._profiles.load(member), state.position
        if record is None or program.home_currency not in state.wallets:
            raise MemberNotFoundError
        in_force_since = self._programs.published_at(program.version)
        start = before.through if before else max(in_force_since, record.enrolled_at)
        past = read_past(self._deeds, state.wallets[program.home_currency], program, start)
        facts = read_facts(
            record,
            state.wallets,
            state.record,
            program,
            self._timeline,
            deeds=past.deeds,
            now=now,
            insights=insights,
        )
        seen = state.seen._replace(record=record.version, insights=insights.version)
        position = evaluate(
            before,
            facts,
            program,
            now,
            seen,
            member=member,
            in_force_since=in_force_since,
            redefined=self._redefined(before, program),
            judging=Judge,
        )
        return Judged(position, facts, past.worth_packing)

    def _redefined(self, before: Position | None, program: Program) -> frozenset[SegmentId]:
        """The segments that mean something else than when ``before`` was worked out."""
        if before is None or before.program == program.version:
            return frozenset()
        return redefined(self._programs.version(before.program), program)


def _place(position: Position | None) -> tuple[TierId | None, frozenset[tuple[SegmentId, datetime]]]:
    if position is None:
        return None, frozenset()
    open_ = frozenset((each.segment, each.since) for each in position.memberships if each.until is None)
    return position.tier, open_


def is_member(state: MemberState, program: Program) -> bool:
    """Whether there is somebody, who was neither merged into another nor erased."""
    home = state.wallets.get(program.home_currency)
    return home is not None and home.moved_to is None and home.erased_at is None
