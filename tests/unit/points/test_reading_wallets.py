"""Wallets and entries as the function `serve_wallets` answers with them."""

from __future__ import annotations

from datetime import datetime

import pytest

from huitou.kernel.instants import format_instant
from tests.serving import MEI
from tests.unit.points.serving import DAY, NOW, Function, by, event

# --- wallets ---


def test_a_wallet_shows_its_lots_and_what_comes_next(function: Function) -> None:
    """M8: ninety days after the day on which they were earned."""
    function.earn(1_000, days_ago=10)
    function.earn(2_000, days_ago=5)
    _, wallet = function(event("get_wallet", query={}))
    assert (wallet["spendable"], wallet["pending"]) == ("30", "0")
    assert [(lot["number"], lot["points"], lot["issuer"]) for lot in wallet["lots"]] == [
        (1, "10", "maru"),
        (2, "20", "maru"),
    ]
    assert wallet["next_change_at"] == wallet["lots"][0]["expires_at"]


def test_a_wallet_is_asked_for_as_of_any_instant(function: Function) -> None:
    """`at` by what counts, `as_of` by what was known: the sale of ten days ago became known now."""
    function.earn(1_000, days_ago=10)

    def spendable(at: datetime, as_of: datetime | None = None) -> str:
        query = {"at": format_instant(at)} | ({"as_of": format_instant(as_of)} if as_of else {})
        return str(function(event("get_wallet", query=query))[1]["spendable"])

    assert spendable(NOW - 11 * DAY) == "0"
    assert spendable(NOW - 9 * DAY) == "10"
    assert spendable(NOW - 9 * DAY, as_of=NOW - 9 * DAY) == "0"
    assert spendable(NOW + 365 * DAY) == "0"


def test_a_brands_own_points_have_their_own_decimals(function: Function) -> None:
    function.join_sora()
    gift = {"currency": "beans", "points": "2.5"}
    status, adjustment = function(by("sora", event("adjust", body=gift)))
    assert (status, adjustment["points"], adjustment["balance"]["spendable"]) == (201, "2.5", "2.5")
    _, wallet = function(by("sora", event("get_wallet", query={"currency": "beans"})))
    assert wallet["lots"][0]["points"] == "2.5"


def test_a_refusal_counts_points_as_the_caller_does(function: Function) -> None:
    """E33: in decimals, as everywhere."""
    function.join_sora()
    function(by("sora", event("adjust", body={"currency": "beans", "points": "2.5"})))
    taken = event("adjust", body={"currency": "beans", "points": "-2.6"}, key="another")
    status, problem = function(by("sora", taken))
    assert (status, problem["spendable"]) == (409, "2.5")
    assert problem["detail"] == "2.6 points were asked for, 2.5 can be spent."


@pytest.mark.parametrize("name", ["get_wallet", "list_entries"])
@pytest.mark.parametrize("currency", ["gold", "beans"])
def test_points_that_the_brand_does_not_have_are_refused(function: Function, name: str, currency: str) -> None:
    """E30: maru has no beans."""
    status, problem = function(event(name, query={"currency": currency}))
    assert (status, problem["code"]) == (422, "unknown_currency")


@pytest.mark.parametrize(
    "value", ["yesterday", "2026-01-31T18:30:00", "2026-02-30T00:00:00Z", "1700000000", "0001-01-01T00:00:00+08:00"]
)
@pytest.mark.parametrize("name", ["at", "as_of"])
def test_what_is_no_instant_is_refused(function: Function, name: str, value: str) -> None:
    """E30"""
    status, problem = function(event("get_wallet", query={name: value}))
    assert (status, problem["errors"][0]["pointer"]) == (422, f"/query/{name}")


@pytest.mark.parametrize("name", ["get_wallet", "list_entries"])
def test_a_member_of_another_brand_is_answered_as_one_who_does_not_exist(function: Function, name: str) -> None:
    """E31"""
    stranger = event(name)
    stranger["pathParameters"]["member_id"] = "01JNSM3VF0R6T8C1W5PJ4X0000"
    stranger["path"] = stranger["path"].replace(MEI, "01JNSM3VF0R6T8C1W5PJ4X0000")
    assert function(by("sora", event(name))) == function(by("sora", stranger))
    assert function(by("sora", event(name)))[0] == 404


# --- entries ---


def test_an_entry_says_why(function: Function) -> None:
    """M12: the rule that fired with what it counted, the one that did not with what it found instead."""
    function.earn(1_050)
    (entry,) = function.entries("maru")
    assert entry["explanation"] == [
        {"rule": "base", "name": "Base", "fired": True, "base": "1050", "points": "10"},
        {"rule": "app", "name": "App bonus", "fired": False, "failed": "channels", "found": "store"},
    ]
    assert entry["cause"] == {"type": "purchase", "id": "purchase-1"}
    assert entry["balance"] == {"spendable": "10", "pending": "0", "held": "0", "debt": "0"}
    assert [(lot["number"], lot["points"], lot["remaining"]) for lot in entry["lots"]] == [(1, "10", "10")]


def test_another_brands_reasons_are_not_told(function: Function) -> None:
    """E31: sora sees that points came, not what Mei spent at maru, nor why staff there gave her some."""
    function.earn(1_000)
    function(event("adjust"))
    function(by("sora", event("redeem", body={"store": "s1", "points": "5"})))
    assert [
        (entry["brand"], entry["points"], entry["explanation"], entry["reason"]) for entry in function.entries("sora")
    ] == [
        ("sora", "-5", [], None),
        ("maru", "100", [], None),
        ("maru", "10", [], None),
    ]
    assert function.entries("maru")[1]["reason"] == "蛋糕送錯了"


def test_entries_come_in_pages_the_newest_first(function: Function) -> None:
    """E33"""
    for number in range(5):
        function(event("adjust", key=f"gift-{number}", body={"points": str(number + 1)}))
    pages: list[list[str]] = []
    cursor = None
    while cursor is not None or not pages:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        _, page = function(event("list_entries", query=query))
        pages.append([entry["points"] for entry in page["items"]])
        cursor = page["next_cursor"]
    assert pages == [["5", "4"], ["3", "2"], ["1"]]


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "UFJPRklMRQ"}]
)
def test_a_page_that_cannot_be_is_refused(function: Function, query: dict[str, str]) -> None:
    """E30"""
    assert function(event("list_entries", query=query))[0] == 422
