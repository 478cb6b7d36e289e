"""M15, M16 over HTTP: how a member stands, tier and segments together, and how they came to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from huitou.platform.table import Table
from huitou.purchases.model import Purchase
from huitou.purchases.store import TableMemberStates
from huitou.segment_composition import segments_on
from tests.builders import at, document, program, rule
from tests.contract.targets import REGION
from tests.purchases import Shop, bill, bread
from tests.serving import MEI, Loaded, both_tables, enrol_mei, publish, sample
from tests.standing import SEGMENTS, TIERS

OF_SORA = {
    "id": "guests",
    "name": "Of Sora",
    "brand": "sora",
    "when": {"purchases": {"at_least": 1, "in": "last 5 days"}},
}
PUBLISHED = document(segments=[{**SEGMENTS[0], "tag": "guest"}, *SEGMENTS[1:], OF_SORA], tiers=TIERS)
ENROLLED = at("2026-03-01 12:00")
JUST_AFTER = "2026-03-02T04:00:00.001Z"
"""When a sale at noon counts."""


class Counter:
    """The function, and a shop at which Mei buys, who joined maru."""

    def __init__(self, published: dict[str, Any] = PUBLISHED) -> None:
        publish(published)
        self._functions = Loaded("serve_standings")
        self.table = Table("members", REGION)
        self.shop = Shop(program(published), self.table)
        enrol_mei(self.table, self._functions.programs, ENROLLED)

    def sell(self, sale: Purchase) -> None:
        """She shows her card, and so joins the brand."""
        self.shop.sell(sale, MEI)

    def keep(self, when: str) -> None:
        """What the reader of the stream does."""
        looking = self._functions.modules["serve_standings"]
        segments_on(self.table, looking.program, looking.programs).refresh(MEI, at(when))

    def ask(self, call: str, when: str, brand: str = "maru", **query: str) -> tuple[int, Any]:
        asked = sample(f"serve_standings.{call}")
        asked["queryStringParameters"] = query
        asked["multiValueQueryStringParameters"] = {name: [value] for name, value in query.items()}
        asked["path"] = asked["path"].replace(asked["pathParameters"]["member_id"], MEI)
        asked["pathParameters"]["member_id"] = MEI
        asked["requestContext"]["authorizer"]["brand"] = brand
        self._functions.modules["serve_standings"].app._clock = lambda: at(when)
        answer = self._functions.answer(asked)
        return answer["statusCode"], json.loads(answer["body"])

    def stands(self, when: str, brand: str = "maru") -> Any:
        status, view = self.ask("get_standing", when, brand)
        assert status == 200, view
        return view

    def moves(self, when: str, brand: str = "maru", **query: str) -> Any:
        status, view = self.ask("list_moves", when, brand, **query)
        assert status == 200, view
        return view


@pytest.fixture
def counter() -> Iterator[Counter]:
    with both_tables():
        yield Counter()


@pytest.fixture
def counter_of_beans() -> Iterator[Counter]:
    """Sora's beans end five days after a purchase there, and three days before that it is announced."""
    points, beans = document()["point_currencies"]
    ending = {**beans, "expiry": {"type": "rolling_days", "days": 5}, "expiry_notice_days": 3}
    rules = [rule(id="beans", currency="beans", when={"brands": ["sora"]})]
    with both_tables():
        yield Counter(document(point_currencies=[points, ending], earning=rules))


def test_that_points_end_soon_comes_next_for_whom_they_concern(counter_of_beans: Counter) -> None:
    """M8, E31: when a brand's points end says when the member was there."""
    counter_of_beans.sell(bill("S-1", brand="sora", store="s1"))

    asked = [counter_of_beans.stands("2026-03-02 13:00", brand)["next"] for brand in ("group", "sora", "maru")]

    due = {"at": "2026-03-04T16:00:00.000Z", "why": "notice", "segment": None}
    assert asked == [due, due, None]


def ids(view: Any) -> list[str]:
    return [each["id"] for each in view["segments"]]


def test_a_member_who_bought_just_now_is_told_all_at_once(counter: Counter) -> None:
    """M15, M16: tier with what is missing, segments with since when and why, what time changes next."""
    counter.sell(bill())
    view = counter.stands("2026-03-03 12:00")

    assert view["at"] == "2026-03-03T04:00:00.000Z"
    assert (view["tier"]["id"], view["tier"]["cause"]) == ("basic", "enrolment")
    assert view["tier"]["prospect"]["next"]["missing"] == "2000"
    assert view["segments"] == [
        {"id": "active", "name": "Came lately", "brand": "group", "tag": "guest", "since": JUST_AFTER, "cause": "facts"}
    ]
    assert view["next"] == {"at": "2026-03-12T04:00:00.000Z", "why": "segment", "segment": "active"}


