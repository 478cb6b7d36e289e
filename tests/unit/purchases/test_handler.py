"""The function `record_purchases`, fed with the events that `events/` holds, and who may call those beside it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import format_instant
from tests.builders import document
from tests.merging import TwoRecords
from tests.purchases import Shop
from tests.serving import MEI, enrol
from tests.unit.purchases.serving import (
    NOW,
    READS,
    WRITES,
    Cloud,
    Function,
    by,
    event,
    listing,
    of,
    under_key,
)


def test_a_purchase_says_where_it_is_found(function: Function) -> None:
    """E33: the first time and every other."""
    first, again = function.location(event("record")), function.location(event("record"))

    _, known = function(event("record"))
    assert first == again == f"/v1/purchases/{known['purchase_id']}"


def test_the_samples_tell_of_an_evening_in_a_shop(function: Function) -> None:
    """Each sample works as it is: a till comes back online, a sale, a forgotten card, a booking."""
    status, batch = function(event("record_batch"))
    assert (status, [result["status"] for result in batch["results"]]) == (200, [201, 201, 422])

    status, sale = function(event("record"))
    assert (status, sale["member_id"], sale["total"], sale["client_reference"]) == (201, MEI, "640", "till-3/20961")
    assert (sale["entries"][0]["points"], sale["balances"]) == (
        "15",
        {"points": {"spendable": "30", "pending": "0", "held": "0", "debt": "0"}},
    )

    status, claimed = function(event("claim"))
    assert (status, claimed["member_id"], claimed["entries"][0]["points"]) == (201, MEI, "0")

    status, visit = function(event("record_visit"))
    assert (status, visit["type"], visit["data"]["guests"], visit["replayed"]) == (201, "booking", "4", False)

    status, found = function(event("get"))
    assert (status, found["purchase_id"], len(found["lines"])) == (200, sale["purchase_id"], 2)

    status, page = function(event("list_purchases"))
    assert (status, [item["receipt"] for item in page["items"]]) == (200, ["20961", "20959", "20958"])


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_every_call_needs_its_permission(function: Function, name: str) -> None:
    """M35."""
    other = "purchases:read" if name in WRITES else "purchases:write"

    status, problem = function(by("maru", event(name), other))

    assert (status, problem["code"]) == (403, "missing_permission")


# --- recording ---


def test_the_answer_explains_every_point(function: Function) -> None:
    """M12, M4."""
    _, sale = function(event("record"))

    (entry,) = sale["entries"]
    why = [(each["rule"], each["name"], each["base"], each["points"]) for each in entry["explanation"]]
    assert why == [("base", "Base", "640", "6"), ("tea", "Tea time", "480", "9")]
    assert entry["cause"] == {"type": "purchase", "id": sale["purchase_id"]}
    assert (sale["occurred_at"], sale["received_at"]) == ("2026-11-21T10:29:41.000Z", format_instant(NOW))


@pytest.mark.parametrize("key", ["m1-till3-20961", "another-try", None])
def test_the_same_receipt_again_is_a_replay_whatever_its_key(function: Function, key: str | None) -> None:
    """E14: the first answer again, marked; it earns once."""
    _, first = function(event("record"))

    status, again = function(under_key(key, event("record")))

    assert (status, again) == (200, {**first, "replayed": True})
    assert function.points() == 15


def test_a_replay_after_years_and_new_rules_shows_the_rules_of_then(function: Function) -> None:
    """E14, M12: the rule that paid has been renamed and removed since."""
    _, first = function(event("record"))
    function.now = NOW + timedelta(days=800)
    function.publish(document(earning=[]), function.now)

    status, again = function(event("record"))

    assert (status, again) == (200, {**first, "replayed": True})
    assert function(of(first["purchase_id"]))[1]["entries"] == first["entries"]


def test_another_content_is_a_conflict_that_names_what_differs(function: Function, cloud: Cloud) -> None:
    """E14: 409, nothing changed."""
    function(event("record"))
    before = cloud.keys("members")

    status, problem = function(event("record", payments=[{"method": "cash", "amount": "640"}]))

    assert (status, problem["code"]) == (409, "same_identity_other_content")
    assert [error["pointer"] for error in problem["errors"]] == ["/payments"]
    assert cloud.keys("members") == before


def test_a_sale_without_receipt_and_order_is_named_by_its_key_or_refused(function: Function) -> None:
    """E14."""
    status, first = function(under_key("k-1", event("record", receipt=None)))
    assert (status, first["receipt"], first["order_id"]) == (201, None, None)
    assert function(under_key("k-1", event("record", receipt=None)))[0] == 200
    assert function(under_key("k-2", event("record", receipt=None)))[0] == 201

    status, problem = function(under_key(None, event("record", receipt=None)))
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, ["/receipt"])


REFUSALS: dict[str, tuple[dict[str, Any], int, str]] = {
    "a negative amount": ({"total": "-640"}, 422, "validation_failed"),
    "an unknown store": ({"store": "m9"}, 422, "invalid_purchase"),
    "too many decimals": ({"total": "640.5"}, 422, "invalid_purchase"),
    "too many lines": ({"lines": [{"sku": "x", "amount": "0"}] * 501}, 422, "validation_failed"),
    "another brand": ({"brand": "sora"}, 403, "foreign_brand"),
    "an unknown member": ({"member": {"phone": "0987-654-321"}}, 404, "member_not_found"),
    "an unknown id": ({"member": {"id": "01JNSM3VF0R6T8C1W5PJ4XZZZZ"}}, 404, "member_not_found"),
    "no id at all": ({"member": {"id": "#"}}, 404, "member_not_found"),
    "the future": ({"occurred_at": "2026-11-21T18:35:01+08:00"}, 422, "occurred_in_future"),
    "long ago": ({"occurred_at": "2026-10-22T18:29:59+08:00"}, 422, "too_late"),
    "before all calendars": ({"occurred_at": "0001-01-01T00:00:00+14:00"}, 422, "validation_failed"),
    "an oversized body": ({"client_reference": "x" * 300_000}, 413, "body_too_large"),
}


@pytest.mark.parametrize(("changes", "status", "code"), REFUSALS.values(), ids=REFUSALS.keys())
def test_bad_input_is_refused_and_nothing_is_written(
    function: Function, cloud: Cloud, changes: dict[str, Any], status: int, code: str
) -> None:
    """E30."""
    before = cloud.keys("members")

    answer, problem = function(event("record", **changes))

    assert (answer, problem["code"]) == (status, code)
    assert cloud.keys("members") == before


@pytest.mark.parametrize("body", ["{", "[]", '{"total": NaN}', '{"total": "1", "total": "2"}', '{"sku": "\\ud800"}'])
def test_a_malformed_body_is_refused(function: Function, body: str) -> None:
    """E30."""
    status, problem = function({**event("record"), "body": body})

    assert (status, problem["code"]) == (400, "malformed")


def test_the_group_names_the_brand_and_its_word_joins(function: Function) -> None:
    """E31: a key of the group sees all members, by id too."""
    sale = {"store": "s1", "member": {"id": MEI}}

    status, problem = function(by("group", event("record", **sale)))
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "brand_required", "/brand")

    assert function(by("sora", event("record", **sale)))[0] == 404
    assert function(by("group", event("record", brand="sora", **sale)))[0] == 201
    assert function(by("sora", event("record", **{**sale, "receipt": "20962"})))[0] == 201


# --- batches ---


def test_each_purchase_of_a_batch_stands_for_itself(function: Function) -> None:
    """E28: the good ones are recorded, the bad ones say why, at the place they came from."""
    good = json.loads(event("record")["body"])
    bad = [{**good, "total": "1"}, {**good, "points": 7}, {**good, "brand": "sora"}, {}, {**good, "receipt": None}]

    status, batch = function(event("record_batch", purchases=[good, *bad, good]))

    results = batch["results"]
    assert (status, [result["status"] for result in results]) == (200, [201, 422, 422, 403, 422, 422, 200])
    assert results[6]["purchase"] == {**results[0]["purchase"], "replayed": True}
    assert [result["problem"]["code"] for result in results[1:6]] == [
        "invalid_purchase", "validation_failed", "foreign_brand", "validation_failed", "invalid_purchase",
    ]  # fmt: skip
    assert [error["pointer"] for error in results[1]["problem"]["errors"]] == ["/total", "/payments"]
    assert results[1]["problem"]["request_id"] == event("record_batch")["requestContext"]["requestId"]


def test_a_batch_may_be_sent_again(function: Function) -> None:
    """E14: what was recorded is replayed, what was refused is refused."""
    _, first = function(event("record_batch"))
    _, again = function(event("record_batch"))

    assert [result["status"] for result in again["results"]] == [200, 200, 422]
    assert again["results"][0]["purchase"] == {**first["results"][0]["purchase"], "replayed": True}


def test_a_purchase_of_a_batch_that_names_a_merged_member_is_the_survivors(function: Function) -> None:
    """E15, E28: as if it had been sent alone, and its neighbours are recorded once, for the first time."""
    lin = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
    enrol(lin, "0987-654-321", function.members, function.programs, NOW - timedelta(days=100))
    shop = Shop(function.programs.active(), function.members)
    TwoRecords(shop).merge(MEI, lin, NOW - timedelta(days=1))
    sale = json.loads(event("record")["body"])
    purchases = [{**sale, "receipt": str(number), "member": {"id": each}} for number, each in enumerate((MEI, lin))]

    _, batch = function(event("record_batch", purchases=purchases))
    status, alone = function(event("record", receipt="2", member={"id": lin}))

    assert [result["status"] for result in batch["results"]] == [201, 201]
    assert {result["purchase"]["member_id"] for result in batch["results"]} == {MEI}
    assert (status, alone["member_id"]) == (201, MEI)


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_its_size(function: Function, count: int) -> None:
    """E33."""
    status, problem = function(event("record_batch", purchases=[json.loads(event("record")["body"])] * count))

    assert (status, problem["code"]) == (422, "validation_failed")


# --- claims ---


def test_a_claim_is_made_once(function: Function) -> None:
    """M40, E14."""
    function(event("record_batch"))
    _, first = function(event("claim"))

    assert function(event("claim")) == (200, {**first, "replayed": True})
    assert first["claimed_at"] == format_instant(NOW)


@pytest.mark.parametrize(
    ("changes", "days", "status", "code"),
    [
        ({"total": "91"}, 0, 404, "receipt_not_found"),
        ({"receipt": "1"}, 0, 404, "receipt_not_found"),
        ({"receipt": "20958", "total": "640"}, 0, 409, "already_claimed"),
        ({}, 31, 409, "claim_too_late"),
        ({"member": {"phone": "0987-654-321"}}, 0, 404, "member_not_found"),
        ({"store": "m9"}, 0, 422, "invalid_purchase"),
    ],
)
def test_a_claim_that_cannot_be_is_refused(
    function: Function, changes: dict[str, Any], days: int, status: int, code: str
) -> None:
    """M40."""
    function(event("record_batch"))
    function.now = NOW + timedelta(days=days)

    answer, problem = function(event("claim", **changes))

    assert (answer, problem["code"]) == (status, code)


# --- reading ---


def test_a_purchase_is_read_as_it_was_sent(function: Function) -> None:
    """M5: every line with its quantity, what it cost and what was taken off."""
    _, sale = function(event("record"))

    _, found = function(of(sale["purchase_id"]))

    assert found["lines"][1] == {
        "sku": "4710011401128",
        "category": "tea",
        "quantity": "0.250",
        "amount": "480",
        "discount": "0",
        "returned": "0.000",
    }
    assert found["discounts"] == [{"code": "NOV-BREAD", "amount": "20"}]
    assert found["payments"] == [{"method": "line_pay", "amount": "640"}]
    assert found["entries"] == sale["entries"]


def test_a_brand_reads_its_own_purchases_only(function: Function) -> None:
    """E31: another brand's answer is as for one that does not exist."""
    _, sale = function(event("record"))
    function(by("sora", event("record", store="s1")))

    unseen, unknown = function(of(sale["purchase_id"], "sora")), function(of(sale["purchase_id"][:-1] + "0", "sora"))

    assert unseen[0] == unknown[0] == 404
    assert {**unseen[1], "request_id": ""} == {**unknown[1], "request_id": ""}
    assert function(of("no-such-form"))[0] == 404
    assert [item["brand"] for item in function(listing("sora"))[1]["items"]] == ["sora"]
    assert len(function(listing("group"))[1]["items"]) == 2


