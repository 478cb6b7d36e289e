"""A job and how far its parts have come, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple, Protocol, Self, TypeVar

from huitou.kernel.ids import Digest


class JobStatus(StrEnum):
    """Where it stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class Job(Protocol):
    """A dataclass with these and ``finished_at``."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def id(self) -> Digest: ...

    @property
    def status(self) -> JobStatus: ...

    @property
    def manifest_key(self) -> str:
        """The file that lists what its workers are to do. Whoever plans the same job writes the same list."""
        ...


class Part(NamedTuple):
    """How far one shard has come: ``done`` of the ``members`` who were in it when the part began.

    ``failed`` could not be looked at; ``found`` counts what the others came to, by the job's own words. A worker that
    takes over goes on after the place ``after`` in the index.
    """

    number: int
    members: int
    done: int = 0
    failed: int = 0
    found: Mapping[str, int] = {}
    after: str | None = None
    finished: bool = False

    def finding(self, **more: int) -> Self:
        """With ``more`` of what it has found."""
        return self._replace(found={**self.found, **{name: self.found.get(name, 0) + n for name, n in more.items()}})


class Progress(NamedTuple):
    """How far the parts of a job have come together; ``finished`` of them to their end."""

    members: int
    done: int
    failed: int
    finished: int
    found: Mapping[str, int]


def is_exact(status: JobStatus, progress: Progress, parts: int) -> bool:
    """Whether all of a job's parts are done, and everybody in them was looked at."""
    return status is JobStatus.COMPLETED and progress.finished == parts and not progress.failed


J = TypeVar("J", bound=Job)


def progress_of(parts: Iterable[Part]) -> Progress:
    """The sum of those that have begun; what none has found is 0."""
    begun, found = list(parts), Counter[str]()
    for part in begun:
        found.update(part.found)
    return Progress(
        members=sum(part.members for part in begun),
        done=sum(part.done for part in begun),
        failed=sum(part.failed for part in begun),
        finished=sum(part.finished for part in begun),
        found=found,
    )


def as_seen(read: Callable[[], J], ended_at: Callable[[Digest], datetime | None]) -> J:
    """The job that ``read`` finds; as failed, if its execution ended without a report.

    A report is written before its execution ends. So where an end is seen the job is read again: one that runs even
    then will never be reported.
    """
    job = read()
    if job.status is not JobStatus.RUNNING or (died_at := ended_at(job.id)) is None:
        return job
    job = read()
    return ended(job, True, died_at) if job.status is JobStatus.RUNNING else job


def running(find: Callable[[Digest], J | None], job_id: Digest) -> J:
    """What a state works for. Raises `LookupError` where it has ended."""
    job = find(job_id)
    if job is None or job.status is not JobStatus.RUNNING:
        raise LookupError(f"The job {job_id} is not running.")
    return job


def ended(job: J, failed: bool, now: datetime) -> J:
    """As it stands after its last state; ``failed`` where a part of the work could not be done, for good."""
    return replace(job, status=JobStatus.FAILED if failed else JobStatus.COMPLETED, finished_at=now)
