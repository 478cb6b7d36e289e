"""The function `serve_wallets`, fed with the events of the gateway that `events/` holds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serving import MEI
from tests.unit.points.serving import READS, WRITES, Function, about, by, event


def test_the_samples_tell_a_wallets_story(function: Function) -> None:
    """Each sample works as it is, once the redemption's own id is put in."""
    status, adjustment = function(event("adjust"))
    assert (status, adjustment["points"], adjustment["balance"]["spendable"]) == (201, "100", "100")
    assert (adjustment["reason"], adjustment["actor"]) == ("蛋糕送錯了", "service-desk-7")

    status, redemption = function(event("redeem"))
    assert (status, redemption["points"], redemption["balance"]["spendable"]) == (201, "60", "40")
    assert (redemption["client_reference"], redemption["store"]) == ("till-3/20961", "m1")
    assert function(about(redemption, event("get_redemption"))) == (200, redemption | {"replayed": True})

    status, wallet = function(event("get_wallet"))
    assert (status, wallet["at"]) == (200, "2027-01-31T10:30:00.000Z")
    assert function.balance() == "40"

    status, reversal = function(about(redemption, event("reverse")))
    assert (status, reversal["reversed"], reversal["entry"]["points"]) == (201, True, "60")
    assert function.balance() == "100"
    assert [entry["type"] for entry in function.entries()] == ["reverse", "redeem", "adjust"]


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_every_call_needs_its_permission(function: Function, name: str) -> None:
    """M35"""
    other = "points:read" if name in WRITES else "points:write"
    status, problem = function(by("maru", event(name), other))
    assert (status, problem["code"]) == (403, "missing_permission")


# --- redemptions and adjustments ---


def test_a_redemption_says_where_it_is_found(function: Function) -> None:
    """E33."""
    function.earn(10_000)

    location = function.location(event("redeem"))

    assert location == f"/v1/redemptions/{function(event('redeem'))[1]['redemption_id']}"


def test_the_same_key_spends_once(function: Function) -> None:
    """E14: the first answer again, marked."""
    function.earn(10_000)
    first, again = function(event("redeem")), function(event("redeem"))
    assert (first[0], again[0]) == (201, 200)
    assert again[1] == first[1] | {"replayed": True}
    assert function.balance() == "40"


def test_the_same_key_with_other_content_is_refused(function: Function) -> None:
    """E14: naming what differs."""
    function.earn(10_000)
    function(event("redeem"))
    status, problem = function(event("redeem", body={"points": "50"}))
    assert (status, problem["code"]) == (409, "same_identity_other_content")
    assert [error["pointer"] for error in problem["errors"]] == ["/points"]
    assert function.balance() == "40"


def test_the_keys_of_two_brands_do_not_meet(function: Function) -> None:
    """E14"""
    function.earn(20_000)
    assert function(event("redeem"))[0] == 201
    assert function(by("sora", event("redeem", body={"store": None})))[0] == 201


@pytest.mark.parametrize("name", ["redeem", "adjust"])
def test_a_command_needs_a_key(function: Function, name: str) -> None:
    """E33"""
    asked = event(name)
    del asked["headers"]["Idempotency-Key"], asked["multiValueHeaders"]["Idempotency-Key"]
    status, problem = function(asked)
    assert (status, problem["code"]) == (400, "idempotency_key_required")


def test_more_than_there_is_cannot_be_spent(function: Function) -> None:
    function.earn(5_000)
    status, problem = function(event("redeem"))
    assert (status, problem["code"], problem["spendable"]) == (409, "insufficient_points", "50")
    assert function.balance() == "50"


def test_showing_an_identity_joins_the_brand_and_our_own_id_does_not(function: Function) -> None:
    """E31"""
    function.earn(10_000)
    by_id = {"member": {"id": MEI}, "store": None}
    assert function(by("sora", event("redeem", body=by_id)))[0] == 404
    assert function(by("sora", event("redeem", body={"store": None})))[0] == 201
    assert function(by("sora", event("redeem", body=by_id | {"points": "1"}, key="second")))[0] == 201


def test_the_group_joins_by_id_too(function: Function) -> None:
    """E31"""
    function.earn(10_000)
    asked = {"member": {"id": MEI}, "store": "s1", "brand": "sora"}
    assert function(by("group", event("redeem", body=asked)))[0] == 201
    assert function(by("sora", event("get_wallet")))[0] == 200


def test_an_adjustment_joins_nobody(function: Function) -> None:
    """E31"""
    asked = {"member": {"phone": "0912-345-678"}}
    assert function(by("sora", event("adjust", body=asked)))[0] == 404
    assert function.entries() == []


def test_the_group_adjusts_at_any_brand_and_joins_nobody(function: Function) -> None:
    """E31: the group sees every member; an apology of sora's is no visit there."""
    asked = by("group", event("adjust", body={"member": {"id": MEI}, "brand": "sora"}))
    assert function(asked)[0] == 201
    assert [entry["brand"] for entry in function.entries()] == ["sora"]
    assert function(by("sora", event("get_wallet")))[0] == 404


