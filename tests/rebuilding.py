"""Rebuilds for tests: a shop whose members stand somewhere, and the states that look at all of them anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from huitou.access.model import PERMISSIONS, Caller
from huitou.jobs.service import Underway, end
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.platform import program_keys as keys
from huitou.program.publishing import ProgramPublisher
from huitou.rebuilding.errors import RebuildNotFoundError
from huitou.rebuilding.model import Rebuild
from huitou.rebuilding.service import Rebuilds
from huitou.rebuilding.working import Rebuilding
from huitou.segments.service import Renewal
from huitou.simulator.memory_jobs import MemoryPartedJobs
from huitou.simulator.memory_members import MemoryMemberIndex
from huitou.simulator.memory_program import MemoryVersions
from tests.builders import document
from tests.jobs import Machine
from tests.standing import SEGMENTS, Standings, segmented

GROUP_KEY = Caller("k1", "group", frozenset(PERMISSIONS))
CHANGED = [{**SEGMENTS[0], "when": {"purchases": {"at_least": 2, "in": "last 30 days"}}}, *SEGMENTS[1:]]
"""Who came lately has come twice by now."""
PAUSE: Callable[[int], None] = lambda _: None  # noqa: E731 - nobody waits in tests


class Town(Standings):
    """Everybody, looked at anew at ``now``. ``before_look`` stands between, to let a worker die or a member act."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now
        self.before_look: Callable[[MemberId], None] = lambda _: None
        self.looked_at: list[MemberId] = []
        self.failures: list[tuple[MemberId, Exception]] = []
        self.rebuilds = MemoryPartedJobs(self.table, Rebuild, keys.rebuild)
        self.index = MemoryMemberIndex(self.table)
        self.versions = MemoryVersions(self.table)
        self.publisher = ProgramPublisher(self.versions, self.table.commit, PAUSE)
        self.publish(SEGMENTS)
        self.machine = Machine()
        self.jobs = Rebuilds(
            jobs=self.machine.parted_jobs(self.rebuilds, RebuildNotFoundError, self.table),
            versions=self.versions,
            shards=self.index.shards,
        )
        self.worker = Rebuilding(
            rebuilds=self.rebuilds,
            index=self.index,
            standings=self,
            commit=self.table.commit,
            clock=lambda: self.now,
            failed=lambda member, error: self.failures.append((member, error)),
        )

    def publish(self, segments: list[Any], **changes: Any) -> int:
        """The next version, which members are judged by from ``now`` on."""
        written = document(segments=segments, **changes)
        number = self.publisher.publish(json.dumps(written), by="tests", now=self.now).version.number
        if number > 1:
            self.programs.publish(segmented(number, segments=segments, **changes), self.now)
        return number

    def renew(self, member: MemberId, now: datetime) -> Renewal:
        """Counts who is looked at."""
        self.before_look(member)
        self.looked_at.append(member)
        return self.segments.renew(member, now)

    def ask(self, key: str = "first") -> Underway[Rebuild]:
        return self.jobs.create(key, None, GROUP_KEY, self.now)

    def look(self, rebuild: Rebuild) -> Underway[Rebuild]:
        return self.jobs.get(rebuild.id, GROUP_KEY)

    def carry_out(self, rebuild: Rebuild) -> Underway[Rebuild]:
        """What the state machine does: a part that died is tried again."""
        for chunk in self.machine.chunks(rebuild.id):
            try:
                self.worker.rebuild(rebuild.id, chunk["part"])
            except (UnavailableError, Died):
                self.worker.rebuild(rebuild.id, chunk["part"])
        end(self.rebuilds, self.table.commit, rebuild.id, failed=False, now=self.now)
        return self.look(rebuild)

    def rebuilt(self, key: str = "first") -> Underway[Rebuild]:
        return self.carry_out(self.ask(key).job)


class Died(BaseException):
    """A worker is gone, without a word."""
