"""The function `serve_coupons` on tables in this process, fed with the samples of `events/`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.platform.table import Table
from huitou.points.decisions import Decision, join, touch
from huitou.points.store import TableWallets
from huitou.points.wallet import CAMPAIGN, Cause
from huitou.rewards.decisions import issue
from huitou.rewards.store import TableCoupons
from tests.builders import at, document
from tests.contract.targets import REGION
from tests.serving import MEI, Loaded, both_tables, enrol, publish, sample

FANG = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZB")
NOW = at("2026-03-02 12:00")
DAY = timedelta(days=1)
CODE = "7KQW3XD9PM4C"
"""Of the samples."""
BY_SORA = {"brand": "sora", "store": "s1"}
DOCUMENT = document(
    stores=[
        {"id": "m1", "brand": "maru", "name": "One", "region": "north"},
        {"id": "s1", "brand": "sora", "name": "Two", "region": "north"},
    ],
    coupons=[
        {"id": "cake", "name": "生日蛋糕", "brand": "maru", "valid_days": 30},
        {"id": "tea", "name": "Tea", "brand": "sora", "valid_days": 30},
        {"id": "any", "name": "Anything", "valid_days": 30},
    ],
)


class Till:
    """Mei has joined maru, Fang too; each call is the sample of its name, a minute after noon."""

    def __init__(self) -> None:
        publish(DOCUMENT)
        self.functions = Loaded("serve_coupons")
        self.module = self.functions.modules["serve_coupons"]
        self.table = Table("members", REGION)
        for member, phone in ((MEI, "0912-345-678"), (FANG, "0922-333-444")):
            enrol(member, phone, self.table, self.functions.programs, NOW - DAY)

    def give(self, kind: str = "any", code: str = CODE, *, hours: int = 0, member: MemberId = MEI) -> OwnedId:
        program, given_at = self.functions.programs.active(), NOW + timedelta(hours=hours)
        cause = Cause(CAMPAIGN, "birthday/2026/0")
        coupon = issue(program.coupons[kind], member, code=code, cause=cause, program=program, now=given_at)
        self.table.commit(TableCoupons(self.table).add(coupon))
        return coupon.id

    def join_sora(self) -> None:
        wallets = TableWallets(self.table)
        home = wallets.load(MEI, "points")
        assert home is not None
        self.table.commit(wallets.save(home, Decision(touch(join(home, "sora", NOW), NOW), ())))

    def ask(
        self,
        call: str,
        brand: str = "maru",
        *,
        body: dict[str, Any] | None = None,
        key: str | None = None,
        later: timedelta = timedelta(minutes=1),
        query: dict[str, str] | None = None,
        **named: str,
    ) -> tuple[int, Any]:
        asked = sample(f"serve_coupons.{call}")
        asked["requestContext"]["authorizer"]["brand"] = brand
        asked["pathParameters"] |= {"member_id": MEI} if call == "list" else {}
        asked["pathParameters"] |= named
        asked["path"] = asked["resource"].format(**asked["pathParameters"])
        if body is not None:
            asked["body"] = json.dumps(body)
        if key:
            asked["headers"]["Idempotency-Key"] = key
            asked["multiValueHeaders"]["Idempotency-Key"] = [key]
        if query:
            asked["queryStringParameters"] = query
            asked["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
        self.module.app._clock = lambda: NOW + later
        answer = self.functions.answer(asked)
        return answer["statusCode"], json.loads(answer["body"])

    def refused(self, call: str, brand: str = "maru", **changes: Any) -> tuple[int, str]:
        status, problem = self.ask(call, brand, **changes)
        return status, problem["code"]

    def state(self, brand: str = "group", **changes: Any) -> str:
        return str(self.ask("get", brand, **changes)[1]["state"])


@pytest.fixture
def till() -> Iterator[Till]:
    with both_tables():
        yield Till()


def test_the_samples_tell_a_coupons_story(till: Till) -> None:
    """Given, used, given back and listed."""
    named = till.give("cake")
    status, coupon = till.ask("get")
    assert (status, coupon["state"], coupon["coupon"], coupon["name"]) == (200, "issued", "cake", "生日蛋糕")
    assert (coupon["brand"], coupon["member_id"], coupon["coupon_id"]) == ("maru", MEI, str(named))
    assert (coupon["issued_at"], coupon["expires_at"]) == ("2026-03-02T04:00:00.000Z", "2026-04-01T16:00:00.000Z")

    status, used = till.ask("use")
    assert (status, used["code"], used["brand"], used["store"]) == (201, CODE, "maru", "m1")
    assert (used["client_reference"], used["reversed_at"], used["replayed"]) == ("till-3/20961", None, False)
    assert till.state() == "used"

    status, reversal = till.ask("reverse", use_id=used["use_id"])
    assert (status, reversal["use_id"], reversal["reversed_at"]) == (201, used["use_id"], "2026-03-02T04:01:00.000Z")
    (listed,) = till.ask("list")[1]["items"]
    assert (listed["state"], [each["use_id"] for each in listed["uses"]]) == ("issued", [used["use_id"]])


def test_a_coupon_is_used_once_and_who_comes_second_hears_where_and_when(till: Till) -> None:
    """E16: also where the first was at another brand."""
    till.give()
    assert till.ask("use")[0] == 201
    status, problem = till.ask("use", "sora", body={"store": "s1"}, later=DAY)
    assert (status, problem["code"]) == (409, "coupon_used")
    assert (problem["brand"], problem["store"], problem["used_at"]) == ("maru", "m1", "2026-03-02T04:01:00.000Z")


def test_the_same_call_again_is_answered_alike_for_ever(till: Till) -> None:
    """E14: also after the use was reversed, and after the coupon's end; and its reference is never read."""
    till.give()
    first = till.ask("use")[1]
    again = first | {"replayed": True}
    assert till.ask("use", later=60 * DAY, body={"store": "m1"}) == (200, again)
    status, problem = till.ask("use", body={})
    assert (status, problem["code"]) == (409, "same_identity_other_content")
    assert [each["pointer"] for each in problem["errors"]] == ["/store"]

    reversal = till.ask("reverse", use_id=first["use_id"])[1]
    assert till.ask("use") == (200, again | {"reversed_at": reversal["reversed_at"]})
    assert till.state() == "issued"
    assert till.ask("use", key="another")[0] == 201


