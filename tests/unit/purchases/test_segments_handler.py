"""Sales, quotes and moves of members whose segments rules name, over HTTP and tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.instants import EPOCH
from tests.builders import document, rule
from tests.serving import Event
from tests.unit.purchases.serving import Function, event

SEGMENT = {"id": "bought-once", "name": "Bought once", "when": {"purchases": {"exactly": 1, "in": "ever"}}}
SECOND_VISIT = rule(id="second-visit", name="Again", points="50", per=None, when={"segments": ["bought-once"]})
BOUGHT: dict[str, Any] = {"lines": [{"sku": "x", "amount": "100"}], "total": "100", "payments": None, "discounts": None}


@pytest.fixture
def till(function: Function) -> Function:
    """Where the second visit earns 50 points more."""
    function.publish(document(earning=[rule(), SECOND_VISIT], segments=[SEGMENT]), EPOCH)
    return function


def sale(till: Function, receipt: str) -> Event:
    return event("record", receipt=receipt, occurred_at=till.now.isoformat(), **BOUGHT)


def test_the_second_visit_earns_its_bonus_once_and_the_quote_before_it_said_so(till: Function) -> None:
    """E7, M9: nobody has looked at the member between their visits."""
    told = []
    for number in range(3):
        till.now += timedelta(days=14)
        status, quote = till(event("quote", **BOUGHT))
        assert status == 200
        status, sold = till(sale(till, f"S-{number}"))
        assert status == 201
        assert sold["entries"][0]["points"] == quote["earnings"][0]["points"]
        told.append(sold["entries"][0]["points"])
    assert told == ["1", "51", "1"]
