"""Results of campaigns for tests: a town, somebody who asks what a campaign did, and the states that add it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from huitou.access.model import PERMISSIONS, Caller
from huitou.jobs.service import Underway
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.outcomes.concluding import Concluding
from huitou.outcomes.errors import ResultNotFoundError
from huitou.outcomes.model import CampaignResult
from huitou.outcomes.requests import result_view
from huitou.outcomes.service import CampaignResults
from huitou.outcomes.working import Reckoning
from huitou.platform import program_keys as keys
from huitou.program.model import GROUP
from huitou.purchases.ports import MemberState
from huitou.simulator.memory_jobs import MemoryPartedJobs
from huitou.simulator.memory_members import MemoryMemberIndex
from tests.campaigns import Town, draws_on
from tests.jobs import Machine

HoldOut = Callable[[MemberId], None]
"""Draws whom it is told."""


class Assessor:
    """Asks what campaigns of a town did. ``before_looking`` stands between, to let a worker die."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.machine = Machine()
        self.failures: list[MemberId] = []
        self.before_looking: Callable[[MemberId], None] = lambda _: None
        table = town.shop.table
        self.results = MemoryPartedJobs(table, CampaignResult, keys.campaign_result)
        index = MemoryMemberIndex(table)
        self.jobs = CampaignResults(
            jobs=self.machine.parted_jobs(self.results, ResultNotFoundError, table),
            programs=town.programs,
            shards=index.shards,
        )
        self.worker = Reckoning(
            results=self.results,
            index=index,
            states=self,
            journeys=town.journeys,
            outbox=town.outbox,
            coupons=town.coupons,
            purchases=town.shop.purchases,
            draws=draws_on(table),
            programs=town.programs,
            speech=town.speech,
            commit=table.commit,
            failed=lambda member, _: self.failures.append(member),
        )
        self.concluding = Concluding(self.results, town.programs, town.speech, table.commit)

    def load(self, member: MemberId) -> MemberState:
        """`MemberStates`."""
        self.before_looking(member)
        return self.town.shop.states.load(member)

    def ask(self, campaign: str = "miss-you", key: str = "first", brand: str = GROUP) -> Underway[CampaignResult]:
        caller = Caller("key", brand, frozenset(PERMISSIONS))
        return self.jobs.create(campaign, key, caller, self.town.now)

    def look(self, result: CampaignResult, brand: str = GROUP, campaign: str | None = None) -> Underway[CampaignResult]:
        return self.jobs.get(campaign or result.campaign, result.id, Caller("key", brand, frozenset(PERMISSIONS)))

    def carry_out(self, result: CampaignResult, failed: bool = False) -> None:
        """What the state machine does: a part that died is tried again."""
        for chunk in self.machine.chunks(result.id):
            while True:
                try:
                    self.worker.reckon(result.id, chunk["part"])
                    break
                except UnavailableError:
                    continue
        self.concluding.conclude(result.id, failed, self.town.now)

    def found(self, campaign: str = "miss-you", key: str = "first") -> dict[str, Any]:
        """What it did, as a caller is told."""
        asked = self.ask(campaign, key)
        self.carry_out(asked.job)
        findings: dict[str, Any] = result_view(self.look(asked.job))["findings"]
        return findings


def away(town: Town, **profile: Any) -> MemberId:
    """Somebody who bought on the first day, so the campaign of absence begins with them on the 30th after it."""
    member = town.join(**profile)
    town.buy(member, f"A-{member}")
    return member


def shown(findings: dict[str, Any], arm: str) -> tuple[int, int, int, str]:
    figures = findings[arm]
    return figures["members"], figures["exposed"], figures["converted"], figures["sales"]
