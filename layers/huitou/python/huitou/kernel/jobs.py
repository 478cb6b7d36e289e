"""Work that goes on after it was asked for, in an execution of its own, and how it is seen from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar

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


class JobStates(Protocol):
    """Carries out jobs of one kind."""

    def start(self, job: Digest, manifest_key: str) -> None:
        """Starts an execution, once per job, however often it is asked. Raises `UnavailableError`."""
        ...

    def ended_at(self, job: Digest) -> datetime | None:
        """When the execution ended, in whatever way; None while it goes on, and where there is none (any more)."""
        ...


class Files(Protocol):
    """Keeps files under keys: what a job is to do, and what comes of it."""

    def read(self, key: str) -> bytes: ...

    def write(self, key: str, content: bytes) -> None: ...


J = TypeVar("J", bound=Job)


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
