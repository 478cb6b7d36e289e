"""E30: a purchase that cannot be is refused with every fault at its place, before anything is read or written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from huitou.kernel.errors import FieldError
from huitou.members.identity import phone_identity
from huitou.platform.problems import ValidationFailedError
from huitou.platform.shapes import read_shape
from huitou.program.model import Program
from huitou.purchases.model import Discount, Line, Payment, Purchase, VisitType
from huitou.purchases.receipts import KeyedSale, Order, SourceEvent, TillReceipt
from huitou.purchases.requests import (
    MOST_LINES,
    InvalidEventError,
    InvalidPurchaseError,
    PurchaseBatchBody,
    PurchaseBody,
    ReceiptClaimBody,
    VisitBody,
    read_claim,
    read_purchase,
    read_visit,
)
from tests.builders import MEI, document, program
from tests.purchases import NOON, SOON

DOLLARS = program(document(money={"currency": "USD", "exponent": 2}))
NOW = NOON + SOON


def body(**changes: Any) -> dict[str, Any]:
    """What a till of maru sends; a change to None leaves the field out."""
    fields = {
        "store": "m1",
        "terminal": "2",
        "receipt": "A-1",
        "channel": "store",
        "occurred_at": "2026-03-02T12:00:00+08:00",
        "member": {"phone": "0912-345-678"},
        "currency": "USD",
        "lines": [
            {"sku": "bread-1", "category": "bread", "quantity": "2", "amount": "9.50", "discount": "0.5"},
            {"sku": "tea-1", "category": "tea", "quantity": "0.25", "amount": "5"},
        ],
        "discounts": [{"code": "SPRING", "amount": "0.50"}],
        "payments": [{"method": "cash", "amount": "4.50"}, {"method": "line_pay", "amount": "10"}],
        "total": "14.50",
        "client_reference": "till 2/17",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def read(key: str | None = None, brand: str = "maru", rules: Program = DOLLARS, **changes: Any) -> Purchase:
    return read_purchase(read_shape(PurchaseBody, body(**changes)), brand, key, rules, NOW)


def faults(key: str | None = None, brand: str = "maru", **changes: Any) -> dict[str, str]:
    """What is wrong with it under the programme, by place."""
    with pytest.raises(InvalidPurchaseError) as refusal:
        read(key, brand, **changes)
    return by_place(refusal.value.errors)


def misfits(**changes: Any) -> dict[str, str]:
    """What is wrong with its shape, by place."""
    with pytest.raises(ValidationFailedError) as refusal:
        read(**changes)
    return by_place(refusal.value.errors)


def by_place(errors: tuple[FieldError, ...]) -> dict[str, str]:
    assert len({error.pointer for error in errors}) == len(errors)
    return {error.pointer: error.message for error in errors}


def test_a_purchase_is_read_into_exact_values() -> None:
    """M5: money in cents, quantities in thousandths, instants in UTC."""
    purchase = read()

    assert purchase == Purchase(
        receipt=TillReceipt("maru", "m1", "2", "A-1", NOON.date()).digest,
        member=None,
        brand="maru",
        store="m1",
        channel="store",
        terminal="2",
        number="A-1",
        business_date=NOON.date(),
        occurred_at=NOON,
        received_at=NOW,
        money="USD",
        lines=(Line("bread-1", "bread", 2000, 950, 50), Line("tea-1", "tea", 250, 500, 0)),
        discounts=(Discount("SPRING", 50),),
        payments=(Payment("cash", 450), Payment("line_pay", 1000)),
        total=1450,
        client_reference="till 2/17",
        program_version=1,
    )


def test_the_little_that_a_till_must_say() -> None:
    """M5: one piece, no discount, in the store."""
    purchase = read(
        terminal=None, member=None, discounts=None, payments=None, client_reference=None, channel=None,
        lines=[{"sku": "x", "amount": "1"}], total="1",
    )  # fmt: skip

    assert purchase.lines == (Line("x", None, 1000, 100, 0),)
    assert (purchase.channel, purchase.terminal, purchase.payments) == ("store", None, ())


def test_a_member_is_named_by_an_identity_in_any_writing() -> None:
    """M1."""
    shaped = read_shape(PurchaseBody, body(member={"phone": "+886 912 345 678"}))

    assert shaped.member is not None
    assert shaped.member.target == phone_identity("0912345678")


def test_the_business_date_is_the_stores_day_unless_it_is_said() -> None:
    """E9, E14: 23:30 in Taipei is the next day in Tokyo."""
    late = "2026-03-02T23:30:00+08:00"
    tokyo = read(brand="sora", store="s1", occurred_at=late)
    taipei = read(occurred_at=late)

    assert tokyo.receipt == TillReceipt("sora", "s1", "2", "A-1", date(2026, 3, 3)).digest
    assert taipei.receipt == TillReceipt("maru", "m1", "2", "A-1", NOON.date()).digest
    assert read(occurred_at=late, business_date="2026-03-05").receipt != taipei.receipt


def test_a_receipt_names_the_sale_before_an_order_and_an_order_before_a_key() -> None:
    """E14."""
    assert read("key", order_id="O-1").receipt == read().receipt
    assert read("key", receipt=None, order_id="O-1").receipt == Order("maru", "store", "O-1").digest
    assert read("key", receipt=None).receipt == KeyedSale("maru", "key").digest


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown store": ({"store": "m9"}, "/store"),
    "a store of another brand": ({"store": "s1"}, "/store"),
    "unknown channel": ({"channel": "fax"}, "/channel"),
    "unknown currency": ({"currency": "EUR"}, "/currency"),
    "no identity of the sale": ({"receipt": None}, "/receipt"),
    "a receipt of no store": ({"store": None}, "/store"),
    "too many decimals of money": (
        {"lines": [{"sku": "x", "amount": "14.505"}], "total": "14.50"},
        "/lines/0/amount",
    ),
    "too many decimals of a quantity": (
        {"lines": [{"sku": "x", "amount": "14.50", "quantity": "0.0001"}]},
        "/lines/0/quantity",
    ),
    "too many decimals of a discount": (
        {"lines": [{"sku": "x", "amount": "14.50", "discount": "0.001"}]},
        "/lines/0/discount",
    ),
    "too many decimals of a code": ({"discounts": [{"code": "A", "amount": "0.001"}]}, "/discounts/0/amount"),
    "too many decimals of a payment": ({"payments": [{"method": "cash", "amount": "14.501"}]}, "/payments/0/amount"),
    "too many decimals of the total": ({"total": "14.501"}, "/total"),
    "a total that is not the sum": ({"total": "14.51", "payments": None}, "/total"),
    "payments that are not the total": ({"payments": [{"method": "cash", "amount": "14"}]}, "/payments"),
}


@pytest.mark.parametrize(("changes", "place"), FAULTS.values(), ids=FAULTS.keys())
def test_what_the_programme_cannot_take_is_named_at_its_place(changes: dict[str, Any], place: str) -> None:
    """E30."""
    assert set(faults(**changes)) == {place}


def test_an_unknown_brand_is_named() -> None:
    """E30: it has no stores either."""
    assert set(faults(brand="umi")) == {"/brand", "/store"}
    assert set(faults(brand="group")) == {"/brand", "/store"}


def test_every_fault_is_named_at_once() -> None:
    """E30: a till's developer sees all of it; the sums are compared where all amounts could be read."""
    found = faults(store="m9", channel="fax", currency="TWD", receipt=None, total="99")
    assert set(found) == {"/store", "/channel", "/currency", "/receipt", "/total", "/payments"}

    found = faults(store="m9", total="99.999", lines=[{"sku": "x", "amount": "1.001"}])
    assert set(found) == {"/store", "/total", "/lines/0/amount"}


MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "a negative amount": ({"lines": [{"sku": "x", "amount": "-1"}]}, "/lines/0/amount"),
    "a negative discount": ({"lines": [{"sku": "x", "amount": "1", "discount": "-1"}]}, "/lines/0/discount"),
    "a negative total": ({"total": "-14.50"}, "/total"),
    "a negative payment": ({"payments": [{"method": "cash", "amount": "-1"}]}, "/payments/0/amount"),
    "infinity": ({"total": "Infinity"}, "/total"),
    "not a number": ({"total": "NaN"}, "/total"),
    "powers of ten": ({"total": "1e3"}, "/total"),
    "a number that is no text": ({"total": 14.5}, "/total"),
    "grouped digits": ({"total": "1,000"}, "/total"),
    "digits of another script": ({"total": "１４"}, "/total"),
    "a line break": ({"total": "14.50\n"}, "/total"),
    "an amount beyond all money": ({"total": "1" * 13}, "/total"),
    "no line": ({"lines": []}, "/lines"),
    "too many lines": ({"lines": [{"sku": "x", "amount": "0"}] * (MOST_LINES + 1)}, "/lines"),
    "an empty sku": ({"lines": [{"sku": "", "amount": "1"}]}, "/lines/0/sku"),
    "a long sku": ({"lines": [{"sku": "x" * 65, "amount": "1"}]}, "/lines/0/sku"),
    "a control character": ({"receipt": "A\x001"}, "/receipt"),
    "currency in small letters": ({"currency": "usd"}, "/currency"),
    "a time without offset": ({"occurred_at": "2026-03-02T12:00:00"}, "/occurred_at"),
    "a time as a number": ({"occurred_at": 1_772_424_000}, "/occurred_at"),
    "a number as a time": ({"occurred_at": "1772424000"}, "/occurred_at"),
    "a time before all calendars": ({"occurred_at": "0001-01-01T00:00:00+08:00"}, "/occurred_at"),
    "a time after all calendars": ({"occurred_at": "9999-12-31T23:59:59-08:00"}, "/occurred_at"),
    "a day as a number": ({"business_date": 20_000}, "/business_date"),
    "a day that is none": ({"business_date": "2026-02-30"}, "/business_date"),
    "two members": ({"member": {"id": MEI, "phone": "0912345678"}}, "/member"),
    "a phone number that cannot be": ({"member": {"phone": "12"}}, "/member"),
    "a field that is none of ours": ({"points": "1000"}, "/points"),
}


