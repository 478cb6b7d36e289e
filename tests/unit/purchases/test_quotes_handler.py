"""Quotes, and purchases that points pay a part of, over HTTP, with the events that `events/` holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import document, rule
from tests.unit.purchases.serving import NOW, Function, by, event

TERMS = {"brand": "maru", "currency": "points", "points": "10", "money": "5", "minimum": "20", "share": 50}


@pytest.fixture
def till(function: Function) -> Function:
    """Where ten points take 5 off; Mei has 101 after a sale."""
    tea = rule(id="tea", name="Tea time", points="2", when={"categories": ["tea"]})
    function.publish(document(earning=[rule(), tea], money_off=[TERMS]), NOW - timedelta(days=1))
    lines = [{"sku": "x", "amount": "10100"}]
    bought = {"receipt": "20001", "lines": lines, "total": "10100", "payments": None, "discounts": None}
    assert function(event("record", **bought))[0] == 201
    return function


def test_the_sample_tells_what_the_basket_will_bring(till: Function) -> None:
    """M9, M12: the same points as the sale that follows, with the reasons, and what could pay for it."""
    status, quote = till(event("quote"))

    assert (status, quote["total"], quote["to_pay"], quote["tier"]) == (200, "640", "640", None)
    assert quote["payable"] == [
        {
            "currency": "points",
            "spendable": "101",
            "minimum": "20",
            "step": "10",
            "step_money_off": "5",
            "share": 50,
            "maximum": "100",
            "money_off": "50",
        }
    ]
    (told,) = quote["earnings"]
    (earned,) = till(event("record"))[1]["entries"]
    assert (told["points"], told["explanation"]) == (earned["points"], earned["explanation"])
    assert told["expires_at"] == earned["lots"][0]["expires_at"]


def test_a_quote_needs_no_member(till: Function) -> None:
    status, quote = till(event("quote", member=None))
    assert (status, quote["member_id"], quote["earnings"][0]["points"]) == (200, None, "15")
    assert (quote["payable"][0]["spendable"], quote["payable"][0]["maximum"]) == (None, "640")


def test_a_quote_needs_the_permission_to_read_points(till: Function) -> None:
    """M35."""
    status, problem = till(by("maru", event("quote"), "points:write purchases:write"))
    assert (status, problem["code"]) == (403, "missing_permission")


def test_a_basket_that_cannot_be_is_refused_as_its_sale(till: Function) -> None:
    """E30."""
    status, problem = till(event("quote", total="641"))
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_purchase", "/total")


def test_points_pay_a_part_of_a_sale(till: Function) -> None:
    """M9, E3: 100 points pay 50 of 640."""
    part = {"points": "100"}
    payments = [{"method": "points", "amount": "50"}, {"method": "line_pay", "amount": "590"}]
    status, quote = till(event("quote", redemption=part))
    assert (status, quote["to_pay"], quote["redemption"]["money_off"]) == (200, "590", "50")

    status, sale = till(event("record", redemption=part, payments=payments))

    assert (status, sale["redemption"]["points"], sale["redemption"]["money_off"]) == (201, "100", "50")
    assert sale["entries"][0]["points"] == quote["earnings"][0]["points"]
    assert till(event("record", redemption=part, payments=payments)) == (200, sale | {"replayed": True})
    assert till(event("record", payments=payments))[1]["code"] == "same_identity_other_content"


@pytest.mark.parametrize(
    ("part", "status", "code", "pointer"),
    [
        ({"points": "25"}, 422, "points_cannot_pay", "/redemption/points"),
        ({"points": "0"}, 422, "invalid_purchase", "/redemption/points"),
        ({"points": "20", "currency": "beans"}, 422, "invalid_purchase", "/redemption/currency"),
        ({"points": "200"}, 409, "insufficient_points", None),
        ({"points": "20", "hold_id": "A" * 26}, 404, "hold_not_found", None),
    ],
)
def test_points_that_cannot_pay_stop_the_sale(
    till: Function, part: dict[str, str], status: int, code: str, pointer: str | None
) -> None:
    """E30: with the field; nothing is recorded."""
    before = till.points()
    answered, problem = till(event("record", redemption=part, payments=None))
    assert (answered, problem["code"]) == (status, code)
    assert pointer is None or [error["pointer"] for error in problem["errors"]] == [pointer]
    assert till.points() == before


def test_nobody_has_points_without_a_member(till: Function) -> None:
    status, problem = till(event("record", member=None, redemption={"points": "20"}, payments=None))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/redemption")
