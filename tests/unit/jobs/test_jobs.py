"""Jobs of any kind: whatever stops while one is begun, asking again makes it good (E14)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from huitou.jobs.answers import progress_view
from huitou.jobs.model import JobStatus, Part, progress_of
from huitou.jobs.service import Chunks, Jobs, end
from huitou.kernel.commits import Write
from huitou.kernel.errors import NotFoundError, UnavailableError
from huitou.kernel.ids import digest_of
from huitou.platform import program_keys as keys
from huitou.rebuilding.model import Rebuild, RebuildCause
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_jobs import MemoryJobs
from tests.builders import OPENED
from tests.jobs import Machine

JOB = Rebuild(digest_of(["one"]), RebuildCause.ASKED, 1, 2, OPENED)
CHUNKS: Chunks = [{"part": 0}, {"part": 1}]


class OtherContentError(Exception):
    """What is asked is not what was asked before."""


class Bench:
    """One kind of jobs, of which files, table and machine may be out of reach."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.machine = Machine()
        self.store = MemoryJobs(self.table, Rebuild, keys.rebuild)
        self.broken: set[str] = set()
        self.jobs: Jobs[Rebuild] = Jobs(self.store, self, self.machine, NotFoundError, self.commit, lambda _: None)

    def read(self, key: str) -> bytes:
        return self.machine.files.read(key)

    def write(self, key: str, content: bytes) -> None:
        self._reach("files")
        self.machine.files.write(key, content)

    def commit(self, writes: Sequence[Write]) -> None:
        self._reach("table")
        self.table.commit(writes)

    def _reach(self, what: str) -> None:
        if what in self.broken:
            raise UnavailableError(what)

    def begin(self, program: int = 1) -> tuple[Rebuild, bool]:
        planned = replace(JOB, program=program)

        def agree(known: Rebuild) -> None:
            if known.program != program:
                raise OtherContentError

        job, replayed = self.jobs.begin(JOB.id, lambda: (planned, CHUNKS), agree)
        return job, replayed


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_job_is_begun_once(bench: Bench) -> None:
    assert bench.begin() == (JOB, False)
    assert bench.begin() == (JOB, True)
    assert bench.machine.chunks(JOB.id) == CHUNKS
    assert bench.machine.asked == [JOB.id, JOB.id]
    assert list(bench.machine.started) == [JOB.id]


@pytest.mark.parametrize("what", ["files", "table"])
def test_where_it_cannot_be_kept_there_is_none_until_it_is_asked_for_again(bench: Bench, what: str) -> None:
    bench.broken.add(what)
    with pytest.raises(UnavailableError):
        bench.begin()
    assert (bench.store.find(JOB.id), bench.machine.asked) == (None, [])
    bench.broken.clear()
    assert bench.begin() == (JOB, False)
    assert bench.machine.chunks(JOB.id) == CHUNKS


def test_where_it_cannot_be_started_asking_again_starts_it(bench: Bench) -> None:
    bench.machine.out_of_reach = True
    with pytest.raises(UnavailableError):
        bench.begin()
    assert bench.store.find(JOB.id) == JOB
    bench.machine.out_of_reach = False
    assert bench.begin() == (JOB, True)
    assert bench.machine.chunks(JOB.id) == CHUNKS


def test_one_that_has_ended_is_not_started_again(bench: Bench) -> None:
    bench.begin()
    ended = end(bench.store, bench.commit, JOB.id, False, OPENED)
    assert bench.begin() == (ended, True)
    assert bench.machine.asked == [JOB.id]
    with pytest.raises(LookupError):
        end(bench.store, bench.commit, JOB.id, True, OPENED)


def test_other_content_under_the_same_id_is_refused(bench: Bench) -> None:
    bench.begin()
    with pytest.raises(OtherContentError):
        bench.begin(program=2)
    assert (bench.store.find(JOB.id), bench.machine.asked) == (JOB, [JOB.id])


def test_one_whose_execution_died_is_shown_as_failed_and_one_that_is_not_there_is_missed(bench: Bench) -> None:
    bench.begin()
    assert bench.jobs.get(JOB.id).status is JobStatus.RUNNING
    bench.machine.ended[JOB.id] = OPENED
    died = bench.jobs.get(JOB.id)
    assert (died.status, died.finished_at) == (JobStatus.FAILED, OPENED)
    with pytest.raises(NotFoundError, match="Not found"):
        bench.jobs.get(digest_of(["none"]))


@pytest.mark.parametrize(
    ("parts", "members", "finished"),
    [([], 0, 0), ([Part(0, 3, 3, finished=True)], 3, 1), ([Part(0, 3, 3, finished=True), Part(1, 4, 1)], 7, 1)],
)
def test_progress_is_told_in_whole_numbers(parts: list[Part], members: int, finished: int) -> None:
    told: dict[str, Any] = json.loads(json.dumps(progress_view(progress_of(parts), 16)))
    assert (told["members"], told["finished"], type(told["finished"])) == (members, finished, int)


def test_what_parts_find_adds_up_by_name() -> None:
    parts = [Part(0, 3).finding(moved=1).finding(moved=1, renewed=2), Part(1, 1), Part(2, 1).finding(renewed=0)]
    assert progress_of(parts).found == {"moved": 2, "renewed": 2}
