"""Lots as text: nothing is lost, and a usual wallet is one write unit."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.platform.table import Table
from huitou.points.decisions import Decision
from huitou.points.packing import pack_changes, pack_lots, unpack_changes, unpack_lots
from huitou.points.store import TableWallets
from huitou.points.wallet import Lot, LotChange, Wallet
from huitou.program.document import ID_PATTERN
from tests.builders import at, lot, wallet
from tests.items import ItemsInMemory, size_of

INSTANTS = st.integers(0, 20_000_000_000).map(lambda seconds: at(f"{1970 + seconds % 150}-03-02 12:00"))
LOTS = st.builds(
    Lot,
    number=st.integers(1, 10**9),
    remaining=st.integers(1, 10**15),
    active_at=INSTANTS,
    expires_at=st.none() | INSTANTS,
    issuer=st.from_regex(ID_PATTERN, fullmatch=True),
    sliding_days=st.integers(0, 3660),
    pending=st.booleans(),
)


@given(st.lists(LOTS, max_size=5))
def test_lots_come_back_as_they_were(lots: list[Lot]) -> None:
    assert list(unpack_lots(pack_lots(lots))) == lots


@given(st.lists(st.builds(LotChange, st.integers(-(10**15), 10**15), LOTS), max_size=5))
def test_changes_come_back_as_they_were(changes: list[LotChange]) -> None:
    assert list(unpack_changes(pack_changes(changes))) == changes


def usual(lots: int, brands: tuple[str, ...] = ("maru", "sora", "kaze"), **kind: Any) -> Wallet:
    """A wallet of three brands in its third hundred of purchases."""
    open_lots = tuple(
        lot(
            250 + number,
            1200 + number,
            issuer=brands[number % len(brands)],
            active_at=at(f"2026-03-{1 + number % 28:02d} 12:34:56.789"),
            expires_at=at(f"2026-06-{1 + number % 28:02d} 00:00"),
            **kind,
        )
        for number in range(lots)
    )
    return wallet(*open_lots, version=900, brands={each: at("2025-01-01 12:34") for each in brands})


@pytest.mark.parametrize("brands", [("maru", "sora", "kaze"), ("bakery", "tearoom", "noodles")])
def test_a_wallet_of_twenty_lots_is_one_write_unit(brands: tuple[str, ...]) -> None:
    """At most 1024 bytes by DynamoDB's rule, so that each purchase pays one unit for it."""
    items = ItemsInMemory()
    before = usual(19, brands)

    items.commit(TableWallets(cast(Table, items)).save(before, Decision(usual(20, brands), ())))

    (item,) = items.rows.values()
    assert size_of(item) <= 1024