def test_a_use_is_reversed_once_and_by_whoever_made_it(till: Till) -> None:
    """E16: who repeats a reversal does not reverse the next use."""
    till.give()
    used = till.ask("use")[1]["use_id"]
    assert till.refused("reverse", "sora", use_id=used) == (404, "coupon_use_not_found")
    assert till.refused("reverse") == (404, "coupon_use_not_found")
    assert till.refused("reverse", use_id="never") == (404, "not_found")
    reversal = till.ask("reverse", use_id=used)[1]
    assert till.ask("use", key="another")[0] == 201
    assert till.ask("reverse", "group", use_id=used, later=DAY) == (200, reversal | {"replayed": True})
    assert till.state() == "used"


def test_of_two_tills_at_once_one_takes_it(till: Till) -> None:
    """E16: whoever was overtaken decides again, from what is there now."""
    till.give()
    commit, others = till.module.coupons._commit, iter(["other"])

    def overtaken(writes: Sequence[Write]) -> None:
        if other := next(others, None):
            assert till.ask("use", key=other)[0] == 201
        commit(writes)

    till.module.coupons._commit = overtaken
    assert till.refused("use") == (409, "coupon_used")
    assert len(till.ask("get")[1]["uses"]) == 1


def test_of_two_reversals_at_once_one_changes_something(till: Till) -> None:
    till.give()
    used = till.ask("use")[1]["use_id"]
    commit, others = till.module.coupons._commit, iter([used])

    def overtaken(writes: Sequence[Write]) -> None:
        if other := next(others, None):
            assert till.ask("reverse", use_id=other)[0] == 201
        commit(writes)

    till.module.coupons._commit = overtaken
    assert till.ask("reverse", use_id=used)[0] == 200
    assert till.ask("use", key="another")[0] == 201


