"""Asking members whether they would be in a segment that is being written (M16). Nothing is kept."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.purchases.ports import MemberSegments, MemberState, MemberStates
from huitou.purchases.standing import known_of
from huitou.segments.service import is_member


class Found(NamedTuple):
    """A member, and the segments that they are in, of those that were asked for."""

    state: MemberState
    segments: frozenset[SegmentId]


class Asking:
    """One member at a time, judged by their facts, as a sale would judge them."""

    def __init__(self, states: MemberStates, judges: MemberSegments) -> None:
        self._states = states
        self._judges = judges

    def holds(self, segment: SegmentId, program: Program, at: datetime, member: MemberId) -> bool | None:
        """Whether they are in it at ``at``; None as of `find`."""
        found = self.find({segment}, program, at, member)
        return None if found is None else segment in found.segments

    def find(self, asked: Set[SegmentId], program: Program, at: datetime, member: MemberId) -> Found | None:
        """Which they are in at ``at``; None where nobody is behind the id any more, or was not yet then."""
        state = self._states.load(member)
        if not is_member(state, program):
            return None
        if known_of(state.wallets[program.home_currency], state.record).enrolled_at > at:
            return None
        return Found(state, self._judges.judged(member, state, program, at, asked) if asked else frozenset())