@pytest.mark.parametrize(("changes", "place"), MISFITS.values(), ids=MISFITS.keys())
def test_what_has_another_shape_is_named_at_its_place(changes: dict[str, Any], place: str) -> None:
    """E30."""
    assert set(misfits(**changes)) == {place}


def test_as_many_lines_as_promised_are_taken() -> None:
    """E33: 500 lines."""
    purchase = read(lines=[{"sku": f"x{n}", "amount": "1"} for n in range(MOST_LINES)], total="500", payments=None)

    assert len(purchase.lines) == MOST_LINES


def test_a_batch_reads_each_purchase_in_its_turn() -> None:
    """E28: a misshapen purchase does not spoil the batch; 101 of them, or none, do."""
    assert read_shape(PurchaseBatchBody, {"purchases": [body(), {"total": -1}]}).purchases[1] == {"total": -1}
    for count in (0, 101):
        with pytest.raises(ValidationFailedError):
            read_shape(PurchaseBatchBody, {"purchases": [body()] * count})


def claim_body(**changes: Any) -> ReceiptClaimBody:
    kept = ("store", "terminal", "receipt", "channel", "occurred_at", "member", "total")
    return read_shape(ReceiptClaimBody, {**{name: body()[name] for name in kept}, **changes})


def test_a_claim_names_the_same_receipt_as_the_till_did() -> None:
    """M40."""
    receipt, total = read_claim(claim_body(total="14.5"), "maru", DOLLARS)

    assert (receipt.digest, total) == (read().receipt, 1450)


@pytest.mark.parametrize(
    ("changes", "place"),
    [({"store": "m9"}, "/store"), ({"total": "1.001"}, "/total"), ({"receipt": None}, "/receipt")],
)
def test_a_claim_that_cannot_be_is_refused(changes: dict[str, Any], place: str) -> None:
    """E30, M40: nobody holds a key in their hand."""
    with pytest.raises(InvalidPurchaseError) as refusal:
        read_claim(claim_body(**changes), "maru", DOLLARS)

    assert set(by_place(refusal.value.errors)) == {place}


def visit_body(**changes: Any) -> VisitBody:
    fields = {
        "store": "s1",
        "type": "booking",
        "source": "tables",
        "event_id": "B-1",
        "member": {"id": MEI},
        "occurred_at": "2026-03-02T12:00:00+08:00",
        "data": {"guests": "4"},
    }
    return read_shape(VisitBody, {**fields, **changes})


def test_a_visit_is_read_into_values() -> None:
    """M5."""
    visit = read_visit(visit_body(), MEI, "sora", DOLLARS, NOW)

    assert visit.source == SourceEvent("sora", "tables", "B-1").digest
    assert (visit.type, visit.member, visit.store) == (VisitType.BOOKING, MEI, "s1")
    assert (visit.occurred_at, visit.received_at, visit.data) == (NOON, NOW, {"guests": "4"})


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "party"},
        {"member": None},
        {"event_id": ""},
        {"data": {"guests": 4}},
        {"data": {f"k{n}": "v" for n in range(21)}},
        {"occurred_at": (NOON + timedelta(days=1)).timestamp()},
    ],
)
def test_a_visit_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    """E30."""
    with pytest.raises(ValidationFailedError):
        visit_body(**changes)


def test_a_visit_at_an_unknown_store_is_refused() -> None:
    """E30."""
    with pytest.raises(InvalidEventError) as refusal:
        read_visit(visit_body(store="m1"), MEI, "sora", DOLLARS, NOW)

    assert set(by_place(refusal.value.errors)) == {"/store"}