def test_purchases_come_in_pages(function: Function) -> None:
    """E33."""
    for number in range(3):
        function(event("record", receipt=f"R{number}", occurred_at=f"2026-11-21T18:0{number}:00+08:00"))

    seen, query = [], {"limit": "2"}
    while True:
        _, page = function(listing(**query))
        seen += [item["receipt"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == ["R2", "R1", "R0"]
    assert function(listing(cursor="UFJPRklMRQ"))[0] == 422  # PROFILE


# --- visits ---


def test_a_visit_again_is_a_replay_and_another_one_a_conflict(function: Function) -> None:
    """E14."""
    _, first = function(event("record_visit"))

    assert function(event("record_visit")) == (200, {**first, "replayed": True})
    status, problem = function(event("record_visit", type="check_in"))
    assert (status, [error["pointer"] for error in problem["errors"]]) == (409, ["/type"])


# --- metrics ---


def test_points_are_counted_when_they_are_earned_and_not_when_the_till_repeats_itself(
    function: Function, capsys: pytest.CaptureFixture[str]
) -> None:
    """M12: a metric for what was booked, one line per call."""
    _, sale = function(event("record"))
    earned = int(sale["entries"][0]["points"])
    assert f'"PointsEarned":[{earned}' in capsys.readouterr().out.replace(" ", "")

    function(event("record"))
    assert "PointsEarned" not in capsys.readouterr().out
