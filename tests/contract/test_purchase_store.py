"""Purchases, receipts and visits are kept alike in memory and in DynamoDB: each once, and found by both its names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.pages import InvalidCursorError
from huitou.platform import keys
from huitou.platform.pauses import pause
from huitou.purchases.model import Discount, EntryRef, Payment, Purchase
from huitou.purchases.service import Recorded
from tests.builders import MEI, document, program, rule
from tests.contract.targets import AnyTable
from tests.purchases import LIN, NOON, Shop, at_once, bill, booking, bread

TILLS = 10
WITHOUT_MOTO = pytest.mark.parametrize("table", ["memory", "emulator", "dynamodb_local"], indirect=True)
"""Moto serves one call after another: it has no transactions that could meet."""


@pytest.fixture
def shop(table: AnyTable) -> Shop:
    """Mei and Lin are members."""
    opened = Shop(
        program(
            document(
                earning=[
                    rule(),
                    rule(id="beans", name="Beans", currency="beans", points="3", when={"brands": ["sora"]}),
                ]
            )
        ),
        table=table,
        pause=pause,
    )
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


def full(member: bool = True) -> Purchase:
    """A purchase with everything that a purchase can have."""
    sale = bill(
        "A-1",
        bread(950, discount=50),
        bread(500, sku="茶-1", category=None, quantity=250),
        terminal="2",
        discounts=(Discount("春", 50),),
        payments=(Payment("cash", 450), Payment("line_pay", 1000)),
        client_reference="till 2/17",
    )
    entries = (EntryRef("points", 7), EntryRef("beans", 1))
    return replace(sale, member=MEI, entries=entries, survivor=LIN) if member else sale


def test_a_purchase_is_found_by_its_receipt_and_by_its_id(shop: Shop) -> None:
    sale = full()
    shop.table.commit(shop.purchases.add(sale))

    assert shop.purchases.find(sale.receipt) == shop.purchases.get(sale.key(MEI)) == sale


def test_what_was_never_sold_is_not_found(shop: Shop) -> None:
    assert shop.purchases.find(full().receipt) is None
    assert shop.purchases.get(full().key(MEI)) is None
    assert shop.purchases.find_visit(booking().source) is None


def test_a_receipt_is_taken_once_by_a_member_or_by_nobody(shop: Shop) -> None:
    """E14: the item that proves it is written on condition that there is none."""
    for first in (full(), replace(full(member=False), receipt=bill("A-2").receipt)):
        shop.table.commit(shop.purchases.add(first))
        for second in (replace(first, member=LIN, entries=()), replace(first, member=None, entries=())):
            with pytest.raises(StaleReadError):
                shop.table.commit(shop.purchases.add(second))
        assert shop.purchases.find(first.receipt) == first
        assert shop.purchases.get(first.key(LIN)) is None


def test_a_sale_to_nobody_is_claimed_once(shop: Shop) -> None:
    """M40."""
    nobodys = full(member=False)
    claimed = replace(full(), claimed_at=NOON + timedelta(hours=1))
    shop.table.commit(shop.purchases.add(nobodys))
    assert shop.purchases.find(nobodys.receipt) == nobodys

    shop.table.commit(shop.purchases.claim(claimed))

    assert shop.purchases.find(nobodys.receipt) == shop.purchases.get(claimed.key(MEI)) == claimed
    with pytest.raises(StaleReadError):
        shop.table.commit(shop.purchases.claim(replace(claimed, member=LIN)))


@pytest.mark.parametrize("known", [True, False])
def test_what_is_not_there_or_somebodys_from_the_start_cannot_be_claimed(shop: Shop, *, known: bool) -> None:
    """M40."""
    if known:
        shop.table.commit(shop.purchases.add(full()))

    with pytest.raises(StaleReadError):
        shop.table.commit(shop.purchases.claim(replace(full(), member=LIN)))

    assert shop.purchases.find(full().receipt) == (full() if known else None)


def test_a_members_purchases_come_the_newest_first_in_pages(shop: Shop) -> None:
    """E33: also of the same millisecond; visits and other members are not among them."""
    hours = (5, 1, 3, 3, 2)
    sales = [bill(f"A-{n}", occurred_at=NOON + timedelta(hours=hour)) for n, hour in enumerate(hours)]
    for sale in sales:
        shop.table.commit(shop.purchases.add(replace(sale, member=MEI)))
    shop.table.commit(shop.purchases.add(replace(bill("L-1"), member=LIN)))
    shop.table.commit(shop.purchases.add_visit(booking()))

    for limit in (1, 2, 5):
        pages, after = [], None
        while True:
            page = shop.purchases.of_member(MEI, after=after, limit=limit)
            pages.append(page.items)
            after = page.next_cursor
            if after is None:
                break
        listed = [purchase for items in pages for purchase in items]
        assert max(map(len, pages)) <= limit
        assert [purchase.occurred_at for purchase in listed] == [NOON + timedelta(hours=h) for h in (5, 3, 3, 2, 1)]
        assert {purchase.number for purchase in listed} == {sale.number for sale in sales}


def test_many_receipts_are_found_in_one_read(shop: Shop) -> None:
    """M36: members' sales and nobody's; what is no purchase, or not there, is left out."""
    sold = [replace(bill(f"A-{n}"), member=MEI if n % 2 else None) for n in range(5)]
    for sale in sold:
        shop.table.commit(shop.purchases.add(sale))
    shop.table.commit(shop.purchases.add_visit(booking()))

    found = shop.purchases.find_all([*(sale.receipt for sale in sold), booking().source, bill("B-1").receipt])

    assert found == {sale.receipt: sale for sale in sold}
    assert shop.purchases.find_all([]) == {}


def test_a_cursor_leads_out_of_no_list(shop: Shop) -> None:
    """E30."""
    with pytest.raises(InvalidCursorError):
        shop.purchases.of_member(MEI, after=keys.PROFILE, limit=1)


def test_a_visit_is_kept_once(shop: Shop) -> None:
    """E14: without data and store too."""
    for visit in (booking(client_reference="17"), booking("B-2", data={}, store=None)):
        shop.table.commit(shop.purchases.add_visit(visit))
        assert shop.purchases.find_visit(visit.source) == visit
        with pytest.raises(StaleReadError):
            shop.table.commit(shop.purchases.add_visit(replace(visit, member=LIN)))


def test_a_sale_its_replay_and_a_claim_from_end_to_end(shop: Shop) -> None:
    """E14, M6, M40: purchase, receipt, wallets and entries of two currencies in one write."""
    sale = bill("S-1", brand="sora", store="s1")
    first = shop.sell(sale)
    assert shop.sell(sale) == replace(first, replayed=True)
    assert [(entry.currency, entry.amount) for entry in first.entries] == [("points", 10), ("beans", 300)]

    shop.sell(bill("A-1"), None)
    claimed = shop.claim(bill("A-1"))

    assert shop.claim(bill("A-1")) == replace(claimed, replayed=True)
    assert shop.sell(bill("A-1"), None).purchase == claimed.purchase
    assert shop.points(now=NOON + timedelta(hours=2)) == 20
    assert shop.ledger.contradictions() == shop.ledger.contradictions("beans") == []


@WITHOUT_MOTO
def test_ten_tills_sell_to_one_member_at_once(shop: Shop) -> None:
    """E18: all succeed, nothing is lost."""
    bills = [bill(f"A-{till}", bread(1000 + till * 100)) for till in range(TILLS)]

    answers = at_once([lambda sold=sold: shop.sell(sold) for sold in bills])  # type: ignore[misc]

    assert [answer for answer in answers if not isinstance(answer, Recorded) or answer.replayed] == []
    assert shop.points() == sum(10 + till for till in range(TILLS))
    assert shop.ledger.contradictions() == []


@WITHOUT_MOTO
def test_one_receipt_from_ten_tills_at_once_earns_once(shop: Shop) -> None:
    """E14, E18: one first answer, nine replays."""
    answers = at_once([lambda: shop.sell(bill())] * TILLS)

    recorded = [answer for answer in answers if isinstance(answer, Recorded)]
    assert sorted(answer.replayed for answer in recorded) == [False] + [True] * (TILLS - 1)
    assert {answer.entries for answer in recorded} == {recorded[0].entries}
    assert shop.points() == 10
