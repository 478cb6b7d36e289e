"""Rebuilds for tests: a shop whose members stand somewhere, and the states that look at all of them anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from huitou.access.model import PERMISSIONS, Caller
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import Digest, MemberId
from huitou.program.publishing import ProgramPublisher
from huitou.rebuilding.model import Rebuild
from huitou.rebuilding.service import Rebuilds, Rebuilt
from huitou.rebuilding.working import Ending, Rebuilding
from huitou.segments.service import Renewal
from huitou.simulator.memory_imports import MemoryFiles
from huitou.simulator.memory_members import MemoryMemberIndex
from huitou.simulator.memory_program import MemoryVersions
from huitou.simulator.memory_rebuilds import MemoryRebuilds
from tests.builders import document
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
        self.rebuilds = MemoryRebuilds(self.table)
        self.index = MemoryMemberIndex(self.table)
        self.files = MemoryFiles()
        self.versions = MemoryVersions(self.table)
        self.publisher = ProgramPublisher(self.versions, self.table.commit, PAUSE)
        self.publish(SEGMENTS)
        self.started: dict[Digest, str] = {}
        self.ended: dict[Digest, datetime] = {}
        self.out_of_reach = False
        self.jobs = Rebuilds(
            rebuilds=self.rebuilds,
            versions=self.versions,
            files=self.files,
            states=self,
            shards=self.index.shards,
            commit=self.table.commit,
            pause=PAUSE,
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

    def start(self, rebuild: Digest, manifest_key: str) -> None:
        """The state machine, which is told to start, and does nothing by itself."""
        if self.out_of_reach:
            raise UnavailableError("out of reach")
        self.started.setdefault(rebuild, manifest_key)

    def ended_at(self, rebuild: Digest) -> datetime | None:
        """When a test says so."""
        return self.ended.get(rebuild)

    def ask(self, key: str = "first") -> Rebuilt:
        return self.jobs.create(key, None, GROUP_KEY, self.now)

    def look(self, rebuild: Rebuild) -> Rebuilt:
        return self.jobs.get(rebuild.id, GROUP_KEY)

    def carry_out(self, rebuild: Rebuild) -> Rebuilt:
        """What the state machine does: a part that died is tried again."""
        for chunk in json.loads(self.files.read(self.started[rebuild.id])):
            try:
                self.worker.rebuild(rebuild.id, chunk["part"])
            except (UnavailableError, Died):
                self.worker.rebuild(rebuild.id, chunk["part"])
        Ending(self.rebuilds, self.table.commit).end(rebuild.id, failed=False, now=self.now)
        return self.look(rebuild)

    def rebuilt(self, key: str = "first") -> Rebuilt:
        return self.carry_out(self.ask(key).rebuild)


class Died(BaseException):
    """A worker is gone, without a word."""
