"""Holds, transfers, conversions and what is done by hand, over HTTP, with the events that `events/` holds."""

from __future__ import annotations

import pytest

from tests.serving import MEI
from tests.unit.points.serving import LIN, Function, by, event, of


def test_the_samples_tell_of_a_hold(function: Function) -> None:
    """E17: 60 points wait for a till, which takes 40 of them."""
    function.earn(10_000)
    status, hold = function(event("place_hold"))
    assert (status, hold["state"], hold["points"], hold["money_off"], hold["bill_total"]) == (
        201,
        "held",
        "60",
        "30",
        "640",
    )
    assert (hold["balance"]["spendable"], hold["balance"]["held"]) == ("40", "60")
    assert function(event("place_hold")) == (200, hold | {"replayed": True})
    assert function(of(hold["hold_id"], event("get_hold"))) == (200, hold | {"replayed": True})

    status, captured = function(of(hold["hold_id"], event("capture_hold")))

    assert (status, captured["state"], captured["captured"], captured["money_off"]) == (201, "captured", "40", "20")
    assert (captured["balance"]["spendable"], captured["balance"]["held"], function.balance()) == ("60", "0", "60")
    assert function(of(hold["hold_id"], event("capture_hold"))) == (200, captured | {"replayed": True})
    status, problem = function(of(hold["hold_id"], event("release_hold")))
    assert (status, problem["code"], problem["state"]) == (409, "hold_ended", "captured")
    assert [entry["type"] for entry in function.entries()] == ["release", "capture", "hold", "earn"]


def test_a_hold_is_found_where_its_answer_says(function: Function) -> None:
    """E33."""
    function.earn(10_000)
    location = function.location(event("place_hold"))
    assert location == f"/v1/holds/{function(event('place_hold'))[1]['hold_id']}"


def test_a_released_hold_answers_so_again(function: Function) -> None:
    function.earn(10_000)
    _, hold = function(event("place_hold"))
    status, released = function(of(hold["hold_id"], event("release_hold")))
    assert (status, released["state"], function.balance()) == (201, "released", "100")
    assert function(of(hold["hold_id"], event("release_hold"))) == (200, released | {"replayed": True})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"points": "55"}, "/points"),
        ({"points": "10"}, "/points"),
        ({"points": "70", "bill_total": "60"}, "/points"),
        ({"bill_total": "1.5"}, "/bill_total"),
        ({"ends_in_minutes": 31}, "/ends_in_minutes"),
        ({"store": "s1"}, "/store"),
    ],
)
def test_a_hold_that_cannot_be_is_refused_with_the_field(
    function: Function, change: dict[str, object], pointer: str
) -> None:
    """M9, E30: step, minimum, share of the bill; the programme's longest hold."""
    function.earn(10_000)
    status, problem = function(event("place_hold", body=change))
    assert (status, problem["code"]) == (422, "invalid_command")
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_another_brand_finds_no_hold(function: Function) -> None:
    """E31."""
    function.earn(10_000)
    function.join_sora()
    _, hold = function(event("place_hold"))
    for name in ("get_hold", "capture_hold", "release_hold"):
        status, problem = function(by("sora", of(hold["hold_id"], event(name))))
        assert (status, problem["code"]) == (404, "hold_not_found")


def test_a_redemption_says_what_it_takes_off_the_bill(function: Function) -> None:
    """M9: and must meet the terms where the bill is named."""
    function.earn(10_000)
    assert function(event("redeem"))[1]["money_off"] == "30"
    status, problem = function(event("redeem", body={"bill_total": "50", "points": "60"}, key="second"))
    assert (status, problem["errors"][0]["pointer"]) == (422, "/points")
    assert "at most 50" in problem["errors"][0]["message"]


