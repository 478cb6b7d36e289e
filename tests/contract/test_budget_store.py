"""Budgets in shards, whatever they are kept in: two members, one last slot (E12)."""

from __future__ import annotations

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId
from huitou.platform.table import Table
from huitou.points.budget_store import TableBudgets
from huitou.points.budgets import SHARDS, BudgetId, Grant, Shard, shards_for, split
from huitou.points.granting import BudgetStore, Drawing
from huitou.program.model import Program
from huitou.simulator.memory_budgets import MemoryBudgets
from tests.builders import MEI, document, program, rule
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.purchases import LIN, Shop, bill

BASE = BudgetId("base", "points")


def store(table: AnyTable) -> BudgetStore:
    return TableBudgets(table) if isinstance(table, Table) else MemoryBudgets(table)


def limited(budget: int, version: int = 1) -> Program:
    return program(document(earning=[rule(budget=str(budget))]), version)


def drawing(table: AnyTable, active: Program, member: MemberId = MEI) -> Drawing:
    return Drawing(store(table), table.commit, active, member)


def left(table: AnyTable) -> int:
    return sum(shard.left for shard in store(table).shards(BASE))


def test_a_budget_is_split_when_it_is_first_asked_for(table: AnyTable) -> None:
    """E12."""
    active = limited(100)
    assert store(table).shard(BASE, 0) is None
    assert store(table).shards(BASE) == []

    assert sum(drawing(table, active).left(active.earning[0], 5).values()) >= 5

    shards = store(table).shards(BASE)
    assert shards == split([], 100, version=1)
    assert store(table).shard(BASE, 3) == shards[3]


def test_a_grant_takes_and_a_refund_returns(table: AnyTable) -> None:
    """E12."""
    table.commit(store(table).split(BASE, [], split([], 80, 1)))

    table.commit([store(table).take(Grant(BASE, 2, 7))])
    assert store(table).shard(BASE, 2) == Shard(2, 3, 80, 1)
    with pytest.raises(StaleReadError):
        table.commit([store(table).take(Grant(BASE, 2, 4))])
    table.commit([store(table).give_back(Grant(BASE, 2, 7))])

    assert store(table).shards(BASE) == split([], 80, 1)


def test_shards_that_others_changed_are_not_split(table: AnyTable) -> None:
    """E12."""
    before = split([], 80, 1)
    table.commit(store(table).split(BASE, [], before))
    with pytest.raises(StaleReadError):
        table.commit(store(table).split(BASE, [], before))
    table.commit([store(table).take(Grant(BASE, 5, 1))])
    with pytest.raises(StaleReadError):
        table.commit(store(table).split(BASE, before, split(before, 160, 2)))

    assert left(table) == 79


def test_the_own_shard_gives_alone_until_it_is_short(table: AnyTable) -> None:
    """E12: then all that have any do, the own first."""
    active = limited(80)
    own, *others = shards_for(MEI)

    assert drawing(table, active).left(active.earning[0], 10) == {own: 10}
    assert list(drawing(table, active).left(active.earning[0], 11)) == [own, *others]


def test_what_one_attempt_took_it_does_not_find_again(table: AnyTable) -> None:
    """E12: an import decides many sales before it commits."""
    active = limited(80)
    own = shards_for(MEI)[0]
    once = drawing(table, active)
    once.left(active.earning[0], 6)
    once.take([Grant(BASE, own, 6)])
    once.take([Grant(BASE, own, 1)])

    assert once.left(active.earning[0], 3) == {own: 3}
    assert sum(once.left(active.earning[0], 4).values()) == 73
    table.commit(once.writes())
    assert left(table) == 73


@pytest.mark.parametrize(("budget", "remaining"), [(200, 190), (60, 50), (5, -5)])
def test_a_later_version_raises_or_lowers_the_budget(table: AnyTable, budget: int, remaining: int) -> None:
    """E12: of 80, 10 were granted; an older version then finds it as the later one left it."""
    first, second = limited(80), limited(budget, version=2)
    own = shards_for(MEI)[0]
    drawing(table, first).left(first.earning[0], 10)
    table.commit([store(table).take(Grant(BASE, own, 10))])

    found = drawing(table, second).left(second.earning[0], 1000)

    assert left(table) == remaining
    assert sum(found.values()) == max(0, remaining)
    assert sum(drawing(table, first).left(first.earning[0], 1000).values()) == max(0, remaining)


def test_two_members_one_last_slot(table: AnyTable, side_by_side: SideBySide) -> None:
    """E12: 15 points for all; two sales would earn 10 each. All is given, and once."""
    huitou = Shop(limited(15), table)
    for member in (MEI, LIN):
        huitou.enrol(member)

    side_by_side(2, lambda number: huitou.sell(bill(f"A-{number}"), (MEI, LIN)[number]))

    assert sorted(huitou.points(member) for member in (MEI, LIN)) == [5, 10]
    assert left(table) == 0
    assert len(store(table).shards(BASE)) == SHARDS


def test_a_crowd_takes_the_whole_budget_and_not_a_point_more(table: AnyTable, side_by_side: SideBySide) -> None:
    """E12, E18."""
    huitou = Shop(limited(55), table)
    huitou.enrol(MEI)
    huitou.enrol(LIN)

    side_by_side(8, lambda number: huitou.sell(bill(f"A-{number}"), (MEI, LIN)[number % 2]))

    assert huitou.points(MEI) + huitou.points(LIN) == 55
    assert left(table) == 0
