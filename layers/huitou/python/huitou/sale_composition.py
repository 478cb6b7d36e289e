"""What the functions that decide sales begin with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from huitou.kernel.ids import MemberId
from huitou.platform.table import Table
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.purchases.ports import MemberState, SegmentsInTurn
from huitou.standing.ports import TierPrograms

if TYPE_CHECKING:
    from huitou.segments.seeing import JudgedSegments


class SegmentsOnDemand:
    """`MemberSegments`. What judges members is imported when the first one has to be: where no rule names a segment, or
    members' positions tell, a function does without, and so does its start.
    """

    def __init__(self, members: Table, program: Table, programs: TierPrograms) -> None:
        self._members = members
        self._program = program
        self._programs = programs

    def judged(
        self, member: MemberId, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]
    ) -> frozenset[SegmentId]:
        return self._judges.judged(member, state, program, at, asked)

    def in_turn(
        self, member: MemberId, state: MemberState, programs: Iterable[Program], since: datetime
    ) -> SegmentsInTurn:
        """`SegmentsOfSales`."""
        return self._judges.in_turn(member, state, programs, since)

    @cached_property
    def _judges(self) -> JudgedSegments:
        from huitou.segment_composition import judged_on  # noqa: PLC0415

        return judged_on(self._members, self._program, self._programs)