@pytest.mark.parametrize("kept", [False, True])
def test_what_time_alone_changes_is_told_at_its_instant(counter: Counter, kept: bool) -> None:
    """M17: nobody looked at the member meanwhile, and the clock has not come."""
    counter.sell(bill())
    if kept:
        counter.keep("2026-03-03 12:00")

    assert ids(counter.stands("2026-03-12 11:59")) == ["active"]
    assert ids(counter.stands("2026-03-12 12:00")) == []
    (lapsed,) = counter.stands("2026-03-22 12:00")["segments"]
    assert (lapsed["id"], lapsed["since"], lapsed["cause"]) == ("lapsed", "2026-03-22T04:00:00.000Z", "time")


def test_looking_keeps_nothing(counter: Counter) -> None:
    """M17: it is done again and again, by many at the same time."""
    counter.sell(bill())
    counter.stands("2026-03-22 12:00")
    counter.moves("2026-03-22 12:00")
    assert TableMemberStates(counter.table).load(MEI).position is None


def test_a_brand_sees_its_own_segments_and_the_groups(counter: Counter) -> None:
    """E31: who joined it; the group sees all."""
    counter.sell(bill())
    status, problem = counter.ask("get_standing", "2026-03-03 12:00", "sora")
    assert (status, problem["code"]) == (404, "member_not_found")
    assert counter.ask("list_moves", "2026-03-03 12:00", "sora")[0] == 404

    counter.sell(bill("S-1", brand="sora", store="s1"))
    when = "2026-03-03 12:00"
    assert ids(counter.stands(when, "maru")) == ["active"]
    assert ids(counter.stands(when, "sora")) == ["active", "guests"]
    assert ids(counter.stands(when, "group")) == ["active", "guests"]
    told = {brand: {each["segment"] for each in counter.moves(when, brand)["items"]} for brand in ("maru", "sora")}
    assert told == {"maru": {None, "active"}, "sora": {None, "active", "guests"}}


def test_moves_are_told_with_their_instants_and_causes(counter: Counter) -> None:
    """M15, M16, E20"""
    counter.sell(bill("A-1", bread(4000)))
    counter.keep("2026-03-03 12:00")
    view = counter.moves("2026-03-22 12:00")

    assert [(each["type"], each["segment"], each["at"], each["cause"]) for each in view["items"]] == [
        ("segment.entered", "lapsed", "2026-03-22T04:00:00.000Z", "time"),
        ("segment.left", "active", "2026-03-12T04:00:00.000Z", "time"),
        ("segment.entered", "active", JUST_AFTER, "facts"),
        ("tier.changed", None, JUST_AFTER, "purchase"),
        ("tier.changed", None, "2026-03-01T04:00:00.000Z", "enrolment"),
    ]
    assert [(each["from_tier"], each["to_tier"]) for each in view["items"][3:]] == [("basic", "gold"), (None, "basic")]
    assert {each["brand"] for each in view["items"][:3]} == {"group"}
    assert view["segments_since"] == "2026-03-01T04:00:00.000Z"


def test_moves_come_in_pages_that_what_happens_meanwhile_does_not_shift(counter: Counter) -> None:
    """E33: also where several are of one instant, and a page ends between them."""
    counter.sell(bill("A-1", bread(4000)))
    counter.keep("2026-03-03 12:00")
    whole = counter.moves("2026-03-13 12:00")
    assert (len(whole["items"]), whole["next_cursor"]) == (4, None)

    first = counter.moves("2026-03-13 12:00", limit="2")
    rest = counter.moves("2026-03-22 12:00", limit="2", cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == whole["items"]
    assert (first["segments_since"], rest["next_cursor"]) == (whole["segments_since"], None)


@pytest.mark.parametrize("cursor", ["!!!", "bTE"])
def test_a_cursor_of_another_list_is_refused(counter: Counter, cursor: str) -> None:
    """E30"""
    status, problem = counter.ask("list_moves", "2026-03-13 12:00", cursor=cursor)
    assert (status, problem["code"]) == (422, "invalid_cursor")


def test_it_is_said_how_far_back_moves_are_kept(counter: Counter) -> None:
    """E32: as long as a sale may come late. What holds is told with its beginning, however long ago that was."""
    counter.sell(bill())
    view = counter.moves("2026-04-30 12:00")
    assert view["segments_since"] == "2026-03-31T04:00:00.000Z"
    assert [each["segment"] for each in view["items"] if each["segment"]] == ["lapsed"]


def test_what_is_next_for_another_brands_segment_is_not_told(counter: Counter) -> None:
    """E31: it would say when the member was there."""
    counter.sell(bill("S-1", brand="sora", store="s1"))

    assert counter.stands("2026-03-03 12:00", "sora")["next"]["segment"] == "guests"
    assert counter.stands("2026-03-03 12:00", "maru")["next"] is None
