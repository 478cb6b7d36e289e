"""What a member did is read from packs: alike in memory and in DynamoDB, and for few units (M17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId
from huitou.platform import keys
from huitou.platform.table import Table
from huitou.points.wallet import Wallet
from huitou.purchases.model import VisitType
from huitou.segments.past import packed, read_past, read_since
from huitou.segments.store import QuarterItem
from huitou.simulator.memory import MemoryTable
from tests.benchmarks.looking import CYCLE, Regular
from tests.builders import MEI, document, program
from tests.contract.targets import AnyTable
from tests.erasing import Forgetting
from tests.files import sample_program
from tests.purchases import NOON, SOON, bill, booking, deeds_on, return_of
from tests.standing import Standings

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOST_READS = 8


def test_whoever_looks_packs_what_lies_back_and_reads_the_same_as_before(table: AnyTable) -> None:
    """Also what was refunded or came late since."""
    shop = Standings(table=table)
    shop.enrol()
    sales = [shop.sell(bill(f"A-{day}", occurred_at=NOON + day * DAY)).purchase for day in range(20)]
    shop.visit(booking(type=VisitType.VISIT, occurred_at=NOON + 2 * DAY), now=NOON + 20 * DAY)
    loose = done(shop)
    shop.segments.refresh(MEI, NOON + 20 * DAY)

    assert shop.wallet().packed_until == NOON + 16 * DAY
    assert quarters(table) == [keys.quarter(MEI, 8104)[1]]
    assert done(shop) == loose

    shop.refund(return_of(sales[7], occurred_at=NOON + 20 * DAY))
    assert shop.wallet().packed_until == sales[7].occurred_at
    assert [deed.at for deed in done(shop)] == [deed.at for deed in loose if deed.at != sales[7].occurred_at]
    shop.segments.refresh(MEI, NOON + 20 * DAY)
    assert len(done(shop)) == len(loose) - 1

    shop.sell(bill("late", occurred_at=NOON + DAY + SOON), now=NOON + 20 * DAY)
    assert shop.wallet().packed_until == NOON + DAY + SOON
    assert len(done(shop)) == len(loose)


def test_packs_are_kept_over_the_wallet_that_was_read_and_no_other(table: AnyTable) -> None:
    """E18."""
    shop = Standings(table=table)
    shop.enrol()
    for day in range(20):
        shop.sell(bill(f"A-{day}", occurred_at=NOON + day * DAY))
    writes = packed(deeds_on(table), shop.wallet(), shop.programs.active())
    shop.sell(bill("A-20", occurred_at=NOON + 20 * DAY))
    with pytest.raises(StaleReadError):
        table.commit(writes)
    assert quarters(table) == []


def test_an_erasure_takes_packs_away(table: AnyTable) -> None:
    """E25: they are a copy; purchases stay, without words, as entries do."""
    people = Forgetting(table)
    mei, shop = people.mei(), people.shop
    for hour in range(20):
        shop.sell(bill(f"P-{hour}", occurred_at=NOON + hour * HOUR), mei)
    table.commit(packed(deeds_on(table), shop.wallet(mei), shop.programs.active()))
    assert len(quarters(table, mei)) == 1

    people.erase(mei)

    assert quarters(table, mei) == []
    assert shop.wallet(mei).packed_until is None


@pytest.mark.parametrize("dynamo_table", ["dynamodb_local"], indirect=True)
def test_to_look_at_a_member_of_500_purchases_takes_at_most_8_read_units(dynamo_table: Table) -> None:
    """Of ten lines each, by the sample's segments; as AWS's own engine counts it, after each purchase of a cycle."""
    read: list[float] = []

    def count(operation: str, consumed: Any) -> None:
        if operation in {"Query", "GetItem"}:
            read[-1] += consumed["CapacityUnits"]

    mei = Regular(dynamo_table)
    mei.buy(500 - CYCLE)
    watched = Standings(sample_program(), Table(dynamo_table.name, dynamo_table.region, dynamo_table.endpoint, count))
    for _ in range(CYCLE):
        mei.sell()
        read.append(0)
        watched.segments.position(MEI, mei.now)
        mei.shop.segments.renew(MEI, mei.now)

    assert max(read) <= MOST_READS


def test_what_was_done_since_an_instant_is_read_from_packs_as_it_was_kept(table: AnyTable) -> None:
    """Without lines, which say nothing of when they came."""
    bread = {"spend": {"at_least": 1, "in": "ever", "of": {"categories": ["bread"]}}}
    shop = Standings(program(document(segments=[{"id": "bread", "name": "Bread", "when": bread}])), table)
    shop.enrol()
    for day in range(20):
        shop.sell(bill(f"A-{day}", occurred_at=NOON + day * DAY))
    shop.segments.refresh(MEI, NOON + 20 * DAY)
    assert shop.wallet().packed_until == NOON + 16 * DAY
    found = read_since(deeds_on(table), shop.wallet(), NOON + 10 * DAY)
    whole = done(shop)[10:]
    assert all(each.lines for each in whole)
    assert found == [each._replace(lines=()) for each in whole]


def done(shop: Standings) -> list[Any]:
    """All that Mei did, as whoever judges her reads it."""
    home: Wallet = shop.wallet()
    return list(read_past(deeds_on(shop.table), home, shop.programs.active(), NOON).deeds)


def quarters(table: AnyTable, member: MemberId = MEI) -> list[str]:
    """The sort keys of packs."""
    pk, prefix = keys.member(member), keys.QUARTER_PREFIX
    if isinstance(table, MemoryTable):
        return table.names(pk, prefix)
    return [item.sk for item in table.query(QuarterItem, pk, prefix=prefix).items]
