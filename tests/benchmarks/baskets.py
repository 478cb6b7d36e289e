"""Real baskets (Complete Journey, a year of shopping) as purchases of the sample programme.

Household → member, store number modulo 3 → brand, basket → purchase under its number, department → category.
The data keeps no payments, tills or times of day beyond New York's clock, and nothing is made up for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from cli.sample_data import DATA
from huitou.program.model import Program
from huitou.purchases.model import Purchase
from huitou.purchases.requests import PurchaseBody, read_purchase

NEW_YORK = ZoneInfo("America/New_York")
BRANDS = ("maru", "sora", "kaze")
"""By store number modulo 3."""

_LINES = """
    SELECT household_id, basket_id, store_id, transaction_timestamp, product_id, department, quantity,
           CAST(sales_value AS DECIMAL(12, 2)),
           CAST(retail_disc + coupon_disc + coupon_match_disc AS DECIMAL(12, 2))
    FROM read_parquet(?) AS bought LEFT JOIN read_parquet(?) AS products USING (product_id)
    WHERE md5(CAST(household_id AS VARCHAR)) < ?
    ORDER BY transaction_timestamp, basket_id, product_id, quantity, sales_value
"""


@dataclass(frozen=True)
class Basket:
    """What one household bought at once. ``lines`` are as the API takes them."""

    household: int
    number: int
    store: int
    occurred_at: datetime
    lines: tuple[dict[str, Any], ...]

    @property
    def brand(self) -> str:
        return BRANDS[self.store % 3]

    def body(self, **member: str) -> dict[str, Any]:
        """The purchase as a till sends it; ``member`` names the buyer."""
        return {
            "brand": self.brand,
            "store": str(self.store),
            "receipt": str(self.number),
            "occurred_at": self.occurred_at.isoformat(),
            "member": member,
            "currency": "USD",
            "lines": list(self.lines),
            "total": str(sum((Decimal(line["amount"]) for line in self.lines), Decimal(0))),
        }

    def purchase(self, program: Program) -> Purchase:
        """The purchase as decisions see it."""
        body = {name: value for name, value in self.body().items() if name != "member"}
        return read_purchase(PurchaseBody(**body), self.brand, None, program, self.occurred_at)


TEN_LINES = Basket(
    household=1,
    number=1,
    store=12,
    occurred_at=datetime(2017, 3, 6, 15, 30, tzinfo=NEW_YORK),
    lines=tuple(
        {
            "sku": str(1_029_743 + 7919 * number),
            "category": ("GROCERY", "PRODUCE", "DRUG GM", "MEAT-PCKGD", "PASTRY")[number % 5],
            "quantity": "1",
            "amount": f"{number + 1}.{(37 * number) % 100:02}",
            "discount": f"0.{(13 * number) % 100:02}",
        }
        for number in range(10)
    ),
)
"""A basket as they come, for tests that should not read the data."""


@lru_cache(maxsize=2)
def baskets(share: float) -> Sequence[Basket]:
    """All baskets of about that ``share`` of the households, always the same ones, in the order of time."""
    below = format(int(share * 16**8), "08x") if share < 1 else "g"
    paths = [str(DATA / "transactions.parquet"), str(DATA / "products.parquet")]
    return tuple(_grouped(duckdb.execute(_LINES, [*paths, below]).fetchall()))


def _grouped(rows: Iterable[tuple[Any, ...]]) -> Iterable[Basket]:
    lines: dict[tuple[int, int, int, datetime], list[dict[str, Any]]] = defaultdict(list)
    for household, number, store, when, product, department, quantity, paid, off in rows:
        line = {"sku": str(product), "category": department, "quantity": str(quantity), "amount": str(paid)}
        lines[household, number, store, when].append({**line, "discount": str(max(off, Decimal(0)))})
    for (household, number, store, when), bought in lines.items():
        yield Basket(household, number, store, when.replace(tzinfo=NEW_YORK), tuple(bought[:500]))
