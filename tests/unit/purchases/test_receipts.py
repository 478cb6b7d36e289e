"""E14: a purchase is its receipt. The same again is the same; the same with another content is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.purchases.model import Discount, Payment, Purchase
from huitou.purchases.receipts import KeyedSale, Order, Receipt, TillReceipt
from huitou.purchases.requests import PurchaseBody, read_purchase
from tests.builders import MEI, document, program
from tests.purchases import LIN, NOON, SOON, Shop, bill, bread

YEARS_LATER = NOON + timedelta(days=3 * 366)
BUSINESS_DATE = NOON.date()


def shop() -> Shop:
    opened = Shop()
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


def test_the_same_receipt_gives_the_first_answer_again_marked_as_a_replay() -> None:
    """E14, M4: with the entries, their explanation and the balance of then."""
    huitou = shop()
    first = huitou.sell(bill())
    kept = huitou.everything()

    again = huitou.sell(bill())

    assert (first.replayed, again.replayed) == (False, True)
    assert (again.purchase, again.entries) == (first.purchase, first.entries)
    assert huitou.everything() == kept


def test_a_replay_shows_the_balance_of_then_although_the_wallet_has_moved_on() -> None:
    """E14: the first answer is rebuilt from what is stored, not from what is now."""
    huitou = shop()
    first = huitou.sell(bill("A-1"))
    huitou.sell(bill("A-2", bread(50_000)))
    huitou.ledger.redeem(300, NOON + 2 * SOON)

    again = huitou.sell(bill("A-1"), now=NOON + 3 * SOON)

    assert [entry.balance.spendable for entry in again.entries] == [10]
    assert again.entries == first.entries
    assert huitou.points(now=NOON + 3 * SOON) == 210


def test_a_receipt_is_known_for_ever_not_for_minutes() -> None:
    """E14, E32: far too late for a new sale, years later, the first answer comes again."""
    huitou = shop()
    first = huitou.sell(bill())

    again = huitou.sell(bill(), now=YEARS_LATER)

    assert again.replayed
    assert (again.purchase, again.entries) == (first.purchase, first.entries)


def test_the_first_answer_comes_again_after_a_new_version_was_published() -> None:
    """E14, M12: the entries still name the version that decided them."""
    huitou = shop()
    first = huitou.sell(bill())
    huitou.programs.publish(program(document(earning=[]), version=2))

    again = huitou.sell(bill(program_version=2))

    assert again.entries == first.entries
    assert again.purchase.program_version == 1


SAME = {
    "lines in another order": {"lines": (bread(400, sku="tea-1", category="tea"), bread(600))},
    "discounts in another order": {"discounts": (Discount("SPRING", 50), Discount("APP", 20))},
    "payments in another order": {"payments": (Payment("line_pay", 300), Payment("cash", 700))},
    "the caller's reference": {"client_reference": "another"},
    "the time of the sale": {"occurred_at": NOON + timedelta(minutes=7)},
    "the time of arrival": {"received_at": NOON + timedelta(hours=3)},
    "the channel": {"channel": "app"},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME.keys())
def test_what_is_not_content_may_differ(changes: dict[str, Any]) -> None:
    """E14: content is a multiset of lines, discounts and payments; no times, no order, no client's data."""
    huitou = shop()
    sale = bill("A-1", bread(600), bread(400, sku="tea-1", category="tea"))
    sale = replace(
        sale,
        discounts=(Discount("APP", 20), Discount("SPRING", 50)),
        payments=(Payment("cash", 700), Payment("line_pay", 300)),
        client_reference="till 7",
    )
    first = huitou.sell(sale)
    kept = huitou.everything()

    again = huitou.sell(replace(sale, **changes), now=NOON + timedelta(hours=5))

    assert again == replace(first, replayed=True)
    assert huitou.everything() == kept


OTHER = {
    "lines": {"lines": (bread(999), bread(1))},
    "a line twice": {"lines": (bread(500), bread(500))},
    "discounts": {"discounts": (Discount("APP", 20),)},
    "payments": {"payments": (Payment("cash", 1000),)},
    "currency": {"money": "USD"},
    "total": {"total": 1001},
}


@pytest.mark.parametrize(("changed", "changes"), OTHER.items(), ids=OTHER.keys())
def test_other_content_under_the_same_receipt_is_refused_and_named(changed: str, changes: dict[str, Any]) -> None:
    """E14: 409 that names what differs; nothing is changed."""
    huitou = shop()
    huitou.sell(bill())
    kept = huitou.everything()

    with pytest.raises(ContentReusedError) as refusal:
        huitou.sell(replace(bill(), **changes))

    field = "lines" if changed == "a line twice" else changed
    assert [error.pointer for error in refusal.value.errors] == [f"/{field}"]
    assert huitou.everything() == kept


def test_everything_that_differs_is_named_at_once() -> None:
    """E14."""
    huitou = shop()
    huitou.sell(bill())

    with pytest.raises(ContentReusedError) as refusal:
        huitou.sell(replace(bill("A-1", bread(1200)), payments=(Payment("cash", 1200),)), LIN)

    assert {error.pointer for error in refusal.value.errors} == {"/member", "/lines", "/payments", "/total"}
    total = next(error.message for error in refusal.value.errors if error.pointer == "/total")
    assert total == 'was "1000", is now "1200"'


