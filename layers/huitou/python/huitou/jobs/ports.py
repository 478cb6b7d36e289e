"""What jobs need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from huitou.jobs.model import Job, Part
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest

J = TypeVar("J", bound=Job)


class JobStore(Protocol[J]):
    """Keeps jobs of one kind. Reads are consistent."""

    def find(self, job_id: Digest) -> J | None: ...

    def add(self, job: J) -> Write:
        """Refused with `StaleReadError` if the id is taken."""
        ...

    def finish(self, job: J) -> Write:
        """Ends it; refused with `StaleReadError` if it has ended before."""
        ...


class PartedStore(JobStore[J], Protocol[J]):
    """And how far their parts have come."""

    def part(self, job_id: Digest, number: int) -> Part | None:
        """None where it has not begun."""
        ...

    def save_part(self, job_id: Digest, part: Part) -> Write:
        """How far a part has come, and what it has found; refused with `StaleReadError` if it is further."""
        ...

    def parts(self, job_id: Digest) -> Sequence[Part]:
        """Those that have begun, in the order of their numbers."""
        ...


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
