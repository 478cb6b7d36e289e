"""The function `serve_wallets`, fed with the events of the gateway that `events/` holds."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH, format_instant, to_instant
from huitou.members.decisions import Presented
from huitou.members.identity import IdentityHasher, phone_identity
from huitou.members.model import Profile
from huitou.members.service import Enrolment, Members
from huitou.members.store import TableMembers
from huitou.platform.table import Table
from huitou.points.decisions import Decision, Earn, decide, join, touch
from huitou.points.earning import earnings
from huitou.points.store import TableWallets
from huitou.points.wallet import Cause
from huitou.program.publishing import ProgramPublisher
from huitou.program.store import TableVersions
from tests.builders import Line, document, rule, sale
from tests.contract.targets import REGION, create_table
from tests.gateway import found_at

EVENTS = Path(__file__).parents[3] / "events"
MEI = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZA")
SECRET = "a secret of the tests"
NOW = to_instant(datetime.now(UTC))
DAY = timedelta(days=1)
WRITES = ("redeem", "reverse", "adjust")
READS = ("get_wallet", "list_entries", "get_redemption")

Event = dict[str, Any]
Result = tuple[int, Any]


def event(name: str, *, body: Any = None, key: str | None = None, query: dict[str, str] | None = None) -> Event:
    """The sample of a call, with other fields in its body, another Idempotency-Key or query."""
    loaded: Event = json.loads((EVENTS / f"serve_wallets.{name}.json").read_text(encoding="utf-8"))
    if body is not None:
        fields = {**json.loads(loaded["body"] or "{}"), **body}
        loaded["body"] = json.dumps({field: value for field, value in fields.items() if value is not None})
    if key is not None:
        loaded["headers"]["Idempotency-Key"] = key
        loaded["multiValueHeaders"]["Idempotency-Key"] = [key]
    if query is not None:
        loaded["queryStringParameters"] = query
        loaded["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
    return loaded


def about(redemption: dict[str, Any], asked: Event) -> Event:
    """The same call for this redemption."""
    sample = asked["pathParameters"]["redemption_id"]
    asked["path"] = asked["path"].replace(sample, redemption["redemption_id"])
    asked["pathParameters"] = {"redemption_id": redemption["redemption_id"]}
    return asked


def by(brand: str, asked: Event, permissions: str = "points:read points:write") -> Event:
    """The same call with another key."""
    asked["requestContext"]["authorizer"] |= {"brand": brand, "permissions": permissions}
    return asked


class Function:
    """The function as the Lambda service runs it, with Mei enrolled at maru and a programme published."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.table = Table("members", REGION)
        self.wallets = TableWallets(self.table)
        self._enrol_mei()

    def __call__(self, incoming: Event) -> Result:
        """(status, body)"""
        answer = self._module.handler(incoming, None)
        return answer["statusCode"], json.loads(answer["body"])

    def location(self, incoming: Event) -> str:
        """Where the answer says that its subject is found."""
        return found_at(incoming, self._module.handler(incoming, None))

    def earn(self, money: int, *, days_ago: int = 1, brand: str = "maru", purchase: str = "purchase-1") -> None:
        """What a purchase does to Mei's wallet."""
        program, at = self._module.programs.active(), NOW - days_ago * DAY
        wallet = self.wallets.load(MEI, "points")
        assert wallet is not None
        earned = earnings(sale(Line(money), occurred_at=at, brand=brand), program)["points"]
        decision = decide(wallet, Earn(earned, brand, at, Cause("purchase", purchase)), program, NOW)
        self.table.commit(self.wallets.save(wallet, decision))

    def join_sora(self) -> None:
        """What Mei's first use of anything at sora does."""
        wallet = self.wallets.load(MEI, "points")
        assert wallet is not None
        self.table.commit(self.wallets.save(wallet, Decision(touch(join(wallet, "sora", NOW), NOW), ())))

    def balance(self) -> str:
        status, wallet = self(by("group", event("get_wallet", query={})))
        assert status == 200
        return str(wallet["spendable"])

    def entries(self, brand: str = "group") -> list[dict[str, Any]]:
        status, page = self(by(brand, event("list_entries")))
        assert status == 200
        return list(page["items"])

    def _enrol_mei(self) -> None:
        members = Members(
            members=TableMembers(self.table),
            wallets=self.wallets,
            programs=self._module.programs,
            hasher=IdentityHasher(lambda: SECRET),
            commit=self.table.commit,
            pause=lambda _: None,
            new_id=lambda: MEI,
        )
        presented = (Presented(phone_identity("0912-345-678")),)
        members.enrol(Enrolment(presented, Profile(), "maru"), "maru", NOW - 200 * DAY)


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("HUITOU_MEMBERS_TABLE", "members")
    monkeypatch.setenv("HUITOU_PROGRAM_TABLE", "program")
    monkeypatch.setenv("HUITOU_IDENTITY_SECRET", "identity")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        create_table("members", None)
        create_table("program", None)
        secrets: Any = boto3.client("secretsmanager", region_name=REGION)
        secrets.create_secret(Name="identity", SecretString=SECRET)
        table = Table("program", REGION)
        app_only = rule(id="app", name="App bonus", points="5", when={"channels": ["app"]})
        written = json.dumps(document(earning=[rule(), app_only]))
        ProgramPublisher(TableVersions(table), table.commit, lambda _: None).publish(written, by="tests", now=EPOCH)
        yield Function(importlib.reload(importlib.import_module("functions.serve_wallets.handler")))


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
    assert entry["balance"] == {"spendable": "10", "pending": "0"}
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
