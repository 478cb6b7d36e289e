"""Counts of campaigns for tests: a town, and somebody who asks whom a campaign would reach in it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from huitou.access.model import PERMISSIONS, Caller
from huitou.counts.audience import Audience
from huitou.counts.campaign_requests import campaign_count_view
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import Counted, MemberCount
from huitou.counts.service import Counts
from huitou.counts.working import Counting, in_segment
from huitou.insights.service import CACHE_SECONDS, InsightsReader
from huitou.jobs.service import Underway, end
from huitou.kernel.ids import MemberId
from huitou.messages.recipients import Recipients
from huitou.platform import program_keys as keys
from huitou.program.model import GROUP
from huitou.simulator.memory_jobs import MemoryPartedJobs
from tests.campaigns import Town, index_on
from tests.jobs import Machine
from tests.standing import Standings


class Survey:
    """Of a town, whose state machine does nothing by itself."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.machine = Machine()
        self.failures: list[MemberId] = []
        assert isinstance(town.shop, Standings)
        table, index = town.shop.table, index_on(town.shop.table)
        self.counts = MemoryPartedJobs(table, MemberCount, keys.count)
        insights = InsightsReader(town.shop.findings, itertools.count(step=CACHE_SECONDS).__next__)
        self.jobs = Counts(
            jobs=self.machine.parted_jobs(self.counts, CountNotFoundError, table),
            programs=town.programs,
            insights=insights,
            shards=index.shards,
        )
        audience = Audience(
            profiles=town.shop.profiles,
            recipients=Recipients(town.shop.profiles, town.shop.states, town.programs),
            outbox=town.outbox,
            pressure=town.pressure,
            suppressions=town.suppressions,
        )
        self.worker = Counting(
            counts=self.counts,
            index=index,
            states=town.shop.states,
            judges=town.shop.judged,
            insights=insights,
            programs=town.programs,
            questions={Counted.SEGMENT: in_segment, Counted.CAMPAIGN: audience},
            commit=table.commit,
            failed=lambda member, _: self.failures.append(member),
        )

    def ask(
        self,
        campaign: Mapping[str, Any],
        *,
        of: Counted = Counted.CAMPAIGN,
        key: str = "first",
        brand: str = GROUP,
        at: datetime | None = None,
    ) -> Underway[MemberCount]:
        return self.jobs.create(of, campaign, key, _caller(brand), at or self.town.now)

    def look(self, count: MemberCount, of: Counted = Counted.CAMPAIGN, brand: str = GROUP) -> Underway[MemberCount]:
        return self.jobs.get(of, count.id, _caller(brand))

    def of(self, campaign: Mapping[str, Any], **asked: Any) -> dict[str, Any]:
        """Whom it would reach, when everybody was asked."""
        count = self.ask(campaign, **asked).job
        for chunk in self.machine.chunks(count.id):
            self.worker.count(count.id, chunk["part"])
        end(self.counts, self.town.commit, count.id, failed=False, now=self.town.now)
        return campaign_count_view(self.look(count), self.jobs.cost)


def _caller(brand: str) -> Caller:
    return Caller("key", brand, frozenset(PERMISSIONS))


def numbers(view: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Eligible, consented, reachable, after caps."""
    return view["eligible"], view["consented"], view["reachable"], view["after_caps"]
