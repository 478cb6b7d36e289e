"""The segments that a sale sees: what is judged for it, where no position tells (E7)."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.points.membership import MemberNotFoundError
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.purchases.ports import MemberState
from huitou.segments.facts import UNKNOWN
from huitou.segments.judging import Judge
from huitou.segments.loading import read_facts
from huitou.segments.past import read_past
from huitou.segments.ports import Deeds, InsightSource, Profiles
from huitou.standing.ports import TierPrograms
from huitou.standing.timeline import ProgramTimeline


class JudgedSegments:
    """`MemberSegments`, from the facts themselves. Keeps nothing: the sale that follows will change them anyway."""

    def __init__(self, profiles: Profiles, deeds: Deeds, programs: TierPrograms, insights: InsightSource) -> None:
        self._profiles = profiles
        self._deeds = deeds
        self._insights = insights
        self._timeline = ProgramTimeline(programs)

    def judged(
        self, member: MemberId, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]
    ) -> frozenset[SegmentId]:
        record = self._profiles.load(member)
        if record is None:
            raise MemberNotFoundError
        facts = read_facts(
            record,
            state.wallets,
            state.record,
            program,
            self._timeline,
            deeds=read_past(self._deeds, state.wallets[program.home_currency], program, at).deeds,
            insights=self._insights.insights() if asked & program.comparing_segments else UNKNOWN,
            now=at,
        )
        return Judge(facts, program).holding(asked, at)
