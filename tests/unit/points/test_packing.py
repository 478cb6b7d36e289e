"""Lots as text: nothing is lost, and a usual wallet is one write unit."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.facts import Fact
from huitou.kernel.ids import digest_of
from huitou.kernel.instants import from_millis
from huitou.platform.table import Table
from huitou.points.decisions import Decision
from huitou.points.packing import (
    pack_changes,
    pack_counts,
    pack_debts,
    pack_facts,
    pack_holds,
    pack_lots,
    unpack_changes,
    unpack_counts,
    unpack_debts,
    unpack_facts,
    unpack_holds,
    unpack_lots,
)
from huitou.points.store import TableWallets
from huitou.points.wallet import Debt, Hold, Lot, LotChange, Origin, Wallet
from huitou.program.document_parts import ID_PATTERN
from tests.builders import MEI, at, lot, wallet
from tests.items import ItemsInMemory, size_of
from tests.purchases import LIN

INSTANTS = st.one_of(
    st.integers(-(10**12), 10**13).map(from_millis),
    st.integers(-(10**7), 10**8).map(lambda minutes: from_millis(minutes * 60_000)),
)
LOTS = st.builds(
    Lot,
    number=st.integers(1, 10**9),
    remaining=st.integers(1, 10**15),
    active_at=INSTANTS,
    expires_at=st.none() | INSTANTS,
    issuer=st.from_regex(ID_PATTERN, fullmatch=True),
    sliding_days=st.integers(0, 3660),
    pending=st.booleans(),
    origin=st.none() | st.builds(Origin, st.sampled_from([MEI, LIN]), st.integers(1, 10**9)),
)


@given(st.lists(LOTS, max_size=5, unique_by=lambda each: each.number))
def test_lots_come_back_by_number_as_they_were(lots: list[Lot]) -> None:
    assert list(unpack_lots(pack_lots(lots))) == sorted(lots, key=lambda each: each.number)


@given(st.lists(st.builds(LotChange, st.integers(-(10**15), 10**15), LOTS), max_size=5))
def test_changes_come_back_as_they_were(changes: list[LotChange]) -> None:
    assert list(unpack_changes(pack_changes(changes))) == changes


CHANGES = st.builds(LotChange, st.integers(-(10**15), 10**15), LOTS)
SLUGS = st.from_regex(ID_PATTERN, fullmatch=True)
COUNTS = st.dictionaries(st.builds("{}/{}".format, SLUGS, st.sampled_from(["d2026-03-02", "l"])), st.integers(0, 10**9))


@given(st.lists(st.builds(Hold, st.just(digest_of(["a"])), SLUGS, st.lists(CHANGES).map(tuple), INSTANTS), max_size=3))
def test_holds_come_back_as_they_were(holds: list[Hold]) -> None:
    assert list(unpack_holds(pack_holds(holds))) == holds


@given(st.lists(st.builds(Debt, st.just(f"{MEI}-01JPURCHASE"), SLUGS, st.integers(1, 10**15)), max_size=3))
def test_debts_come_back_as_they_were(debts: list[Debt]) -> None:
    assert list(unpack_debts(pack_debts(debts))) == debts


@given(COUNTS)
def test_counts_come_back_as_they_were(counts: dict[str, int]) -> None:
    assert unpack_counts(pack_counts(counts)) == counts


AMOUNTS = st.integers(-(10**9), 10**9)


@given(st.lists(st.builds(Fact, INSTANTS, INSTANTS, AMOUNTS, AMOUNTS, AMOUNTS), max_size=3))
def test_facts_come_back_as_they_were(facts: list[Fact]) -> None:
    """Those that were known when they happened, and those that were not."""
    at_once = [fact._replace(known_at=fact.at) for fact in facts]

    assert list(unpack_facts(pack_facts([*facts, *at_once]))) == [*facts, *at_once]


def usual(lots: int, brands: tuple[str, ...], facts: int) -> Wallet:
    """A wallet of three brands in its third hundred of purchases."""
    days = [at(f"2026-03-{day:02d} 12:34:56.789") for day in range(1, 29)]
    open_lots = tuple(
        lot(
            250 + number,
            1200 + number,
            issuer=brands[number % len(brands)],
            active_at=days[number],
            expires_at=at(f"2026-06-{1 + number % 28:02d} 00:00"),
        )
        for number in range(lots)
    )
    return wallet(
        *open_lots,
        version=900,
        last_activity=days[-1],
        brands={each: at("2025-01-01 12:34") for each in brands},
        bought={each: 90 for each in brands},
        counters={"double/m2026-03": 300, "weekend/d2026-03-28": 50},
        folds=56,
        unseen=tuple(Fact(day, day, 98_700, 1, 987) for day in days[:facts]),
    )


@pytest.mark.parametrize("facts", [0, 8, 16])
@pytest.mark.parametrize("brands", [("maru", "sora", "kaze"), ("bakery", "tearoom", "noodles")])
def test_a_wallet_of_twenty_lots_is_one_write_unit(brands: tuple[str, ...], facts: int) -> None:
    """At most 1024 bytes by DynamoDB's rule, so that each purchase pays one unit for it."""
    items = ItemsInMemory()
    before = usual(19, brands, facts)

    items.commit(TableWallets(cast(Table, items)).save(before, Decision(usual(20, brands, facts), ())))

    (item,) = items.rows.values()
    assert size_of(item) <= 1024
