"""Bad input (E30): the right status, the code, the place; and nothing is written, neither table changed at all."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.e2e.calls import (
    Body,
    a_phone,
    ago,
    enrol,
    keyed,
    pointers,
    redemption,
    refusal,
    sale,
    sora_sale,
)
from tests.e2e.platform import Platform

MIB = 1024 * 1024
LINE = {"sku": "bread-1", "category": "bread", "amount": "10"}


@pytest.fixture(scope="module")
def member(api: httpx.Client) -> str:
    """Somebody about whom all the bad requests are."""
    return enrol(api)


def _lines(*amounts: str) -> list[Body]:
    return [{**LINE, "amount": amount} for amount in amounts]


BAD_SALES: dict[str, tuple[Body, int, str, list[str]]] = {
    "unknown brand": ({"brand": "nowhere"}, 422, "invalid_purchase", ["/brand", "/store"]),
    "unknown store": ({"store": "m99"}, 422, "invalid_purchase", ["/store"]),
    "another brand's store": ({"store": "s1"}, 422, "invalid_purchase", ["/store"]),
    "unknown channel": ({"channel": "fax"}, 422, "invalid_purchase", ["/channel"]),
    "foreign money": ({"currency": "USD"}, 422, "invalid_purchase", ["/currency"]),
    "negative amount": (
        {"lines": _lines("-10"), "total": "-10"},
        422,
        "validation_failed",
        ["/lines/0/amount", "/total"],
    ),
    "amount that is no number": (
        {"lines": _lines("NaN"), "total": "NaN"},
        422,
        "validation_failed",
        ["/lines/0/amount", "/total"],
    ),
    "infinite amount": ({"total": "Infinity"}, 422, "validation_failed", ["/total"]),
    "exponent": ({"total": "1e3"}, 422, "validation_failed", ["/total"]),
    "float": ({"total": 1000.0}, 422, "validation_failed", ["/total"]),
    "other digits": ({"total": "１０００"}, 422, "validation_failed", ["/total"]),
    "too many decimals": (
        {"lines": _lines("10.5"), "total": "10.5"},
        422,
        "invalid_purchase",
        ["/lines/0/amount", "/total"],
    ),
    "far too many decimals": ({"total": "10.12345"}, 422, "validation_failed", ["/total"]),
    "a sum that is wrong": ({"total": "999"}, 422, "invalid_purchase", ["/total"]),
    "payments that do not add up": (
        {"payments": [{"method": "cash", "amount": "1"}]},
        422,
        "invalid_purchase",
        ["/payments"],
    ),
    "no lines": ({"lines": [], "total": "0"}, 422, "validation_failed", ["/lines"]),
    "501 lines": ({"lines": [LINE] * 501, "total": "5010"}, 422, "validation_failed", ["/lines"]),
    "unknown field": ({"colour": "red"}, 422, "validation_failed", ["/colour"]),
    "two ways to name the member": (
        {"member": {"phone": "0987-000-001", "card": "C-1"}},
        422,
        "validation_failed",
        ["/member"],
    ),
    "a phone that is none": ({"member": {"phone": "12"}}, 422, "validation_failed", ["/member"]),
    "unknown member": ({"member": {"id": "01JQZZZZZZZZZZZZZZZZZZZZZZ"}}, 404, "member_not_found", []),
    "an id of no form": ({"member": {"id": "../../etc"}}, 404, "member_not_found", []),
    "unknown phone": ({"member": {"phone": a_phone()}}, 404, "member_not_found", []),
    "a time without offset": ({"occurred_at": "2026-03-02T12:00:00"}, 422, "validation_failed", ["/occurred_at"]),
    "a time as a number": ({"occurred_at": 1772424000}, 422, "validation_failed", ["/occurred_at"]),
    "the year 9999": ({"occurred_at": "9999-12-31T23:59:59Z"}, 422, "validation_failed", ["/occurred_at"]),
    "the future": ({"occurred_at": ago(hours=-2)}, 422, "occurred_in_future", []),
    "the past": ({"occurred_at": "2020-01-01T00:00:00Z"}, 422, "too_late", []),
    "a receipt without a store": ({"store": None}, 422, "invalid_purchase", ["/store"]),
    "a sale without a name": ({"receipt": None}, 422, "invalid_purchase", ["/receipt"]),
    "a control character": ({"receipt": "a\u0000b"}, 422, "validation_failed", ["/receipt"]),
}


@pytest.mark.parametrize("case", BAD_SALES)
def test_a_sale_that_cannot_be_is_refused(api: httpx.Client, platform: Platform, member: str, case: str) -> None:
    """E30: naming every place that is wrong."""
    changes, status, code, places = BAD_SALES[case]
    with platform.unchanged():
        answer = api.post("/v1/purchases", json={**sale(member), **changes})
        problem = refusal(answer, status, code)
    assert pointers(problem) == places


BAD_BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "empty": (b"", "application/json", 422, "validation_failed"),
    "cut off": (b'{"brand": "maru", ', "application/json", 400, "malformed"),
    "not an object": (b"[]", "application/json", 400, "malformed"),
    "a key given twice": (b'{"brand": "maru", "brand": "sora"}', "application/json", 400, "malformed"),
    "NaN": (b'{"total": NaN}', "application/json", 400, "malformed"),
    "infinity": (b'{"total": 1e999}', "application/json", 400, "malformed"),
    "half a character": (b'{"brand": "\\ud800"}', "application/json", 400, "malformed"),
    "nested too deeply": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "application/json", 400, "malformed"),
    "a form": (b"brand=maru", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "10,000 lines": (json.dumps({"lines": [LINE] * 10_000}).encode(), "application/json", 413, "body_too_large"),
    "oversized": (b'{"a": "' + b"x" * MIB + b'"}', "application/json", 413, "body_too_large"),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_body_that_cannot_be_read_is_refused(api: httpx.Client, platform: Platform, case: str) -> None:
    """E30: before anything is looked at."""
    text, kind, status, code = BAD_BODIES[case]
    with platform.unchanged():
        refusal(api.post("/v1/purchases", content=text, headers={"Content-Type": kind}), status, code)


def test_a_batch_is_bounded(api: httpx.Client, platform: Platform, member: str) -> None:
    """M5: a hundred sales at once."""
    with platform.unchanged():
        answer = api.post("/v1/purchases/batch", json={"purchases": [sale(member)] * 101})
        assert pointers(refusal(answer, 422, "validation_failed")) == ["/purchases"]


BAD_ORDERS: dict[str, tuple[Body, int, str, list[str]]] = {
    "nothing": ({"points": "0"}, 422, "invalid_command", ["/points"]),
    "less than nothing": ({"points": "-1"}, 422, "validation_failed", ["/points"]),
    "half a point": ({"points": "0.5"}, 422, "invalid_command", ["/points"]),
    "more than there is": ({"points": "1"}, 409, "insufficient_points", []),
    "unknown points": ({"currency": "gold"}, 422, "invalid_command", ["/currency"]),
    "unknown brand": ({"brand": "nowhere"}, 422, "invalid_command", ["/brand"]),
    "unknown member": ({"member": {"phone": a_phone()}}, 404, "member_not_found", []),
}


@pytest.mark.parametrize("case", BAD_ORDERS)
def test_a_redemption_that_cannot_be_is_refused(api: httpx.Client, platform: Platform, member: str, case: str) -> None:
    """E30, M9: the balance stays."""
    changes, status, code, places = BAD_ORDERS[case]
    with platform.unchanged():
        answer = api.post("/v1/redemptions", json={**redemption(member, "1"), **changes}, headers=keyed())
        assert pointers(refusal(answer, status, code)) == places


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 256], ids=["missing", "empty", "spaced", "too long"])
def test_a_command_needs_a_name(api: httpx.Client, platform: Platform, member: str, key: str | None) -> None:
    """E14, E33: nothing is spent that could be spent again by a retry."""
    headers = {} if key is None else {"Idempotency-Key": key}
    with platform.unchanged():
        answer = api.post("/v1/redemptions", json=redemption(member, "1"), headers=headers)
        refusal(answer, 400, "idempotency_key_required")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"at": "yesterday"}, "/query/at"),
        ({"at": "1772424000"}, "/query/at"),
        ({"as_of": "2026-03-02T12:00:00"}, "/query/as_of"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(api: httpx.Client, member: str, query: Any, place: str) -> None:
    """E30: the place is named by the part of the request that it is in."""
    answer = api.get(f"/v1/members/{member}/wallet", params=query)
    assert pointers(refusal(answer, 422, "validation_failed")) == [place]


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "many"}])
def test_a_page_has_a_size(api: httpx.Client, member: str, query: Any) -> None:
    """E33."""
    answer = api.get(f"/v1/members/{member}/entries", params=query)
    assert pointers(refusal(answer, 422, "validation_failed")) == ["/query/limit"]


def test_a_cursor_of_our_own_making_only(api: httpx.Client, member: str) -> None:
    """E33."""
    answer = api.get(f"/v1/members/{member}/entries", params={"cursor": "!!!"})
    refusal(answer, 422, "invalid_cursor")


def test_a_programme_that_cannot_work_is_refused(api: httpx.Client, platform: Platform) -> None:
    """M34, E30: with the reason and the path; the one that holds goes on."""
    good = api.get("/v1/program").json()["document"]
    with platform.unchanged():
        answer = api.post("/v1/program/versions", json={**good, "home_currency": "pebbles"})
        assert pointers(refusal(answer, 422, "invalid_program")) == ["/home_currency"]
        other = {**good, "name": "Another Club"}
        stale = api.post("/v1/program/versions", json=other, headers={"If-Match": '"999"'})
        refusal(stale, 412, "precondition_failed")


def test_refused_callers_leave_no_trace(
    api: httpx.Client, maru: httpx.Client, reader: httpx.Client, platform: Platform, member: str
) -> None:
    """M35: a foreign brand and a missing permission write nothing either."""
    with platform.unchanged():
        refusal(maru.post("/v1/purchases", json=sora_sale(member)), 403, "foreign_brand")
        refusal(reader.post("/v1/purchases", json=sale(member)), 403, "missing_permission")
