"""What jobs of any kind ask of their store, in memory and on DynamoDB alike (M16, E20)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from huitou.counts.model import Counted, MemberCount
from huitou.counts.store import counts_in
from huitou.jobs.model import JobStatus, Part
from huitou.jobs.ports import PartedStore
from huitou.jobs.store import TablePartedJobs
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.outcomes.model import CampaignResult
from huitou.outcomes.store import results_in
from huitou.platform import keys, program_keys
from huitou.rebuilding.model import Rebuild, RebuildCause
from huitou.rebuilding.store import rebuilds_in
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_jobs import MemoryPartedJobs
from tests.builders import MEI, OPENED
from tests.contract.targets import AnyTable

ID = digest_of(["one"])
JOBS: Mapping[str, tuple[Any, Callable[[Any], TablePartedJobs[Any]], Callable[[str], keys.Key]]] = {
    "count": (
        MemberCount(ID, json.dumps({"id": "spenders", "name": "花錢的人"}), 3, 16, OPENED, insights=2),
        counts_in,
        program_keys.count,
    ),
    "campaign count": (
        MemberCount(ID, json.dumps({"id": "miss-you", "name": "好久不見"}), 3, 16, OPENED, kind=Counted.CAMPAIGN),
        counts_in,
        program_keys.count,
    ),
    "rebuild": (Rebuild(ID, RebuildCause.ASKED, 3, 16, OPENED, "after the outage"), rebuilds_in, program_keys.rebuild),
    "result": (
        CampaignResult(ID, "miss-you", "maru", 3, 16, OPENED, '{"members": 3}'),
        results_in,
        program_keys.campaign_result,
    ),
}
"""A job of each kind that has parts, its store, and its key."""


@pytest.fixture(params=sorted(JOBS))
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def store_of(kind: str, table: AnyTable) -> PartedStore[Any]:
    job, on_table, key = JOBS[kind]
    return MemoryPartedJobs(table, type(job), key) if isinstance(table, MemoryTable) else on_table(table)


def test_a_job_comes_back_as_it_was_stored_and_its_id_is_taken(table: AnyTable, kind: str) -> None:
    store, job = store_of(kind, table), JOBS[kind][0]
    assert store.find(ID) is None
    table.commit([store.add(job)])
    found = store.find(ID)
    assert found == job
    assert found.status is JobStatus.RUNNING
    with pytest.raises(StaleReadError):
        table.commit([store.add(job)])


def test_parts_come_back_in_order_each_with_what_it_has_come_to(table: AnyTable, kind: str) -> None:
    store = store_of(kind, table)
    assert (store.part(ID, 10), list(store.parts(ID))) == (None, [])
    begun, other = Part(10, 300, 100, 1, {"renewed": 40, "moved": 7}, after=MEI), Part(2, 5)
    ended = begun._replace(done=300, after=None, finished=True)
    for part in (begun, other):
        table.commit([store.save_part(ID, part)])
    assert store.part(ID, 10) == begun
    table.commit([store.save_part(ID, ended)])
    assert list(store.parts(ID)) == [other, ended]


def test_whoever_is_behind_with_a_part_cannot_take_it_back(table: AnyTable, kind: str) -> None:
    """E21: of two workers with one part, the slower would make it smaller."""
    store, ahead = store_of(kind, table), Part(2, 5, 4, found={"moved": 3})
    table.commit([store.save_part(ID, ahead)])
    with pytest.raises(StaleReadError):
        table.commit([store.save_part(ID, ahead._replace(done=3))])
    assert store.part(ID, 2) == ahead
    table.commit([store.save_part(ID, ahead)])


def test_a_part_that_is_finished_stays_so(table: AnyTable, kind: str) -> None:
    """E21"""
    store, ended = store_of(kind, table), Part(2, 5, 5, finished=True)
    table.commit([store.save_part(ID, ended)])
    for late in (ended, ended._replace(finished=False), ended._replace(done=6, finished=False)):
        with pytest.raises(StaleReadError):
            table.commit([store.save_part(ID, late)])
    assert store.part(ID, 2) == ended


def test_it_ends_once(table: AnyTable, kind: str) -> None:
    store, job = store_of(kind, table), JOBS[kind][0]
    table.commit([store.add(job)])
    ended = replace(job, status=JobStatus.COMPLETED, finished_at=OPENED)
    table.commit([store.finish(ended)])
    with pytest.raises(StaleReadError):
        table.commit([store.finish(replace(ended, status=JobStatus.FAILED))])
    assert store.find(ID) == ended


@pytest.mark.parametrize("cause", RebuildCause)
def test_why_a_rebuild_was_begun_comes_back(table: AnyTable, cause: RebuildCause) -> None:
    """Also of one that nobody's reference is with."""
    store = store_of("rebuild", table)
    table.commit([store.add(Rebuild(ID, cause, 3, 16, OPENED))])
    found = store.find(ID)
    assert found is not None
    assert (found.cause is cause, found.client_reference) == (True, None)
