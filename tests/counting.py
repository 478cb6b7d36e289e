"""Counts for tests: a shop with members, somebody who writes a segment, and the states that ask all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Set
from datetime import datetime, timedelta
from typing import Any

from huitou.access.model import PERMISSIONS, Caller
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import Counted, MemberCount
from huitou.counts.service import Counts
from huitou.counts.working import Counting, in_segment
from huitou.insights.service import CACHE_SECONDS, InsightsReader
from huitou.jobs.service import Underway, end
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.platform import program_keys as keys
from huitou.program.model import GROUP, Program
from huitou.program.rules import SegmentId
from huitou.purchases.ports import MemberState
from huitou.segments.facts import Insights
from huitou.simulator.memory_jobs import MemoryPartedJobs
from huitou.simulator.memory_members import MemoryMemberIndex
from tests.jobs import Machine
from tests.purchases import NOON, bill, bread
from tests.standing import WRITTEN, Standings, Written

EVERYBODY = [MemberId(f"01JNSM3VF0R6T8C1W5PJ4X9Z{n:02d}") for n in range(60)]
BUYERS = EVERYBODY[::3]
SPENDERS = {"id": "spenders", "name": "Spend", "when": {"spend": {"at_least": "2000", "in": "last 30 days"}}}
ASKED_AT = NOON + timedelta(hours=1)


class Census:
    """Sixty members, twenty of whom spent 2000. ``before_asking`` stands between, to let a worker or a member act."""

    def __init__(self) -> None:
        self.programs = Written(WRITTEN)
        self.shop = Standings(self.programs.active())
        self.table = self.shop.table
        for member in EVERYBODY:
            self.shop.enrol(member)
        for n, member in enumerate(BUYERS):
            self.shop.sell(bill(f"A-{n}", bread(2000)), member)
        self.judges = self.shop.judged
        self.before_asking: Callable[[MemberId], None] = lambda _: None
        self.asked: list[MemberId] = []
        self.failures: list[MemberId] = []
        self.machine = Machine()
        self.counts = MemoryPartedJobs(self.table, MemberCount, keys.count)
        index = MemoryMemberIndex(self.table)
        insights = InsightsReader(self.shop.findings, itertools.count(step=CACHE_SECONDS).__next__)
        self.jobs = Counts(
            jobs=self.machine.parted_jobs(self.counts, CountNotFoundError, self.table),
            programs=self.programs,
            insights=insights,
            shards=index.shards,
        )
        self.worker = Counting(
            counts=self.counts,
            index=index,
            states=self.shop.states,
            judges=self,
            insights=insights,
            programs=self.programs,
            questions={Counted.SEGMENT: in_segment},
            commit=self.table.commit,
            failed=lambda member, _: self.failures.append(member),
        )

    def by(self, insights: Insights) -> Census:
        """`Judges`, who note who is asked."""
        self.judges = self.shop.judged.by(insights)
        return self

    def judged(
        self, member: MemberId, state: MemberState, program: Program, at: datetime, asked: Set[SegmentId]
    ) -> frozenset[SegmentId]:
        self.before_asking(member)
        self.asked.append(member)
        return self.judges.judged(member, state, program, at, asked)

    def ask(
        self, key: str = "first", segment: Mapping[str, Any] = SPENDERS, brand: str = GROUP
    ) -> Underway[MemberCount]:
        return self.jobs.create(Counted.SEGMENT, segment, key, Caller("key", brand, frozenset(PERMISSIONS)), ASKED_AT)

    def look(self, count: MemberCount, brand: str = GROUP) -> Underway[MemberCount]:
        return self.jobs.get(Counted.SEGMENT, count.id, Caller("key", brand, frozenset(PERMISSIONS)))

    def carry_out(self, count: MemberCount, *parts: int) -> None:
        """What the state machine does: a part that died is tried again. Without ``parts``, all of them, and the end."""
        for chunk in self.machine.chunks(count.id):
            if parts and chunk["part"] not in parts:
                continue
            try:
                self.worker.count(count.id, chunk["part"])
            except UnavailableError:
                self.worker.count(count.id, chunk["part"])
        if not parts:
            end(self.counts, self.table.commit, count.id, failed=False, now=ASKED_AT)

    def counted(self, key: str = "first", segment: Mapping[str, Any] = SPENDERS) -> Underway[MemberCount]:
        """All of it."""
        asked = self.ask(key, segment)
        self.carry_out(asked.job)
        return self.look(asked.job)
