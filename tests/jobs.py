"""Jobs for tests: a state machine that waits to be carried out, and the jobs of any kind that it is told to start."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

from huitou.jobs.model import Job
from huitou.jobs.ports import JobStore, PartedStore
from huitou.jobs.service import Jobs, PartedJobs
from huitou.kernel.errors import NotFoundError, UnavailableError
from huitou.kernel.ids import Digest
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_imports import MemoryFiles

J = TypeVar("J", bound=Job)


class Machine:
    """`JobStates` that do nothing by themselves: a job is ``started`` once, however often that is ``asked``.

    ``ended`` is when executions ended, where a test says so.
    """

    def __init__(self) -> None:
        self.files = MemoryFiles()
        self.asked: list[Digest] = []
        self.started: dict[Digest, str] = {}
        self.ended: dict[Digest, datetime] = {}
        self.out_of_reach = False

    def start(self, job: Digest, manifest_key: str) -> None:
        if self.out_of_reach:
            raise UnavailableError("out of reach")
        assert manifest_key in self.files.content, "an execution reads its list at once"
        self.asked.append(job)
        self.started.setdefault(job, manifest_key)

    def ended_at(self, job: Digest) -> datetime | None:
        return self.ended.get(job)

    def chunks(self, job: Digest) -> list[dict[str, Any]]:
        """What the workers of a job that was started are to do."""
        chunks: list[dict[str, Any]] = json.loads(self.files.read(self.started[job]))
        return chunks

    def jobs(self, store: JobStore[J], missing: type[NotFoundError], table: MemoryTable) -> Jobs[J]:
        """Jobs of one kind, which it carries out."""
        return Jobs(store, self.files, self, missing, table.commit, lambda _: None)

    def parted_jobs(self, store: PartedStore[J], missing: type[NotFoundError], table: MemoryTable) -> PartedJobs[J]:
        """The same of jobs that are seen with their parts."""
        return PartedJobs(store, self.files, self, missing, table.commit, lambda _: None)
