"""What counts ask of their store, in memory and on DynamoDB alike (M16)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest

from huitou.counts.model import CountPart, SegmentCount
from huitou.counts.ports import CountStore
from huitou.counts.store import TableCounts
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.kernel.jobs import JobStatus
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_counts import MemoryCounts
from tests.builders import MEI, OPENED
from tests.contract.targets import AnyTable

COUNT = SegmentCount(digest_of(["one"]), json.dumps({"id": "spenders", "name": "花錢的人"}), 3, 16, OPENED)


def on(table: AnyTable) -> CountStore:
    return MemoryCounts(table) if isinstance(table, MemoryTable) else TableCounts(table)


def test_a_count_comes_back_as_it_was_stored_and_its_id_is_taken(table: AnyTable) -> None:
    counts = on(table)
    assert counts.find(COUNT.id) is None
    table.commit([counts.add(COUNT)])
    assert counts.find(COUNT.id) == COUNT
    with pytest.raises(StaleReadError):
        table.commit([counts.add(COUNT)])


def test_parts_come_back_in_order_each_with_what_it_has_come_to(table: AnyTable) -> None:
    counts = on(table)
    assert (counts.part(COUNT.id, 10), list(counts.parts(COUNT.id))) == (None, [])
    begun, other = CountPart(10, 300, 100, 40, 1, after=MEI), CountPart(2, 5)
    ended = begun._replace(done=300, after=None, finished=True)
    for part in (begun, other, ended):
        table.commit([counts.save_part(COUNT.id, part)])
    assert counts.part(COUNT.id, 10) == ended
    assert list(counts.parts(COUNT.id)) == [other, ended]


@pytest.mark.parametrize("ahead", [CountPart(2, 5, 4, 3), CountPart(2, 5, 5, 4, finished=True)])
def test_whoever_is_behind_with_a_part_cannot_take_it_back(table: AnyTable, ahead: CountPart) -> None:
    """E21: of two workers with one part, the slower would make it smaller."""
    counts = on(table)
    table.commit([counts.save_part(COUNT.id, ahead)])
    with pytest.raises(StaleReadError):
        table.commit([counts.save_part(COUNT.id, ahead._replace(done=ahead.done - ahead.finished - 1))])
    with suppress(StaleReadError):
        table.commit([counts.save_part(COUNT.id, ahead._replace(finished=False))])
    assert counts.part(COUNT.id, 2) == ahead


def test_it_ends_once(table: AnyTable) -> None:
    counts = on(table)
    table.commit([counts.add(COUNT)])
    ended = replace(COUNT, status=JobStatus.COMPLETED, finished_at=OPENED)
    table.commit([counts.finish(ended)])
    with pytest.raises(StaleReadError):
        table.commit([counts.finish(replace(ended, status=JobStatus.FAILED))])
    assert counts.find(COUNT.id) == ended