def test_the_samples_tell_of_a_gift(function: Function) -> None:
    """M11: the sender's entry, and nothing of the recipient but who it was."""
    function.earn(10_000)
    function.enrol_lin()
    status, gift = function(event("transfer"))
    assert (status, gift["points"], gift["to"], gift["message"]) == (
        201,
        "30",
        {"member_id": LIN, "points": "30"},
        "生日快樂",
    )
    assert (gift["member_id"], gift["balance"]["spendable"]) == (MEI, "70")
    assert function(event("transfer")) == (200, gift | {"replayed": True})
    assert function(of(gift["transfer_id"], event("get_transfer"))) == (200, gift | {"replayed": True})
    assert function(by("sora", of(gift["transfer_id"], event("get_transfer"))))[1]["code"] == "transfer_not_found"


def test_nobody_is_given_what_is_no_gift(function: Function) -> None:
    function.earn(10_000)
    function.enrol_lin()
    status, problem = function(event("transfer", body={"currency": "stamps"}))
    assert (status, problem["code"]) == (422, "not_transferable")
    status, problem = function(event("transfer", body={"to": {"phone": "0933-333-333"}}))
    assert (status, problem["code"]) == (404, "member_not_found")
    status, problem = function(event("transfer", body={"points": "101"}))
    assert (status, problem["code"]) == (409, "insufficient_points")


def test_the_samples_tell_of_a_conversion(function: Function) -> None:
    """E11."""
    function.earn(10_000)
    status, made = function(event("convert"))
    assert (status, made["converted"], made["left_over"], made["got"]) == (201, "60", "5", "6")
    assert [entry["currency"] for entry in made["entries"]] == ["points", "stamps"]
    assert function(event("convert")) == (200, made | {"replayed": True})
    assert function(of(made["conversion_id"], event("get_conversion"))) == (200, made | {"replayed": True})


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"points": "9"}, 422, "nothing_to_convert"),
        ({"from": "stamps", "to": "points"}, 422, "not_convertible"),
        ({"to": "beans"}, 422, "invalid_command"),
        ({"points": "120"}, 409, "insufficient_points"),
    ],
)
def test_a_conversion_that_cannot_be_is_refused(
    function: Function, change: dict[str, object], status: int, code: str
) -> None:
    function.earn(10_000)
    answered, problem = function(event("convert", body=change))
    assert (answered, problem["code"]) == (status, code)
    assert function.balance() == "100"


def test_points_end_by_hand_and_are_given_again_once(function: Function) -> None:
    """M11."""
    function.earn(10_000)
    status, expiry = function(event("adjust", body={"type": "expire", "points": "30"}))
    assert (status, expiry["type"], expiry["points"], expiry["entry"]["type"]) == (201, "expire", "-30", "expire")

    status, given = function(of(expiry["entry"]["entry_id"], event("reinstate")))
    assert (status, given["points"], given["days"], given["entry"]["type"]) == (201, "30", 30, "reinstate")
    assert function(of(expiry["entry"]["entry_id"], event("reinstate")))[0] == 200
    status, problem = function(of(expiry["entry"]["entry_id"], event("reinstate", key="another")))
    assert (status, problem["code"], function.balance()) == (409, "already_reinstated", "100")


def test_the_lots_to_end_can_be_named(function: Function) -> None:
    function.earn(10_000)
    status, expiry = function(event("adjust", body={"type": "expire", "points": None, "lots": [1]}))
    assert (status, expiry["points"], function.balance()) == (201, "-100", "0")
    status, problem = function(event("adjust", body={"type": "expire", "points": None, "lots": [1]}, key="again"))
    assert (status, problem["code"]) == (422, "nothing_to_expire")


@pytest.mark.parametrize("wrong", [{"lots": [1]}, {"points": None}, {"type": "expire", "points": "-5"}])
def test_an_adjustment_is_one_thing(function: Function, wrong: dict[str, object]) -> None:
    status, problem = function(event("adjust", body=wrong))
    assert (status, problem["code"]) == (422, "invalid_command")


def test_what_did_not_expire_is_not_given_again(function: Function) -> None:
    function.earn(10_000)
    (earned,) = function.entries()
    status, problem = function(of(earned["entry_id"], event("reinstate")))
    assert (status, problem["code"]) == (422, "not_reinstatable")
    status, problem = function(by("sora", of(earned["entry_id"], event("reinstate"))))
    assert (status, problem["code"]) == (404, "entry_not_found")
