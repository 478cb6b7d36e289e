"""E19: history may bring the sale that a refund waits for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from huitou.purchases.receipts import TillReceipt
from huitou.purchases.refunds import RefundStatus
from tests.builders import at
from tests.importing import STARTED, Importer, member_row, purchase_row
from tests.purchases import bill, return_of

RECEIPT = TillReceipt("maru", "m1", "", "A-1", date(2026, 3, 2)).digest
SOLD = bill("A-1", receipt=RECEIPT, occurred_at=at("2026-03-02 12:00"))


@pytest.mark.parametrize("card", ["C-1", None])
def test_an_imported_sale_is_refunded_by_what_waited_for_it(card: str | None) -> None:
    """E19, E20: once, also where the import is carried out again."""
    importer = Importer()
    waiting = return_of(SOLD, occurred_at=STARTED - timedelta(hours=1))
    made = importer.refunds.refund(waiting, None, STARTED - timedelta(hours=1))
    assert made.refund.status is RefundStatus.WAITING
    rows = [member_row(), purchase_row("A-1", card=card), purchase_row("A-2", "2026-03-03 12:00")]

    progress = importer.bring(rows)
    importer.bring(rows, key="again")

    assert progress.counts.recorded == 2
    assert importer.refunds.get(made.refund.id, "maru").refund.status is RefundStatus.BOOKED
    sold = importer.purchases.find(RECEIPT)
    assert sold is not None
    assert sold.is_refunded
    assert importer.wallet().bought == {"maru": 1}
