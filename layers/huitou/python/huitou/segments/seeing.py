"""The segments that a sale sees: what is judged for it, where no position tells (E7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.members.ports import Profiles
from huitou.points.membership import MemberNotFoundError
from huitou.program.model import Program
from huitou.program.rules import SegmentId
from huitou.purchases.model import Purchase
from huitou.purchases.ports import MemberState
from huitou.segments.facts import UNKNOWN, Insights
from huitou.segments.following import Follower
from huitou.segments.judging import Judge
from huitou.segments.loading import deed_of_purchase, read_facts
from huitou.segments.past import read_past
from huitou.segments.ports import Deeds, InsightSource
from huitou.standing.ports import TierPrograms
from huitou.standing.timeline import ProgramTimeline


class JudgedSegments:
    """`MemberSegments`, from the facts themselves. Keeps nothing: the sale that follows will change them anyway."""

    def __init__(self, profiles: Profiles, deeds: Deeds, programs: TierPrograms, insights: InsightSource) -> None:
        self._profiles = profiles
        self._deeds = deeds
        self._programs = programs
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

    def by(self, insights: Insights) -> JudgedSegments:
        """The same, while these are known of all members together, and nothing later."""
        return JudgedSegments(self._profiles, self._deeds, self._programs, insights)

    def in_turn(
        self, member: MemberId, state: MemberState, programs: Iterable[Program], since: datetime
    ) -> JudgedInTurn:
        """For sales from ``since`` on, which ``programs`` decide. Raises `MemberNotFoundError`."""
        record = self._profiles.load(member)
        if record is None:
            raise MemberNotFoundError
        followers = {}
        for program in programs:
            done = read_past(self._deeds, state.wallets[program.home_currency], program, since).deeds
            insights = self._insights.insights() if program.comparing_segments else UNKNOWN
            followers[program.version] = Follower(record, done, program, self._timeline, insights)
        return JudgedInTurn(followers)


class JudgedInTurn:
    """`SegmentsInTurn`: what is kept was read once, when the first sale was about to be decided."""

    def __init__(self, followers: Mapping[int, Follower]) -> None:
        self._followers = followers
        """By the version of the programme."""

    def judged(self, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]) -> frozenset[SegmentId]:
        home = state.wallets[program.home_currency]
        return self._followers[program.version].judged(asked, home, state.wallets, state.record, at)

    def sold(self, purchase: Purchase) -> None:
        deed = deed_of_purchase(purchase)
        if deed is not None:
            for follower in self._followers.values():
                follower.add(deed)