def test_the_group_adjusts_nobody_who_does_not_exist(function: Function) -> None:
    """E31"""
    stranger = {"member": {"id": f"{MEI[:-1]}X"}, "brand": "sora"}
    status, problem = function(by("group", event("adjust", body=stranger)))
    assert (status, problem["code"]) == (404, "member_not_found")


def test_an_identity_of_nobody_is_not_found(function: Function) -> None:
    status, problem = function(event("redeem", body={"member": {"phone": "0922333444"}}))
    assert (status, problem["code"]) == (404, "member_not_found")


@pytest.mark.parametrize("name", ["redeem", "adjust"])
@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"points": "0"}, ["/points"]),
        ({"points": "0.000"}, ["/points"]),
        ({"points": "1.5"}, ["/points"]),
        ({"points": 5}, ["/points"]),
        ({"points": "1e3"}, ["/points"]),
        ({"points": "٣"}, ["/points"]),
        ({"points": "NaN"}, ["/points"]),
        ({"points": "9" * 30}, ["/points"]),
        ({"points": None}, ["/points"]),
        ({"member": None}, ["/member"]),
        ({"member": {}}, ["/member"]),
        ({"store": "m9"}, ["/store"]),
        ({"store": "s1"}, ["/store"]),
        ({"currency": "gold"}, ["/currency"]),
        ({"currency": "beans"}, ["/currency"]),
        ({"currency": "gold", "store": "m9", "points": "0"}, ["/store", "/currency", "/points"]),
        ({"client_reference": "\u0000"}, ["/client_reference"]),
        ({"surprise": 1}, ["/surprise"]),
    ],
)
def test_a_wrong_command_names_each_fault_and_changes_nothing(
    function: Function, name: str, body: Any, pointers: list[str]
) -> None:
    """E30"""
    function.earn(10_000)
    status, problem = function(event(name, body=body))
    assert (status, [error["pointer"] for error in problem["errors"]]) == (422, pointers)
    assert function.balance() == "100"


@pytest.mark.parametrize("body", [{"points": "-5"}, {"points": "-0"}])
def test_nobody_redeems_less_than_nothing(function: Function, body: Any) -> None:
    status, problem = function(event("redeem", body=body))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/points")


@pytest.mark.parametrize("missing", ["reason", "actor"])
def test_an_adjustment_says_why_and_by_whom(function: Function, missing: str) -> None:
    """M11"""
    status, problem = function(event("adjust", body={missing: None}))
    assert (status, problem["errors"][0]["pointer"]) == (422, f"/{missing}")


def test_an_adjustment_may_take_points_but_no_more_than_there_are(function: Function) -> None:
    """M11"""
    function.earn(10_000)
    assert function(event("adjust", body={"points": "-30"}))[0] == 201
    assert function(event("adjust", key="more", body={"points": "-71"}))[0] == 409
    assert function.balance() == "70"


def test_the_group_says_at_which_brand(function: Function) -> None:
    """M35: and a brand speaks for no other."""
    status, problem = function(by("group", event("redeem")))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/brand")
    status, problem = function(by("group", event("redeem", body={"brand": "kaze", "store": None})))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/brand")
    status, problem = function(event("redeem", body={"brand": "sora"}))
    assert (status, problem["code"]) == (403, "foreign_brand")


# --- reversals ---


def test_a_redemption_is_reversed_once(function: Function) -> None:
    """E16: the repeat is told what the first call did."""
    function.earn(10_000)
    _, redemption = function(event("redeem"))
    first = function(about(redemption, event("reverse")))
    again = function(about(redemption, event("reverse")))
    assert (first[0], again[0]) == (201, 200)
    assert again[1] == first[1] | {"replayed": True}
    assert function.balance() == "100"
    assert function(about(redemption, event("get_redemption")))[1]["reversed"] is True


@pytest.mark.parametrize("name", ["get_redemption", "reverse"])
def test_a_redemption_of_another_brand_is_answered_as_one_that_does_not_exist(function: Function, name: str) -> None:
    """E31"""
    function.earn(10_000)
    _, redemption = function(event("redeem"))
    unknown = function(by("sora", event(name)))
    assert function(by("sora", about(redemption, event(name)))) == unknown
    assert (unknown[0], unknown[1]["code"]) == (404, "redemption_not_found")


@pytest.mark.parametrize("named", ["x", "PROFILE", "01JNSM3VF0R6T8C1W5PJ4X9YZA-01JNSM3VF0R6T8C1W5PJ4X9YZA"])
def test_what_is_no_redemptions_id_names_nothing(function: Function, named: str) -> None:
    assert function(about({"redemption_id": named}, event("get_redemption")))[0] == 404


def test_an_adjustment_is_no_redemption(function: Function) -> None:
    _, adjustment = function(event("adjust"))
    assert function(about({"redemption_id": adjustment["adjustment_id"]}, event("reverse")))[0] == 404
    assert function.balance() == "100"


def test_the_logs_hold_no_identity_and_the_metrics_count_the_points(
    function: Function, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """E25"""
    function.earn(10_000)
    function(event("redeem"))
    function(event("adjust"))
    assert '"PointsRedeemed":[60' in capsys.readouterr().out.replace(" ", "")
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert MEI in logged
    assert "345-678" not in logged
    assert "345678" not in logged
    assert "蛋糕" not in logged
