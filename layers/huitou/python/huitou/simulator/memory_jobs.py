"""Jobs in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from huitou.jobs.model import Job, JobStatus, Part
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.platform import keys, program_keys
from huitou.simulator.memory import MemoryTable, absent

J = TypeVar("J", bound=Job)


class MemoryJobs(Generic[J]):
    """`JobStore` in memory."""

    def __init__(self, table: MemoryTable, kind: type[J], key: Callable[[Digest], keys.Key]) -> None:
        self._table = table
        self._kind = kind
        self._key = key

    def find(self, job_id: Digest) -> J | None:
        return self._table.get(self._kind, *self._key(job_id))

    def add(self, job: J) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(*self._key(job.id), job, refused=refused, when=absent)

    def finish(self, job: J) -> Write:
        def still(stored: J | None) -> bool:
            return stored is not None and stored.status is JobStatus.RUNNING

        refused = StaleReadError("It has ended meanwhile.")
        return self._table.put(*self._key(job.id), job, refused=refused, when=still)


class MemoryPartedJobs(MemoryJobs[J]):
    """`PartedStore` in memory."""

    def part(self, job_id: Digest, number: int) -> Part | None:
        return self._table.get(Part, *self._part_key(job_id, number))

    def save_part(self, job_id: Digest, part: Part) -> Write:
        def ahead(stored: Part | None) -> bool:
            return stored is None or (not stored.finished and stored.done <= part.done)

        refused = StaleReadError("Another worker is further with the same part.")
        return self._table.put(*self._part_key(job_id, part.number), part, refused=refused, when=ahead)

    def parts(self, job_id: Digest) -> Sequence[Part]:
        pk, _ = self._key(job_id)
        return self._table.query(Part, pk, prefix=keys.PART_PREFIX).items

    def _part_key(self, job_id: Digest, number: int) -> keys.Key:
        return program_keys.job_part(self._key(job_id), number)
