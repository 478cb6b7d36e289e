"""How far a campaign that begins with many has come is kept alike in memory and in DynamoDB (M19)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.campaigns.occasions import Occasion, OccasionId, go_on_from, put_off
from huitou.kernel.commits import StaleReadError
from huitou.kernel.instants import EPOCH
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_standing import MemoryDueIndex
from huitou.standing.messages import Due, DueOccasion, read_message, write_message
from huitou.standing.ports import DueIndex
from huitou.standing.store import TableDueIndex
from tests.campaigns import occasions_on
from tests.contract.targets import AnyTable
from tests.outbox import NOON

NEW = Occasion(OccasionId("mid-autumn", NOON, 11), NOON + timedelta(seconds=10))
HALF_WAY = go_on_from(NEW, "2026-03-02T04:00:00.000Z\nM#1\nIN#lapsed", 50)


def due_on(table: AnyTable) -> list[Due]:
    index: DueIndex = MemoryDueIndex(table) if isinstance(table, MemoryTable) else TableDueIndex(table)
    until = NOON + timedelta(days=1)
    return [due for shard in range(index.shards) for due in index.due(shard, EPOCH, until, limit=9).items]


@pytest.mark.parametrize("occasion", [NEW, HALF_WAY, go_on_from(HALF_WAY, None, 3)], ids=["new", "half way", "done"])
def test_an_occasion_comes_back_as_it_was_stored(table: AnyTable, occasion: Occasion) -> None:
    store = occasions_on(table)
    assert store.load(occasion.id) is None
    table.commit([store.add(occasion)])
    assert store.load(occasion.id) == occasion


def test_each_part_is_there_once(table: AnyTable) -> None:
    store = occasions_on(table)
    table.commit([store.add(NEW)])
    with pytest.raises(StaleReadError):
        table.commit([store.add(NEW)])
    table.commit([store.add(Occasion(NEW.id._replace(part=12), NOON))])


def test_of_two_workers_one_is_further(table: AnyTable) -> None:
    store = occasions_on(table)
    table.commit([store.add(NEW)])
    table.commit([store.save(NEW, HALF_WAY)])
    with pytest.raises(StaleReadError):
        table.commit([store.save(NEW, HALF_WAY)])
    assert store.load(NEW.id) == HALF_WAY


def test_it_is_due_until_all_were_asked(table: AnyTable) -> None:
    store = occasions_on(table)
    table.commit([store.add(NEW)])
    (due,) = due_on(table)
    assert due == DueOccasion("mid-autumn", NOON, 11, NOON + timedelta(seconds=10))
    assert read_message(write_message(due)) == due
    later = put_off(NEW, NOON + timedelta(minutes=1))
    table.commit([store.save(NEW, later)])
    assert [each.at for each in due_on(table)] == [NOON + timedelta(minutes=1)]
    table.commit([store.save(later, put_off(later, None))])
    assert due_on(table) == []
