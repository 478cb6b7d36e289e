"""Simulations for tests: members who buy, and the use cases over any stores."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from huitou.access.model import PERMISSIONS, Caller
from huitou.insights.service import CACHE_SECONDS, InsightsReader
from huitou.kernel.instants import EPOCH
from huitou.program.drafts import Drafts
from huitou.program.publishing import ProgramPublisher
from huitou.simulator.errors import SimulationNotFoundError
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_members import MemoryMemberIndex, MemoryMembers
from huitou.simulator.memory_points import MemoryWallets
from huitou.simulator.memory_program import MemoryDrafts, MemoryVersions
from huitou.simulator.memory_purchases import MemoryMemberStates
from huitou.simulator.memory_segments import MemoryDeeds
from huitou.simulator.memory_simulations import MemorySimulations
from huitou.simulator.past import Archive
from huitou.simulator.service import Asked, Simulated, Simulations
from huitou.simulator.working import Concluding, Replaying
from tests.builders import document, program
from tests.jobs import Machine
from tests.purchases import Shop, findings_on


def archive_on(table: MemoryTable) -> Archive:
    """The pasts that are kept in ``table``."""
    states, profiles, wallets = MemoryMemberStates(table), MemoryMembers(table), MemoryWallets(table)
    return Archive(MemoryMemberIndex(table), states, profiles, MemoryDeeds(table), wallets)


GROUP_KEY = Caller("k1", "group", frozenset(PERMISSIONS))
PAUSE: Callable[[int], None] = lambda _: None  # noqa: E731 - nobody waits in tests


class Laboratory:
    """A shop whose members buy under ``written``, the programme that is published, and simulations of others."""

    def __init__(self, written: dict[str, Any] | None = None) -> None:
        self.written = written or document()
        self.shop = Shop(program(self.written))
        table = self.shop.table
        self.simulations = MemorySimulations(table)
        self.index = MemoryMemberIndex(table)
        self.versions = MemoryVersions(table)
        self.publisher = ProgramPublisher(self.versions, table.commit, PAUSE)
        self.drafts = Drafts(MemoryDrafts(table), self.versions, self.publisher, table.commit, PAUSE)
        self.publisher.publish(json.dumps(self.written), by="tests", now=EPOCH)
        self.machine = Machine()
        self.findings = findings_on(table)
        insights = InsightsReader(self.findings, count(step=CACHE_SECONDS).__next__)
        self.use = Simulations(
            simulations=self.simulations,
            versions=self.versions,
            drafts=MemoryDrafts(table),
            index=self.index,
            insights=insights,
            files=self.machine.files,
            jobs=self.machine.jobs(self.simulations, SimulationNotFoundError, table),
        )
        self.archive = archive_on(table)
        self.replaying = Replaying(self.simulations, self.machine.files, self.archive, insights, table.commit)
        self.concluding = Concluding(self.simulations, self.machine.files, table.commit)

    def draft(self, now: datetime, **changes: Any) -> str:
        """The published programme with changes."""
        text = json.dumps({**self.written, **changes})
        return self.drafts.create(text, key=f"draft {now} {text}", by="tests", now=now).draft.id

    def ask(self, now: datetime, key: str = "first", **asked: Any) -> Simulated:
        return self.use.create(Asked(**asked), key, GROUP_KEY, now)

    def look(self, simulated: Simulated) -> Simulated:
        return self.use.get(simulated.simulation.id, GROUP_KEY)

    def carry_out(self, simulated: Simulated, now: datetime, *, failed: bool = False) -> Simulated:
        """What the state machine does."""
        simulation = simulated.simulation
        for chunk in self.machine.chunks(simulation.id):
            self.replaying.replay(simulation.id, chunk["part"], chunk["shards"])
        self.concluding.conclude(simulation.id, failed, now)
        return self.look(simulated)

    def report(self, now: datetime, key: str = "first", **asked: Any) -> Any:
        """What differs."""
        done = self.carry_out(self.ask(now, key, **asked), now)
        assert done.report is not None, done.simulation.failure
        return done.report
