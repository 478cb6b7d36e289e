"""What the functions that decide sales begin with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from functools import cached_property

from huitou.kernel.ids import MemberId
from huitou.platform.table import Table
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.program.service import ProgramReader
from huitou.purchases.ports import MemberSegments, MemberState


class SegmentsOnDemand:
    """`MemberSegments`. What judges members is imported when the first one has to be: where no rule names a segment, or
    members' positions tell, a function does without, and so does its start.
    """

    def __init__(self, members: Table, program: Table, programs: ProgramReader) -> None:
        self._members = members
        self._program = program
        self._programs = programs

    def judged(
        self, member: MemberId, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]
    ) -> frozenset[SegmentId]:
        return self._judges.judged(member, state, program, at, asked)

    @cached_property
    def _judges(self) -> MemberSegments:
        from huitou.segment_composition import judged_on  # noqa: PLC0415

        return judged_on(self._members, self._program, self._programs)
