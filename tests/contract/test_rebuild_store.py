"""What rebuilds ask of their store, in memory and on DynamoDB alike (E20)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.kernel.jobs import JobStatus
from huitou.rebuilding.model import Part, Rebuild, RebuildCause
from huitou.rebuilding.ports import RebuildStore
from huitou.rebuilding.store import TableRebuilds
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_rebuilds import MemoryRebuilds
from tests.builders import MEI, OPENED
from tests.contract.targets import AnyTable

REBUILD = Rebuild(digest_of(["one"]), RebuildCause.ASKED, 3, 16, OPENED, "after the outage")


def on(table: AnyTable) -> RebuildStore:
    return MemoryRebuilds(table) if isinstance(table, MemoryTable) else TableRebuilds(table)


def test_a_rebuild_comes_back_as_it_was_stored_and_its_id_is_taken(table: AnyTable) -> None:
    rebuilds = on(table)
    assert rebuilds.find(REBUILD.id) is None
    table.commit([rebuilds.add(REBUILD)])
    assert rebuilds.find(REBUILD.id) == REBUILD
    with pytest.raises(StaleReadError):
        table.commit([rebuilds.add(REBUILD)])


def test_parts_come_back_in_order_each_as_far_as_it_has_come(table: AnyTable) -> None:
    rebuilds = on(table)
    assert (rebuilds.part(REBUILD.id, 10), list(rebuilds.parts(REBUILD.id))) == (None, [])
    begun, other = Part(10, 300, 100, 40, 7, 1, after=MEI), Part(2, 5)
    ended = begun._replace(done=300, after=None, finished=True)
    for part in (begun, other):
        table.commit([rebuilds.save_part(REBUILD.id, part)])
    assert rebuilds.part(REBUILD.id, 10) == begun
    table.commit([rebuilds.save_part(REBUILD.id, ended)])
    assert list(rebuilds.parts(REBUILD.id)) == [other, ended]


def test_it_ends_once(table: AnyTable) -> None:
    rebuilds = on(table)
    table.commit([rebuilds.add(REBUILD)])
    ended = replace(REBUILD, status=JobStatus.COMPLETED, finished_at=OPENED)
    table.commit([rebuilds.finish(ended)])
    with pytest.raises(StaleReadError):
        table.commit([rebuilds.finish(replace(ended, status=JobStatus.FAILED))])
    assert rebuilds.find(REBUILD.id) == ended
