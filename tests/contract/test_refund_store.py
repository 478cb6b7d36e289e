"""Refunds are kept alike in memory and in DynamoDB: each once, and in wait until their sale comes (E14, E19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId, OwnedId
from huitou.platform.pauses import pause
from huitou.purchases.model import EntryRef, Move, Purchase
from huitou.purchases.ports import Awaited
from huitou.purchases.refunds import LineAsked, Owed, Refund, RefundStatus
from huitou.purchases.returns import LineBack, Returns
from tests.builders import MEI, program
from tests.contract.targets import AnyTable
from tests.purchases import LIN, NOON, Shop, bill, bread, line, return_of

DAY = timedelta(days=1)
RETURNED = Returns(
    lines={1: 500, 0: 1000}, unearned={0: 1000}, owed={"points": 7}, used={"base/l": 3}, budgets={"base": 2}, points=9
)


@pytest.fixture
def shop(table: AnyTable) -> Shop:
    """Mei and Lin are members."""
    opened = Shop(program(), table=table, pause=pause)
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


def booked(refund: Refund) -> Refund:
    """With everything that a refund can have."""
    return replace(
        refund,
        status=RefundStatus.BOOKED,
        reason="壞了",
        client_reference="till 2/R-1",
        purchase=OwnedId(MEI, bill().key(MEI).key),
        returned=(LineBack(0, 1000, 950),),
        money=900,
        points=50,
        points_currency="points",
        is_full=True,
        owed=(Owed("points", 3, 10),),
        given_back=EntryRef("points", 4),
        program_version=1,
    )


def test_a_refund_is_read_back_as_it_was_kept_and_kept_once(shop: Shop) -> None:
    """E14."""
    made = booked(return_of(bill(), "R-1", line(0), LineAsked(None, "tea-1", 500)))
    assert shop.refunds_kept.find(made.id) is None

    shop.table.commit(shop.refunds_kept.add(made))

    assert shop.refunds_kept.find(made.id) == made
    with pytest.raises(StaleReadError):
        shop.table.commit(shop.refunds_kept.add(made))


def test_refunds_that_wait_are_listed_by_brand_and_age_until_something_becomes_of_them(shop: Shop) -> None:
    """E19: the oldest first, in pages."""
    waiting = [
        return_of(bill(), f"R-{n}", received_at=NOON + n * DAY, brand="sora" if n == 3 else "maru") for n in range(5)
    ]
    for refund in waiting:
        shop.table.commit(shop.refunds_kept.add(refund))

    page = shop.refunds_kept.waiting("maru", NOON + 4 * DAY, after=None, limit=2)
    rest = shop.refunds_kept.waiting("maru", NOON + 4 * DAY, after=page.next_cursor, limit=2)
    assert (page.items, rest.items, rest.next_cursor) == (tuple(waiting[:2]), (waiting[2],), None)

    cancelled = replace(waiting[0], status=RefundStatus.CANCELLED)
    shop.table.commit(shop.refunds_kept.settle(cancelled))
    assert shop.refunds_kept.find(cancelled.id) == cancelled
    assert shop.refunds_kept.waiting("maru", NOON + 2 * DAY, after=None, limit=9).items == (waiting[1],)
    with pytest.raises(StaleReadError):
        shop.table.commit(shop.refunds_kept.settle(cancelled))


def test_what_waits_for_a_sale_takes_its_place_until_the_sale_comes(shop: Shop) -> None:
    """E19: the sale finds it, since its own write is refused."""
    sale = replace(bill(), member=MEI)
    first = Awaited(sale.receipt, (return_of(sale, "R-1").id,))
    both = Awaited(sale.receipt, (*first.refunds, return_of(sale, "R-2").id))
    shop.table.commit([shop.purchases.wait(sale.receipt, None, first)])
    shop.table.commit([shop.purchases.wait(sale.receipt, first, both)])

    for stale in (None, first):
        with pytest.raises(StaleReadError):
            shop.table.commit([shop.purchases.wait(sale.receipt, stale, both)])
        with pytest.raises(StaleReadError):
            shop.table.commit(shop.purchases.add(sale, stale))
    assert shop.purchases.look_up(sale.receipt) == both
    assert shop.purchases.find(sale.receipt) is None
    assert shop.purchases.find_all([sale.receipt]) == {}

    kept = replace(sale, returns=Returns(awaited=both.refunds))
    shop.table.commit(shop.purchases.add(kept, both))
    assert shop.purchases.look_up(sale.receipt) == kept


def test_what_waits_can_go_again(shop: Shop) -> None:
    """E19: a sale that comes afterwards finds nothing."""
    awaited = Awaited(bill().receipt, (return_of(bill()).id,))
    shop.table.commit([shop.purchases.wait(bill().receipt, None, awaited)])

    shop.table.commit([shop.purchases.wait(bill().receipt, awaited, None)])

    assert shop.purchases.look_up(bill().receipt) is None
    shop.table.commit(shop.purchases.add(bill()))


@pytest.mark.parametrize("member", [MEI, None])
def test_two_refunds_of_a_purchase_cannot_both_count_from_the_same_state(shop: Shop, member: MemberId | None) -> None:
    """E1: also of one that nobody has claimed."""
    sale: Purchase = replace(bill("A-1", bread(950), bread(50, quantity=500)), member=member)
    shop.table.commit(shop.purchases.add(sale))
    after = replace(sale, returns=RETURNED)

    shop.table.commit([shop.purchases.refund(sale, after)])

    assert shop.purchases.find(sale.receipt) == after
    with pytest.raises(StaleReadError):
        shop.table.commit([shop.purchases.refund(sale, after)])
    shop.table.commit([shop.purchases.refund(after, sale)])
    assert shop.purchases.find(sale.receipt) == sale


def test_a_claim_keeps_what_came_back_before_and_is_refused_where_more_did(shop: Shop) -> None:
    """M40."""
    sale = bill("A-1", bread(950), bread(50, quantity=500))
    returned = replace(sale, returns=Returns(lines={0: 1000}))
    shop.table.commit(shop.purchases.add(sale))
    claimed = replace(sale, member=MEI, claimed_at=NOON + DAY)
    shop.table.commit([shop.purchases.refund(sale, returned)])

    with pytest.raises(StaleReadError):
        shop.table.commit(shop.purchases.claim(claimed))
    kept = replace(claimed, returns=returned.returns.as_unearned)
    shop.table.commit(shop.purchases.claim(kept))
    assert shop.purchases.find(sale.receipt) == kept


def test_a_purchase_moves_once_and_its_receipt_leads_to_where_it_is(shop: Shop) -> None:
    """M40: the old one stays, and says where it went."""
    old = replace(bill(), member=MEI, entries=(EntryRef("points", 2, 1),))
    shop.table.commit(shop.purchases.add(old))
    new = replace(old, member=LIN, sold_to=MEI)
    moved = replace(old, moved=Move(new.key(LIN), NOON + DAY, "wrong card", "staff-7"))

    shop.table.commit(shop.purchases.move(moved, new))

    assert shop.purchases.find(old.receipt) == shop.purchases.get(new.key(LIN)) == new
    assert shop.purchases.get(old.key(MEI)) == moved
    with pytest.raises(StaleReadError):
        shop.table.commit(shop.purchases.move(moved, new))
    with pytest.raises(StaleReadError):
        shop.table.commit([shop.purchases.refund(old, replace(old, returns=RETURNED))])
