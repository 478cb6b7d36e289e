"""Records of standings are kept alike in memory and in DynamoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.facts import Fact
from huitou.purchases.standing import known_of
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_standing import MemoryStandings
from huitou.standing.keeping import MOST_UNSEEN, fold
from huitou.standing.model import Known, Record
from huitou.standing.ports import StandingStore
from huitou.standing.store import TableStandings
from tests.builders import MEI, OPENED, at, document, program, rule
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.purchases import LIN, NOON, Shop, bill, bread
from tests.tiers import granted, policy, refunded, regime, spent

BEFORE_ALL = at("2020-01-01 00:00")
SALE = spent(150, "2026-03-02 12:00")
FACTS = (SALE, refunded(SALE, "2026-03-10 12:00", 20), spent(1000, "2026-02-01 09:30:00.123"))
LEVELS = [{"id": "basic", "name": "Basic", "threshold": "0"}, {"id": "gold", "name": "Gold", "threshold": "1000"}]
TIERS: dict[str, Any] = {"measure": "spend", "window": {"type": "rolling", "days": 365}, "levels": LEVELS}


def standings_on(table: AnyTable) -> StandingStore:
    return MemoryStandings(table) if isinstance(table, MemoryTable) else TableStandings(table)


def folded(record: Record, *facts: Fact, settled: Any = BEFORE_ALL) -> Record:
    return fold(Known(record, facts, OPENED), lambda _: [regime(policy(grace_days=20))], settled)


def test_of_a_stranger_the_record_is_empty(table: AnyTable) -> None:
    assert standings_on(table).load(MEI) == Record(MEI)


def test_a_record_comes_back_as_it_was(table: AnyTable) -> None:
    store = standings_on(table)
    gift = granted("gold", "2026-03-05 12:00", "2026-08-01 00:00")
    table.commit([store.note_profile(MEI, 2, date(1992, 2, 29))])
    table.commit(store.grant(store.load(MEI), gift))
    before = store.load(MEI)
    after = folded(before, *FACTS)
    table.commit([store.fold(before, after)])

    assert store.load(MEI) == replace(after, grants=(gift,), birthday=(2, 29), profile=2)
    assert after.reached is not None
    assert after.reached.state.tier == "gold"


def test_what_was_dropped_leaves_where_the_member_stood(table: AnyTable) -> None:
    store = standings_on(table)
    many = [Fact(at, at, 20, 1, 2) for at in (OPENED + number * timedelta(days=2) for number in range(300))]
    record = replace(folded(Record(MEI), *many[:290]), folds=7)
    after = folded(record, *many[290:], settled=OPENED + timedelta(days=500))
    assert after.base is not None
    assert len(after.facts) < 300
    table.commit([store.fold(Record(MEI), after)])
    assert store.load(MEI) == after


def test_facts_are_taken_in_once(table: AnyTable) -> None:
    store = standings_on(table)
    one, other = folded(Record(MEI), FACTS[0]), folded(Record(MEI), FACTS[2])
    table.commit([store.fold(Record(MEI), one)])
    with pytest.raises(StaleReadError):
        table.commit([store.fold(Record(MEI), other)])
    table.commit([store.fold(one, folded(one, FACTS[2]))])
    assert store.load(MEI).folds == 2


def test_each_writer_leaves_what_is_the_others(table: AnyTable) -> None:
    """A profile is changed and a tier given between the reading of a record and its writing."""
    store = standings_on(table)
    read = store.load(MEI)
    gift = granted("silver", "2026-03-05 12:00")
    table.commit(store.grant(read, gift))
    table.commit([store.note_profile(MEI, 3, date(1990, 4, 30))])
    table.commit([store.fold(read, folded(read, *FACTS))])
    kept = store.load(MEI)
    assert (kept.birthday, kept.grants, len(kept.facts)) == ((4, 30), (gift,), 3)
    table.commit([store.note_profile(MEI, 4, None)])
    assert store.load(MEI) == replace(kept, birthday=None, profile=4)


def test_a_grant_is_kept_once_and_found_by_its_id(table: AnyTable) -> None:
    """E14."""
    store = standings_on(table)
    first, second = granted("silver", "2026-03-05 12:00"), granted("gold", "2026-04-05 12:00")
    assert store.find_grant(first.id) is None
    table.commit(store.grant(store.load(MEI), first))
    with pytest.raises(StaleReadError):
        table.commit(store.grant(Record(MEI), second))
    with pytest.raises(StaleReadError):
        table.commit(store.grant(store.load(LIN), first))
    table.commit(store.grant(store.load(MEI), second))
    assert store.load(MEI).grants == (first, second)
    assert store.find_grant(second.id) == (MEI, second)


def test_wallets_and_record_are_read_together(table: AnyTable) -> None:
    huitou = Shop(program(document(tiers=TIERS)), table)
    huitou.enrol()
    for number in range(MOST_UNSEEN + 3):
        huitou.sell(bill(f"A-{number}", bread(100), occurred_at=NOON + timedelta(seconds=number)))
    wallets, record, _ = huitou.states.load(MEI)
    assert set(wallets) == {"points"}
    known = known_of(wallets["points"], record)
    assert (record.folds, len(record.facts), len(known.unseen)) == (1, MOST_UNSEEN + 1, 2)
    assert huitou.states.load(LIN) == ({}, Record(LIN), None)


def test_the_sale_after_gold_was_reached_earns_as_gold(table: AnyTable) -> None:
    """E7, through the whole service."""
    double = rule(id="gold", name="Gold", when={"tiers": ["gold"]})
    huitou = Shop(program(document(tiers=TIERS, earning=[rule(), double])), table)
    huitou.enrol()
    first = huitou.sell(bill("A-1"))
    second = huitou.sell(bill("A-2", occurred_at=NOON + timedelta(seconds=1)))
    late = huitou.sell(bill("A-3", occurred_at=NOON - timedelta(days=1), received_at=NOON + timedelta(days=1)))
    assert [(each.purchase.seen.tier, each.entries[0].amount) for each in (first, second, late)] == [
        ("basic", 10),
        ("gold", 20),
        ("basic", 10),
    ]
    assert huitou.use.get(second.purchase.id, "maru").purchase.seen.tier == "gold"


def test_sales_at_once_lose_no_fact(table: AnyTable, side_by_side: SideBySide) -> None:
    """E18."""
    huitou = Shop(program(document(tiers=TIERS)), table, pause=lambda _: None)
    huitou.enrol()

    def sell(number: int) -> object:
        return huitou.sell(bill(f"A-{number}", bread(10), occurred_at=NOON + timedelta(seconds=number)))

    for _ in range(5):
        side_by_side(20, sell)
    wallets, record, _ = huitou.states.load(MEI)
    facts = [*record.facts, *wallets["points"].unseen]
    assert sum(fact.spend for fact in facts) == 200
    assert len({fact.at for fact in facts}) == 20
