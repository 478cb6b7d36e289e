"""E14 under a storm: tills that repeat, shuffle, change their keys and lie; a table that fails.

Whatever comes, the wallets are those of a clean run in which each sale came once, at the time when it first got
through; and each delivery that says something else was told what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.commits import Write
from huitou.kernel.errors import ContentReusedError, UnavailableError
from huitou.kernel.ids import MemberId
from huitou.program.model import Program
from huitou.purchases.model import Discount, Payment, Purchase
from huitou.purchases.service import Recorded
from huitou.simulator.memory import MemoryTable
from tests.builders import MEI, document, program, rule
from tests.purchases import LIN, NOON, Shop, bill, bread

RULES: Program = program(
    document(
        point_currencies=[
            {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 5}},
            {"id": "beans", "name": "Beans", "brand": "sora", "pending_days": 2, "expiry": {"type": "never"}},
        ],
        earning=[rule(), rule(id="beans", name="Beans", currency="beans", points="3", when={"brands": ["sora"]})],
    )
)
ALTERATIONS = {
    "/member": lambda sale: sale,
    "/lines": lambda sale: replace(sale, lines=(*sale.lines, bread(0))),
    "/total": lambda sale: replace(sale, total=sale.total + 1),
    "/currency": lambda sale: replace(sale, money="USD"),
    "/discounts": lambda sale: replace(sale, discounts=(Discount("LIE", 1),)),
    "/payments": lambda sale: replace(sale, payments=(Payment("cash", 1),)),
}


@dataclass(frozen=True)
class Delivery:
    """The ``sale``-th sale, as it comes this time."""

    sale: int
    altered: str | None
    reversed: bool
    fault: str


@dataclass(frozen=True)
class Storm:
    sales: tuple[tuple[Purchase, MemberId | None], ...]
    deliveries: tuple[Delivery, ...]


class Unreliable:
    """The table's commit, with the fault that the delivery under way was dealt."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table
        self.fault = "none"

    def __call__(self, writes: Sequence[Write]) -> None:
        fault, self.fault = self.fault, "none"
        if fault != "before":
            self._table.commit(writes)
        if fault in {"before", "after"}:
            raise UnavailableError("The table did not answer in time.")


@st.composite
def storms(draw: st.DrawFn) -> Storm:
    count = draw(st.integers(1, 8))
    sales = []
    for number in range(count):
        place = draw(st.sampled_from([{}, {"brand": "sora", "store": "s1"}]))
        when = NOON + timedelta(hours=draw(st.integers(0, 200)))
        lines = [bread(amount) for amount in draw(st.lists(st.integers(0, 5000), min_size=1, max_size=3))]
        member = draw(st.sampled_from([MEI, LIN, None]))
        sales.append((bill(f"A-{number}", *lines, occurred_at=when, **place), member))
    parcels = [sale for sale in range(count) for _ in range(draw(st.integers(1, 5)))]
    deliveries = [
        Delivery(
            sale,
            draw(st.none() | st.sampled_from(sorted(ALTERATIONS))),
            draw(st.booleans()),
            draw(st.sampled_from(["none", "none", "none", "before", "after"])),
        )
        for sale in draw(st.permutations(parcels))
    ]
    return Storm(tuple(sales), tuple(deliveries))


def opened(table: MemoryTable, commit: Unreliable | None = None) -> Shop:
    shop = Shop(RULES, table=table, commit=commit)
    shop.enrol(MEI)
    shop.enrol(LIN)
    return shop


def contents(shop: Shop) -> set[str]:
    """All that is kept, for comparing: mappings keep their order, sets do not."""
    return {repr(value) for value in shop.everything()}


@given(storms())
def test_a_storm_of_retries_leaves_the_wallets_of_a_clean_run(storm: Storm) -> None:
    """E14: each sale once, each alteration refused by name, each repeat answered as the first time."""
    table = MemoryTable()
    commit = Unreliable(table)
    stormy = opened(table, commit)
    clean = opened(MemoryTable())
    first: dict[int, Recorded] = {}

    for minute, delivery in enumerate((*storm.deliveries, *last_tries(storm))):
        sale, member = storm.sales[delivery.sale]
        now = NOON + timedelta(days=10, minutes=minute)
        known = delivery.sale in first
        commit.fault = delivery.fault
        if known and delivery.altered:
            assert refused(stormy, sale, member, delivery.altered, now) == {delivery.altered}
            continue
        said = replace(sale, lines=sale.lines[::-1]) if delivery.reversed else sale
        try:
            answer = stormy.sell(replace(said, client_reference=f"try {minute}"), member, now=now)
        except UnavailableError:
            assert not known, "what is known is answered, whatever fails"
            continue
        if known:
            assert answer == replace(first[delivery.sale], replayed=True)
        else:
            assert answer.replayed == (delivery.fault == "after")
            first[delivery.sale] = answer
            clean.sell(replace(said, client_reference=f"try {minute}"), member, now=now)

    assert len(first) == len(storm.sales)
    assert contents(stormy) == contents(clean)
    for currency in ("points", "beans"):
        if stormy.wallets.load(MEI, currency):
            assert stormy.ledger.contradictions(currency) == []


def last_tries(storm: Storm) -> list[Delivery]:
    """A till does not rest until it has its answer."""
    return [Delivery(sale, None, False, "none") for sale in range(len(storm.sales))]


def refused(shop: Shop, sale: Purchase, member: MemberId | None, alteration: str, now: datetime) -> set[str]:
    """The places at which the altered sale is said to differ; nothing is changed."""
    other = (LIN if member == MEI else MEI) if alteration == "/member" else member
    before = contents(shop)
    try:
        shop.sell(ALTERATIONS[alteration](sale), other, now=now)
    except ContentReusedError as refusal:
        assert contents(shop) == before
        return {error.pointer for error in refusal.errors}
    return set()
