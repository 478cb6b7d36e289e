"""Jobs of one kind: begun once, looked at, ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from huitou.jobs.model import Job, JobStatus, Part, as_seen, ended, running
from huitou.jobs.ports import Files, JobStates, JobStore, PartedStore
from huitou.kernel.commits import Commit, once
from huitou.kernel.errors import NotFoundError
from huitou.kernel.ids import Digest

J = TypeVar("J", bound=Job)
Chunks = Sequence[Mapping[str, Any]]
"""What a job's workers are to do, one each."""


class Begun(NamedTuple, Generic[J]):
    """``replayed``: it had been asked for before."""

    job: J
    replayed: bool = False


class Underway(NamedTuple, Generic[J]):
    """A job as it stands, with the parts that have begun. ``replayed``: it had been asked for before."""

    job: J
    parts: Sequence[Part] = ()
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Jobs(Generic[J]):
    """What all kinds have in common. ``missing`` is raised where there is none."""

    store: JobStore[J]
    files: Files
    states: JobStates
    missing: type[NotFoundError]
    commit: Commit
    pause: Callable[[int], None]

    def begin(self, job_id: Digest, plan: Callable[[], tuple[J, Chunks]], agree: Callable[[J], None]) -> Begun[J]:
        """Starts what is planned; with the same id again, it is the same job, if it can ``agree`` with what is asked.

        Whatever stops half way, asking again goes on: the list of work is there before the job, the job before its
        execution, and that is started once.
        """

        def attempt() -> Begun[J]:
            job, chunks = plan()
            self.files.write(job.manifest_key, json.dumps(chunks).encode())
            self.commit([self.store.add(job)])
            self.states.start(job.id, job.manifest_key)
            return Begun(job)

        def recall() -> Begun[J] | None:
            known = self.store.find(job_id)
            if known is None:
                return None
            agree(known)
            if known.status is JobStatus.RUNNING:
                self.states.start(known.id, known.manifest_key)
            return Begun(known, replayed=True)

        return once(attempt, recall, self.pause)

    def require(self, job_id: Digest) -> J:
        """As it is stored. Raises ``missing``."""
        job = self.store.find(job_id)
        if job is None:
            raise self.missing(f"{self.missing.title}.")
        return job

    def get(self, job_id: Digest) -> J:
        """One whose execution died is shown as failed. Raises ``missing``."""
        return as_seen(lambda: self.require(job_id), self.states.ended_at)


@dataclass(frozen=True, slots=True)
class PartedJobs(Jobs[J]):
    """Jobs that are seen with their parts."""

    store: PartedStore[J]

    def ask(self, job_id: Digest, plan: Callable[[], tuple[J, Chunks]], agree: Callable[[J], None]) -> Underway[J]:
        """As `begin`; one that is new has no parts yet."""
        job, replayed = self.begin(job_id, plan, agree)
        return Underway(job, self.store.parts(job.id) if replayed else (), replayed)

    def look(self, job_id: Digest) -> Underway[J]:
        """As `get`."""
        job = self.get(job_id)
        return Underway(job, self.store.parts(job.id))


def end(store: JobStore[J], commit: Commit, job_id: Digest, failed: bool, now: datetime) -> J:
    """What the last state does; ``failed`` where a part of the work could not be done, for good."""
    job = ended(running(store.find, job_id), failed, now)
    commit([store.finish(job)])
    return job