@pytest.mark.parametrize("other", [LIN, None], ids=["another member", "nobody"])
def test_another_member_under_the_same_receipt_is_refused(other: Any) -> None:
    """E14: whoever got the points keeps them; moving them is another command."""
    huitou = shop()
    huitou.sell(bill())
    kept = huitou.everything()

    with pytest.raises(ContentReusedError) as refusal:
        huitou.sell(bill(), other)

    assert [error.pointer for error in refusal.value.errors] == ["/member"]
    assert huitou.everything() == kept


def test_other_content_is_refused_years_later_too() -> None:
    """E14, E32: what differs is worth more to the till than that it is late."""
    huitou = shop()
    huitou.sell(bill())

    with pytest.raises(ContentReusedError):
        huitou.sell(replace(bill(), total=1), now=YEARS_LATER)


DOLLARS = program(document(money={"currency": "USD", "exponent": 2}))


def read(key: str | None = None, **changes: Any) -> Purchase:
    """A sale of $1.50 as a till sends it."""
    body = {
        "store": "m1",
        "receipt": "A-1",
        "occurred_at": "2026-03-02T12:00:00+08:00",
        "currency": "USD",
        "lines": [{"sku": "bread-1", "quantity": "1", "amount": "1.50"}],
        "total": "1.50",
        **changes,
    }
    given = PurchaseBody.model_validate({name: value for name, value in body.items() if value is not None})
    return read_purchase(given, "maru", key, DOLLARS, NOON + SOON)


def test_a_number_may_be_written_in_another_way() -> None:
    """E14: 1.50 is 1.5, and a piece is 1.000 pieces."""
    huitou = Shop(DOLLARS)
    huitou.enrol()
    huitou.sell(read())

    again = huitou.sell(read(lines=[{"sku": "bread-1", "quantity": "1.000", "amount": "1.5"}], total="1.5"))

    assert again.replayed


def test_the_business_date_holds_a_receipt_together_over_midnight() -> None:
    """E14: a till that does not know when it sold still knows the day on its receipt."""
    huitou = Shop(DOLLARS)
    huitou.enrol()
    huitou.sell(read(business_date="2026-03-02"))

    again = huitou.sell(
        read(business_date="2026-03-02", occurred_at="2026-03-03T00:30:00+08:00"), now=NOON + timedelta(days=1)
    )

    assert again.replayed


def test_a_new_key_with_the_same_receipt_earns_once() -> None:
    """E14: the receipt is the identity, whatever Idempotency-Key comes beside it."""
    huitou = Shop(DOLLARS)
    huitou.enrol()
    sale: dict[str, Any] = {"lines": [{"sku": "bread-1", "amount": "300"}], "total": "300"}
    huitou.sell(read("a first try", **sale))

    again = huitou.sell(read("a second try", **sale))

    assert again.replayed
    assert huitou.points() == 3


def test_one_key_on_two_receipts_names_two_sales() -> None:
    """E14: a till that sends one key for all it sells loses no sale."""
    huitou = Shop(DOLLARS)
    huitou.enrol()
    huitou.sell(read("the same", receipt="A-1"))

    assert not huitou.sell(read("the same", receipt="A-2")).replayed


def test_without_till_the_order_names_the_sale_and_without_order_the_key() -> None:
    """E14."""
    order = read("k", receipt=None, order_id="O-7", channel="app")
    keyed = read("k", receipt=None)

    assert order.receipt == Order("maru", "app", "O-7").digest
    assert keyed.receipt == KeyedSale("maru", "k").digest


IDENTITY = {
    "brand": {"brand": "sora"},
    "store": {"store": "m2"},
    "terminal": {"terminal": "2"},
    "number": {"number": "A-2"},
    "day": {"business_date": BUSINESS_DATE + timedelta(days=1)},
}


@pytest.mark.parametrize("changes", IDENTITY.values(), ids=IDENTITY.keys())
def test_every_part_of_the_identity_makes_another_sale(changes: dict[str, Any]) -> None:
    """E14: brand, store, terminal, receipt number and business date."""
    receipt = TillReceipt("maru", "m1", "1", "A-1", BUSINESS_DATE)

    assert replace(receipt, **changes).digest != receipt.digest


def test_identities_of_different_kinds_and_their_parts_cannot_run_into_each_other() -> None:
    """E14: a guest who may name orders freely cannot name somebody's receipt."""
    named: list[Receipt] = [
        TillReceipt("maru", "m1", "1", "A", BUSINESS_DATE),
        TillReceipt("maru", "m11", "", "A", BUSINESS_DATE),
        TillReceipt("maru", "m1", "", "1A", BUSINESS_DATE),
        Order("maru", "m1", "A"),
        Order("maru", "m", "1A"),
        KeyedSale("maru", "m1A"),
    ]

    assert len({each.digest for each in named}) == len(named)
