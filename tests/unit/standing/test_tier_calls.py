"""M15 over HTTP: a member's tier, what is missing, its history, and tiers given by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.facts import Fact
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH
from huitou.platform.table import Table
from huitou.points.decisions import Decision, touch
from huitou.points.store import TableWallets
from huitou.points.wallet import noted
from tests.builders import at, document
from tests.contract.targets import REGION
from tests.serving import Event, publish
from tests.unit.members.test_handler import Function, by, event
from tests.unit.members.test_handler import function as function_of_members

members_function = function_of_members
TIERS = {
    "measure": "spend",
    "window": {"type": "calendar", "months": 12},
    "grace_days": 31,
    "levels": [
        {"id": "basic", "name": "Basic", "threshold": "0"},
        {"id": "silver", "name": "Silver", "threshold": "600"},
        {"id": "gold", "name": "Gold", "threshold": "2000"},
    ],
}


@pytest.fixture
def function(members_function: Function) -> Iterator[Function]:
    """`serve_members`, under a programme with tiers."""
    publish(document(tiers=TIERS), EPOCH + timedelta(days=1))
    return members_function  # type: ignore[return-value]


def mei(function: Function) -> str:
    return str(function.enrol()["member_id"])


def spend(member: str, amount: int, when: str) -> None:
    """What a purchase leaves in the home wallet."""
    table = Table("members", REGION)
    wallets = TableWallets(table)
    before = wallets.load(MemberId(member), "points")
    assert before is not None
    fact = Fact(at(when), at(when), amount, 1, 0)
    table.commit(wallets.save(before, Decision(touch(noted(before, fact), at(when)), ())))


def tier(function: Function, member: str, when: str) -> dict[str, Any]:
    asked = event("get_tier", member_id=member, query={"at": at(when).isoformat()})
    status, view, _ = function(asked)
    assert status == 200, view
    return dict(view)


def grant(member: str, key: str = "tier-8812", **changes: Any) -> Event:
    asked = event("grant_tier", member_id=member)
    asked["body"] = json.dumps({**json.loads(asked["body"]), **changes})
    asked["headers"]["Idempotency-Key"] = key
    asked["multiValueHeaders"]["Idempotency-Key"] = [key]
    return asked


def test_the_samples_tell_a_story(function: Function) -> None:
    who = {"member_id": mei(function)}
    assert function(event("get_tier", **who))[1]["tier"] == {"id": "basic", "name": "Basic"}

    status, given, _ = function(event("grant_tier", **who))
    assert (status, given["tier"], given["replayed"], given["client_reference"]) == (201, "gold", False, "case-8812")
    assert given["standing"]["tier"]["id"] == "gold"
    assert given["standing"]["prospect"]["until"] == "2027-06-29T16:00:00.000Z"

    status, again, _ = function(event("grant_tier", **who))
    assert (status, again["replayed"], again["granted_at"]) == (200, True, given["granted_at"])

    status, past, _ = function(event("list_tiers", **who))
    assert [(each["tier"], each["cause"], each["reason"]) for each in past["items"]] == [
        ("gold", "grant", "Gold at our partner hotel"),
        ("basic", "enrolment", None),
    ]
    assert past["items"][1]["until"] == past["items"][0]["since"]


def test_tiers_come_in_pages(function: Function) -> None:
    """E33"""
    member = mei(function)
    function(grant(member, tier="silver"))
    function(grant(member, "tier-8813", tier="gold"))
    tiers, query = [], {"limit": "2"}
    while True:
        page = function(event("list_tiers", query=query, member_id=member))[1]
        tiers.append([each["tier"] for each in page["items"]])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert tiers == [["gold", "silver"], ["basic"]]


def test_a_member_is_told_what_is_missing(function: Function) -> None:
    """M15: for the next tier, and to keep the one they have."""
    member = mei(function)
    spend(member, 700, "2030-03-02 12:00")
    now = tier(function, member, "2031-12-10 12:00")
    prospect = now["prospect"]

    assert (now["tier"]["id"], now["cause"], now["since"]) == ("silver", "purchase", "2030-03-02T04:00:00.001Z")
    assert prospect["next"] == {
        "tier": {"id": "gold", "name": "Gold"},
        "threshold": "2000",
        "progress": "0",
        "missing": "2000",
    }
    assert (prospect["keep"]["missing"], prospect["warning"]) == ("600", True)
    assert (prospect["projected"]["id"], prospect["until"]) == ("basic", "2031-12-31T16:00:00.000Z")
    assert tier(function, member, "2031-11-10 12:00")["prospect"]["warning"] is False


def test_in_grace_the_end_is_told(function: Function) -> None:
    member = mei(function)
    spend(member, 700, "2030-03-02 12:00")
    prospect = tier(function, member, "2032-01-10 12:00")["prospect"]
    assert (prospect["in_grace"], prospect["until"]) == (True, "2032-01-31T16:00:00.000Z")
    assert tier(function, member, "2032-02-01 00:00")["tier"]["id"] == "basic"


def test_a_brand_sees_the_tier_of_its_own_members_only(function: Function) -> None:
    """E31: as one who does not exist; of another brand's grant the fact, not why."""
    member = mei(function)
    function(grant(member))
    for call in ("get_tier", "list_tiers"):
        status, problem, _ = function(by("sora", event(call, member_id=member)))
        assert (status, problem["code"]) == (404, "member_not_found")
    assert function(by("sora", grant(member, "other")))[0] == 404

    function.enrol(brand="sora")
    _, past, _ = function(by("sora", event("list_tiers", member_id=member)))
    latest = past["items"][0]
    assert (latest["tier"], latest["reason"], latest["actor"]) == ("gold", None, None)
    _, past, _ = function(by("group", event("list_tiers", member_id=member)))
    assert past["items"][0]["actor"] == "staff-7"


def test_the_same_key_with_another_content_is_refused(function: Function) -> None:
    """E14: also for another member."""
    member, other = mei(function), function.enrol({"card": "C-1"})["member_id"]
    assert function(grant(member))[0] == 201
    for asked, pointer in ((grant(member, tier="silver"), "/tier"), (grant(other), "/member")):
        status, problem, _ = function(asked)
        assert (status, problem["code"]) == (409, "same_identity_other_content")
        assert [each["pointer"] for each in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tier": "platinum"}, "unknown_tier"),
        ({"tier": "basic"}, "unknown_tier"),
        ({"until": "2020-01-01T00:00:00Z"}, "invalid"),
    ],
)
def test_a_tier_that_cannot_be_given_is_refused(function: Function, changes: dict[str, Any], code: str) -> None:
    """E30."""
    member = mei(function)
    status, problem, _ = function(grant(member, **changes))
    assert (status, problem["code"]) == (422, code)
    assert [each["pointer"] for each in problem["errors"]] == [f"/{next(iter(changes))}"]
    assert len(function(event("list_tiers", member_id=member))[1]["items"]) == 1


def test_only_who_may_write_members_gives_tiers(function: Function) -> None:
    assert function(by("maru", grant(mei(function)), "members:read"))[0] == 403
