"""What tills, booking systems and customers with a receipt in their hand send, late and in heaps."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import httpx

from tests.e2e.calls import (
    Body,
    a_phone,
    ago,
    created,
    enrol,
    entries,
    found,
    now,
    pointers,
    refusal,
    sale,
    sora_sale,
    spendable,
    unique,
    wallet,
)

RECEIPT = ("brand", "store", "terminal", "receipt", "occurred_at", "total")


def test_in_a_batch_each_sale_stands_for_itself(api: httpx.Client) -> None:
    """E28: good ones are recorded, bad ones get the problem that they would have got alone."""
    member = enrol(api)
    good, known = sale(member, "300"), sale(member, "400")
    created(api.post("/v1/purchases", json=known))
    batch = [
        good,
        {**sale(member), "total": "1"},
        known,
        {**sale(member), "brand": "nowhere"},
        {"receipt": "and nothing else"},
        {**known, "total": "401", "lines": [{"sku": "x", "amount": "401"}]},
        sale({"phone": a_phone()}),
        sale(None, "500"),
    ]
    results = found(api.post("/v1/purchases/batch", json={"purchases": batch}))["results"]
    assert [result["status"] for result in results] == [201, 422, 200, 422, 422, 409, 404, 201]
    codes = [result["problem"]["code"] for result in results if "problem" in result]
    assert codes == [
        "invalid_purchase",
        "invalid_purchase",
        "validation_failed",
        "same_identity_other_content",
        "member_not_found",
    ]
    assert pointers(results[1]["problem"]) == ["/total"]
    assert results[0]["purchase"]["entries"][0]["points"] == "3"
    assert results[7]["purchase"]["member_id"] is None
    assert spendable(api, member) == "7"


def test_a_batch_that_is_sent_again_changes_nothing(api: httpx.Client) -> None:
    """E14: the till did not hear the answer."""
    member = enrol(api)
    batch = {"purchases": [sale(member, "100") for _ in range(10)]}
    first = found(api.post("/v1/purchases/batch", json=batch))["results"]
    again = found(api.post("/v1/purchases/batch", json=batch))["results"]
    assert [result["status"] for result in first] == [201] * 10
    assert [result["status"] for result in again] == [200] * 10
    assert [_id(result) for result in first] == [_id(result) for result in again]
    assert spendable(api, member) == "10"


def test_a_forgotten_card_is_made_good_by_the_receipt(api: httpx.Client) -> None:
    """M40 (補登): once, with the right total, earning as of the sale."""
    member = enrol(api)
    bill = sale(amount="2000", occurred_at=ago(days=3))
    anonymous = created(api.post("/v1/purchases", json=bill))
    assert (anonymous["member_id"], anonymous["entries"]) == (None, [])
    claim = {**{name: bill[name] for name in RECEIPT}, "member": {"id": member}}
    refusal(api.post("/v1/purchases/claims", json={**claim, "total": "2001"}), 404, "receipt_not_found")

    claimed = created(api.post("/v1/purchases/claims", json=claim))
    assert claimed["entries"][0]["effective_at"] == claimed["occurred_at"] == anonymous["occurred_at"]
    assert spendable(api, member) == "20"
    assert found(api.post("/v1/purchases/claims", json=claim))["replayed"]
    assert spendable(api, member) == "20"
    another = {**claim, "member": {"id": enrol(api)}}
    refusal(api.post("/v1/purchases/claims", json=another), 409, "already_claimed")
    by_its_first_id = found(api.get(f"/v1/purchases/{anonymous['purchase_id']}"))
    assert by_its_first_id["purchase_id"] == claimed["purchase_id"]


def test_a_receipt_can_be_claimed_for_a_time_only(api: httpx.Client) -> None:
    """M40: 30 days in this programme; a sale may come in just before, and be claimed too late."""
    bill = sale(occurred_at=(now() - timedelta(days=30) + timedelta(seconds=3)).isoformat())
    created(api.post("/v1/purchases", json=bill))
    claim = {**{name: bill[name] for name in RECEIPT}, "member": {"id": enrol(api)}}
    time.sleep(3)
    refusal(api.post("/v1/purchases/claims", json=claim), 409, "claim_too_late")


def test_a_visit_is_recorded_once(api: httpx.Client) -> None:
    """M5, E14: by the name that its source gave it."""
    phone = a_phone()
    enrol(api, identities=[{"phone": phone}])
    visit = {
        "brand": "sora",
        "store": "s1",
        "type": "booking",
        "source": "tables",
        "event_id": unique("B"),
        "member": {"phone": phone},
        "occurred_at": ago(minutes=5),
        "data": {"guests": "4"},
    }
    seen = created(api.post("/v1/events", json=visit))
    assert (seen["type"], seen["data"], seen["replayed"]) == ("booking", {"guests": "4"}, False)
    assert found(api.post("/v1/events", json=visit)) == {**seen, "replayed": True}
    other = api.post("/v1/events", json={**visit, "type": "check_in"})
    assert pointers(refusal(other, 409, "same_identity_other_content")) == ["/type"]


def test_a_till_that_was_offline_sends_its_sales_late(api: httpx.Client) -> None:
    """E20, E32: the points count from the sale; `received_at` says when we heard of it."""
    member = enrol(api)
    late = created(api.post("/v1/purchases", json=sale(member, "900", occurred_at=ago(days=29))))
    assert datetime.fromisoformat(late["received_at"]) - datetime.fromisoformat(late["occurred_at"]) > timedelta(28)
    (lot,) = wallet(api, member)["lots"]
    assert lot["active_at"] == late["occurred_at"]
    assert datetime.fromisoformat(lot["expires_at"]) - now() < timedelta(days=63)
    refusal(api.post("/v1/purchases", json=sale(member, occurred_at=ago(days=31))), 422, "too_late")


def test_points_that_came_too_late_are_over_when_they_come(api: httpx.Client) -> None:
    """E20: earned, begun and ended in one write, as three entries that say so."""
    member = enrol(api, brand="sora")
    created(api.post("/v1/purchases", json=sora_sale(member, "100", occurred_at=ago(days=9))))
    told = entries(api, member, currency="beans")
    assert [(entry["type"], entry["points"]) for entry in told] == [
        ("earn", "10"),
        ("activate", "10"),
        ("expire", "-10"),
    ]
    assert spendable(api, member, currency="beans") == "0"
    instants = [entry["effective_at"] for entry in told]
    assert instants == sorted(instants)
    assert spendable(api, member, currency="beans", at=told[1]["effective_at"]) == "10"


def test_a_cooling_off_period_keeps_points_pending(api: httpx.Client) -> None:
    """M8 (鑑賞期): they are shown, and cannot be spent yet."""
    member = enrol(api, brand="sora")
    created(api.post("/v1/purchases", json=sora_sale(member, "100")))
    beans = wallet(api, member, currency="beans")
    assert (beans["spendable"], beans["pending"]) == ("0", "10")
    begins = beans["next_change_at"]
    assert spendable(api, member, currency="beans", at=begins) == "10"


def test_a_clock_that_is_a_little_fast_is_forgiven(api: httpx.Client) -> None:
    """E32: up to five minutes ahead counts as now; further ahead is refused."""
    member = enrol(api)
    fast = created(api.post("/v1/purchases", json=sale(member, occurred_at=ago(minutes=-4))))
    assert fast["occurred_at"] == fast["received_at"]
    ahead = api.post("/v1/purchases", json=sale(member, occurred_at=ago(minutes=-6)))
    refusal(ahead, 422, "occurred_in_future")


def test_an_order_without_a_till_is_known_by_its_id(api: httpx.Client) -> None:
    """E14: brand, channel and order id."""
    member = enrol(api)
    order = sale(member, "600", channel="app", order_id=unique("O"), store=None, terminal=None, receipt=None)
    first = created(api.post("/v1/purchases", json=order))
    assert found(api.post("/v1/purchases", json=order))["purchase_id"] == first["purchase_id"]
    assert (first["order_id"], first["receipt"]) == (order["order_id"], None)


def _id(result: Body) -> str:
    return str(result["purchase"]["purchase_id"])