def test_a_coupon_ends_with_its_last_day(till: Till) -> None:
    """E9: also for who has it given back afterwards."""
    till.give()
    ends = at("2026-04-02 00:00") - NOW
    used = till.ask("use", later=ends - timedelta(milliseconds=1))
    assert used[0] == 201
    till.ask("reverse", use_id=used[1]["use_id"], later=ends)
    status, problem = till.ask("use", key="another", later=ends)
    assert (status, problem["code"], problem["expired_at"]) == (409, "coupon_expired", "2026-04-01T16:00:00.000Z")
    assert till.state(later=ends) == "expired"


def test_a_coupon_is_no_swing(till: Till) -> None:
    till.give()
    for n in range(20):
        till.ask("reverse", use_id=till.ask("use", key=f"K-{n}")[1]["use_id"])
    assert till.refused("use") == (409, "coupon_used_too_often")


def test_a_brand_sees_and_takes_its_own_and_the_groups(till: Till) -> None:
    """E31: of another one's it does not know; and where the member has not joined, not whose it is."""
    till.give("cake", "CAKECAKECAKE")
    till.give("tea", "TEATEATEATEA", hours=1)
    till.give("any", hours=2)
    assert till.refused("get", "sora", code="CAKECAKECAKE") == (404, "coupon_not_found")
    assert till.refused("use", "sora", body={"store": "s1"}, code="CAKECAKECAKE") == (404, "coupon_not_found")
    status, problem = till.ask("use", "group", body=BY_SORA, code="CAKECAKECAKE")
    assert (status, problem["code"], problem["brand"]) == (409, "coupon_not_taken_here", "maru")

    def listed(brand: str) -> list[str]:
        return [each["coupon"] for each in till.ask("list", brand)[1]["items"]]

    assert (listed("maru"), listed("group")) == (["any", "cake"], ["any", "tea", "cake"])
    assert till.refused("list", "sora") == (404, "member_not_found")
    seen = till.ask("get", "sora")[1]
    assert (seen["state"], seen["member_id"], seen["coupon_id"]) == ("issued", None, None)
    assert till.ask("use", "group", body=BY_SORA)[0] == 201
    taken = till.ask("get", "maru")[1]
    assert (taken["state"], taken["uses"]) == ("used", [])
    assert [each["store"] for each in till.ask("get", "sora")[1]["uses"]] == ["s1"]
    till.join_sora()
    assert (listed("sora"), till.ask("get", "sora")[1]["member_id"]) == (["any", "tea"], MEI)


def test_pages_go_on_where_they_ended(till: Till) -> None:
    codes = [f"22222222222{n}" for n in range(2, 7)]
    for hours, code in enumerate(codes):
        till.give(code=code, hours=hours)
    first = till.ask("list", query={"limit": "2"})[1]
    rest = till.ask("list", query={"limit": "9", "cursor": first["next_cursor"]})[1]
    assert [each["code"] for each in [*first["items"], *rest["items"]]] == codes[::-1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("code", [CODE.lower(), "7kqw-3xd9-pm4c"])
def test_a_code_may_be_typed_in_small_letters_and_groups(till: Till, code: str) -> None:
    till.give()
    assert till.ask("use", code=code)[0] == 201
    assert till.ask("use")[0] == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": "222222222222"}, (404, "coupon_not_found", [])),
        ({"code": "0OIL"}, (404, "coupon_not_found", [])),
        ({"body": {"store": "s1"}}, (422, "invalid_coupon_use", ["/store"])),
        ({"body": BY_SORA}, (403, "foreign_brand", [])),
        ({"brand": "group", "body": {}}, (422, "brand_required", ["/brand"])),
        ({"brand": "group", "body": {"brand": "kaze"}}, (422, "invalid_coupon_use", ["/brand"])),
        ({"body": {"member": MEI}}, (422, "validation_failed", ["/member"])),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    till: Till, changes: dict[str, Any], expected: tuple[int, str, list[str]]
) -> None:
    """E30"""
    till.give()
    status, problem = till.ask("use", **changes)
    assert (status, problem["code"], [each["pointer"] for each in problem["errors"]]) == expected
    assert till.state() == "issued"
