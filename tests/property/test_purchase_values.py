"""Purchases as values: what is kept is read back, and content does not depend on how it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.commits import Write
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, OwnedId, occurred_at_of, parse_id
from huitou.platform.table import Item
from huitou.purchases.model import Discount, EntryRef, Line, Payment, Purchase, Visit, VisitType
from huitou.purchases.store import TablePurchases
from tests.builders import MEI
from tests.purchases import NOON, bill, booking

I = TypeVar("I", bound=Item)  # noqa: E741 - as in platform.table

AMOUNTS = st.integers(0, 10**14)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)
LINES = st.builds(Line, NAMES, st.none() | NAMES, AMOUNTS, AMOUNTS, AMOUNTS)
INSTANTS = st.integers(0, 10**11).map(lambda millis: NOON + timedelta(milliseconds=millis))
SALES = st.builds(
    Purchase,
    receipt=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=26, max_size=26).map(Digest),
    member=st.just(MEI),
    brand=NAMES,
    store=st.none() | NAMES,
    channel=NAMES,
    terminal=st.none() | NAMES,
    number=st.none() | NAMES,
    business_date=st.none() | st.dates(),
    occurred_at=INSTANTS,
    received_at=INSTANTS,
    money=st.just("TWD"),
    lines=st.lists(LINES, min_size=1, max_size=12).map(tuple),
    discounts=st.lists(st.builds(Discount, NAMES, AMOUNTS), max_size=3).map(tuple),
    payments=st.lists(st.builds(Payment, NAMES, AMOUNTS), max_size=3).map(tuple),
    total=AMOUNTS,
    client_reference=st.none() | NAMES,
    program_version=st.integers(1, 10**6),
    claimed_at=st.none() | INSTANTS,
    entries=st.lists(st.builds(EntryRef, NAMES, st.integers(1, 10**9)), max_size=2).map(tuple),
)


class Shelf:
    """A table reduced to what items become on their way to DynamoDB and back."""

    def __init__(self) -> None:
        self._raw: dict[tuple[str, str], Mapping[str, Any]] = {}

    def put(self, item: Item, *, refused: Exception, **_: object) -> Write:
        return Write(((item.pk, item.sk), item.serialize()), refused)

    def commit(self, writes: Sequence[Write]) -> None:
        self._raw.update(write.operation for write in writes)

    def get(self, kind: type[I], pk: str, sk: str) -> I | None:
        raw = self._raw.get((pk, sk))
        return kind.from_raw_data(dict(raw)) if raw else None


def shelved() -> tuple[Shelf, TablePurchases]:
    shelf = Shelf()
    return shelf, TablePurchases(shelf)  # type: ignore[arg-type]  # puts and gets are all that is asked of it


@given(SALES)
def test_a_purchase_is_read_back_as_it_was_kept(sale: Purchase) -> None:
    """M5: every line, every name in every script, to the millisecond."""
    shelf, store = shelved()

    shelf.commit(store.add(sale))

    assert store.find(sale.receipt) == store.get(sale.key(MEI)) == sale


@given(SALES, INSTANTS)
def test_a_sale_to_nobody_is_read_back_before_and_after_its_claim(sale: Purchase, claimed_at: Any) -> None:
    """M40."""
    shelf, store = shelved()
    nobodys = replace(sale, member=None, claimed_at=None, entries=())
    claimed = replace(sale, claimed_at=claimed_at)

    shelf.commit(store.add(nobodys))
    assert store.find(sale.receipt) == nobodys

    shelf.commit(store.claim(claimed))
    assert store.find(sale.receipt) == store.get(sale.key(MEI)) == claimed


@given(st.dictionaries(NAMES, st.text(max_size=50), max_size=5), st.sampled_from(VisitType), INSTANTS)
def test_a_visit_is_read_back_as_it_was_kept(data: dict[str, str], kind: VisitType, occurred_at: Any) -> None:
    """M5: what the partner says is kept as it came."""
    shelf, store = shelved()
    visit: Visit = booking(data=data, type=kind, occurred_at=occurred_at, client_reference=None)

    shelf.commit(store.add_visit(visit))

    assert store.find_visit(visit.source) == visit


@given(SALES, st.randoms())
def test_content_is_the_same_in_any_order(sale: Purchase, random: Random) -> None:
    """E14: lines, discounts and payments are multisets."""
    again = replace(
        sale,
        lines=tuple(random.sample(sale.lines, len(sale.lines))),
        discounts=tuple(random.sample(sale.discounts, len(sale.discounts))),
        payments=tuple(random.sample(sale.payments, len(sale.payments))),
    )

    require_same(sale.content(2), again.content(2), "purchase")


@given(SALES)
def test_the_id_of_a_purchase_locates_it(sale: Purchase) -> None:
    """E14: the same receipt has the same id on every delivery, and its time is the sale's."""
    named = parse_id(sale.id)

    assert isinstance(named, OwnedId)
    assert named == sale.key(MEI)
    assert occurred_at_of(named.key) == sale.occurred_at
    assert parse_id(replace(sale, member=None).id) == sale.receipt
    assert bill().id == bill().receipt
