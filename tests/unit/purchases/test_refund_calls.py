"""Refunds and moves over HTTP, with the events of the gateway that `events/` holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from tests.builders import wallet
from tests.serving import MEI, Event
from tests.unit.purchases.serving import NOW, Function, by, event, of

LIN = MemberId("01JNSM5K2W8Q4E7R1T9Y6V3XZC")
"""Whose purchase it was: the sample's."""
BOUGHT = {"store": "m1", "terminal": "3", "receipt": "20961", "occurred_at": "2026-11-21T18:29:41+08:00"}


def without_body(name: str, **path: str) -> Event:
    return {**event(name), "pathParameters": path}


def test_the_samples_tell_of_a_broken_jar_and_a_wrong_card(function: Function) -> None:
    """M10, M40, E3."""
    lin = wallet(member=LIN, version=0, brands={"maru": NOW - timedelta(days=9)}, recorded_at=NOW - timedelta(days=9))
    function.members.commit([function.wallets.create(lin)])
    _, sale = function(event("record"))

    status, refund = function(event("refund"))
    again, replayed = function(event("refund"))

    assert (status, refund["status"], refund["number"], refund["fully_refunded"]) == (201, "booked", "R-3-0412", False)
    assert (refund["money_to_return"], refund["points_to_return"]) == ("480", "0")
    assert refund["lines"] == [{"line": 1, "quantity": "0.250", "amount": "480"}]
    (owed,) = refund["points"]
    assert [owed[figure] for figure in ("owed", "taken", "waived", "debt")] == ["14", "14", "0", "0"]
    assert refund["balances"]["points"]["spendable"] == "1"
    assert (again, replayed) == (200, {**refund, "replayed": True})
    assert function(event("get_refund")) == (200, replayed)
    assert function.location(event("refund")) == f"/v1/refunds/{refund['refund_id']}"
    _, found = function(of(sale["purchase_id"]))
    assert (found["refunded"], found["refunds"]) == ("partly", [refund["refund_id"]])
    assert [each["returned"] for each in found["lines"]] == ["0.000", "0.250"]

    status, moved = function(event("move_purchase"))

    assert (status, moved["member_id"], moved["entries"][0]["points"]) == (201, LIN, "1")
    assert function(event("move_purchase"))[0] == 200
    _, old = function(of(sale["purchase_id"]))
    assert (old["moved_to"], moved["moved_to"]) == (moved["purchase_id"], None)
    assert function.points() == 0


def test_a_refund_that_waits_is_listed_after_a_day_and_can_be_cancelled(function: Function) -> None:
    """E19."""
    status, waiting = function(event("refund"))
    assert (status, waiting["status"], waiting["purchase_id"], waiting["points"]) == (202, "waiting", None, [])
    assert function(event("list_refunds"))[1]["items"] == []

    function.now = NOW + timedelta(days=2)
    status, page = function(event("list_refunds"))
    assert (status, [each["refund_id"] for each in page["items"]]) == (200, [waiting["refund_id"]])
    assert function(by("sora", event("list_refunds")))[1]["items"] == []

    status, cancelled = function(event("cancel_refund"))
    assert (status, cancelled["status"], cancelled["replayed"]) == (200, "cancelled", False)
    assert function(event("list_refunds"))[1]["items"] == []
    function(event("record"))
    assert function.points() == 15


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointers"),
    [
        ({"lines": [{"line": 9}]}, 422, "unknown_line", ["/lines/0"]),
        ({"lines": [{"line": 0, "quantity": "3"}]}, 409, "more_than_bought", ["/lines/0"]),
        ({"lines": [{"quantity": "1"}]}, 422, "invalid_refund", ["/lines/0"]),
        ({"lines": [{"line": 0, "quantity": "0"}]}, 422, "invalid_refund", ["/lines/0/quantity"]),
        ({"purchase": {}}, 422, "invalid_refund", ["/purchase"]),
        ({"purchase": {**BOUGHT, "order_id": "7"}}, 422, "invalid_refund", ["/purchase"]),
        ({"purchase": {"receipt": "20961"}}, 422, "invalid_refund", ["/purchase/store", "/purchase/business_date"]),
        ({"purchase": {"purchase_id": "nothing"}}, 404, "not_found", []),
        ({"purchase": {"purchase_id": "A" * 26}}, 404, "purchase_not_found", []),
        ({"occurred_at": "2026-11-21T19:30:00+08:00"}, 422, "occurred_in_future", []),
        ({"brand": "sora"}, 403, "foreign_brand", []),
    ],
)
def test_a_refund_that_cannot_be_is_refused_with_the_reason(
    function: Function, *, changes: dict[str, Any], status: int, code: str, pointers: list[str]
) -> None:
    """E30: nothing is changed."""
    function(event("record"))

    answer, problem = function(event("refund", **changes))

    assert (answer, problem["code"]) == (status, code)
    assert [error["pointer"] for error in problem.get("errors", [])] == pointers
    assert function.points() == 15


def test_what_is_sent_again_with_other_content_is_refused(function: Function) -> None:
    """E14."""
    function(event("record"))
    function(event("refund"))

    status, problem = function(event("refund", lines=None))

    assert (status, problem["code"]) == (409, "same_identity_other_content")
    assert [error["pointer"] for error in problem["errors"]] == ["/lines"]


def test_a_move_to_who_has_it_already_changes_nothing(function: Function) -> None:
    """M40."""
    _, sale = function(event("record"))

    status, moved = function(event("move_purchase", member={"id": MEI}))

    assert (status, moved["replayed"], moved["purchase_id"]) == (200, True, sale["purchase_id"])
