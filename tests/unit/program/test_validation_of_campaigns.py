"""Campaigns are written in the programme, and refused where they cannot work (M19, E30)."""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from typing import Any

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.program.campaigns import (
    Calendar,
    Campaign,
    GiveCoupon,
    GivePoints,
    LunarYearly,
    Monthly,
    Once,
    OnDate,
    OnlyIn,
    Send,
    SetTag,
    Wait,
    Yearly,
)
from huitou.program.compilation import compile_program
from huitou.program.coupons import CouponKind
from huitou.program.document import canonical_json
from huitou.program.validation import InvalidProgramError, read_document
from tests.builders import at, program
from tests.templates import speaking, template, text

SEGMENTS = [
    {"id": "lapsed", "name": "Lapsed", "when": {"days_since_last_purchase": {"at_least": 30}}},
    {"id": "of-sora", "name": "Sora's", "brand": "sora", "when": {"purchases": {"at_least": 1}}},
    {"id": "regulars", "name": "Regulars", "tag": "regular", "when": {"purchases": {"at_least": 5}}},
    {"id": "birthdays", "name": "Birthdays", "when": {"birthday": {"days_before": 7}}},
    {"id": "lost", "name": "Lost", "when": {"all": [{"segments": ["lapsed"]}, {"visits": {"exactly": 0}}]}},
    {"id": "either", "name": "Either", "when": {"any": [{"segments": ["staff", "lapsed"]}, {"age": {"at_least": 90}}]}},
    "staff",
]
RECEIPT = template(id="receipt", kind="service", texts=[text(sms=None, line=None)])
OF_SORA = template(id="sora-says", brand="sora")
HELLO = {"send": {"template": "hello"}}
TODAY = {"send": {"template": "hello", "within_days": 0}}
WRITTEN: dict[str, Any] = {
    "id": "away-30",
    "name": "三十天沒來",
    "brand": "maru",
    "enters": "lapsed",
    "once": "absence",
    "not_in": ["staff"],
    "dates": {"from": "2026-01-01", "to": "2026-12-31"},
    "at": "10:30",
    "holdout_percent": 10,
    "steps": [
        {"send": {"template": "hello", "channels": ["line", "email"], "purpose": "win_back"}},
        {"wait_days": 7},
        {"only_in": ["staff"]},
        HELLO,
    ],
}


def giving(**changes: Any) -> dict[str, Any]:
    return {"steps": [{"give_points": {"currency": "points", "amount": 50, **changes}}]}


DATED = {"enters": None, "once": "each_time", "calendar": {"monthly": 1}, "members_of": "lapsed"}


CAKE = {"id": "cake", "name": "生日蛋糕", "brand": "maru", "valid_days": 30, "cost": 120}
TEA = {"id": "tea", "name": "Tea", "brand": "sora", "valid_days": 0}
ANY = {"id": "any", "name": "Anything", "valid_days": 14}


def written(**changes: Any) -> dict[str, Any]:
    campaigns = [{**WRITTEN, **changes}]
    return speaking(template(), RECEIPT, OF_SORA, segments=SEGMENTS, coupons=[CAKE, TEA, ANY], campaigns=campaigns)


def test_a_campaign_is_read_as_it_is_written() -> None:
    """E9: its days are those of the programme's time zone, the last one included."""
    assert program(written()).campaigns["away-30"] == Campaign(
        id="away-30",
        name="三十天沒來",
        brand="maru",
        segment="lapsed",
        leaving=False,
        calendar=None,
        include_current=False,
        once=Once.ABSENCE,
        only_in=frozenset(),
        not_in=frozenset({"staff"}),
        starts_at=at("2026-01-01 00:00"),
        ends_at=at("2027-01-01 00:00"),
        catch_up=timedelta(days=1),
        at=time(10, 30),
        at_usual_hour=False,
        stays=True,
        goals=frozenset(),
        purchase_is_goal=False,
        holdout_percent=10,
        priority=5,
        yields=timedelta(),
        attribution=timedelta(days=14),
        paused=False,
        steps=(
            Send("hello", (MessageChannel.LINE, MessageChannel.EMAIL), "win_back"),
            Wait(7),
            OnlyIn(frozenset({"staff"})),
            Send("hello", (), None),
        ),
    )


def test_campaigns_of_a_version_from_before_priorities_and_calendars_still_hold() -> None:
    """M34: versions never change, and are read for ever."""
    stored = json.loads(canonical_json(read_document(json.dumps(written()))))
    for part in stored["campaigns"]:
        for field in ("priority", "calendar", "members_of", "at_usual_hour"):
            del part[field]
        for step in part["steps"]:
            if step["send"]:
                del step["send"]["within_days"]
    assert compile_program(stored, 1) == program(written())


def test_where_the_hour_is_each_members_a_calendar_begins_with_its_day() -> None:
    at_ten, at_theirs = (
        program(written(**DATED, at="10:00", at_usual_hour=asked)).campaigns["away-30"] for asked in (False, True)
    )
    assert (at_ten.called_at, at_theirs.called_at) == (time(10), time(0))
    assert (at_theirs.at, at_theirs.at_usual_hour) == (time(10), True)


def test_steps_of_higher_priority_come_first() -> None:
    """Of equals none yields, and each priority that nobody has is left out."""
    names = {"a": 9, "b": 5, "c": 5, "d": 1}
    document = {**written(), "campaigns": [{**WRITTEN, "id": name, "priority": names[name]} for name in names]}
    yields = {name: each.yields.total_seconds() for name, each in program(document).campaigns.items()}
    assert yields == {"a": 0, "b": 2, "c": 2, "d": 4}


def test_points_and_tags_are_read_as_they_are_written() -> None:
    """Also of versions from before there were any."""
    steps = [
        {"give_points": {"currency": "beans", "amount": "2.5", "reason": "生日禮"}},
        {"tag": "生日"},
        {"untag": "staff"},
    ]
    document = written(brand=None, steps=steps)
    assert program(document).campaigns["away-30"].steps == (
        GivePoints("beans", 25, "生日禮"),
        SetTag("生日"),
        SetTag("staff", off=True),
    )
    stored = json.loads(canonical_json(read_document(json.dumps(written()))))
    for step in stored["campaigns"][0]["steps"]:
        for field in ("give_points", "tag", "untag"):
            del step[field]
    assert compile_program(stored, 1) == program(written())


def test_coupons_are_read_as_they_are_written() -> None:
    """M27: also of versions from before there were any."""
    document = written(steps=[{"give_coupon": "cake"}, {"give_coupon": "any"}])
    read = program(document)
    assert read.campaigns["away-30"].steps == (GiveCoupon("cake"), GiveCoupon("any"))
    assert list(read.coupons.values()) == [
        CouponKind("cake", "生日蛋糕", "maru", 30, 120),
        CouponKind("tea", "Tea", "sora", 0, None),
        CouponKind("any", "Anything", None, 14, None),
    ]
    stored = json.loads(canonical_json(read_document(json.dumps(written()))))
    del stored["coupons"]
    for step in stored["campaigns"][0]["steps"]:
        del step["give_coupon"]
    before = compile_program(stored, 1)
    assert (before.coupons, before.campaigns) == ({}, program(written()).campaigns)


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"brand": "moru"}, "/coupons/0/brand", "There is no brand 'moru'"),
        ({"id": "tea"}, "/coupons/1/id", "The coupon 'tea' is there already, at /coupons/0/id."),
        ({"id": "Cake"}, "/coupons/0/id", "'Cake' cannot be an id"),
        ({"name": " "}, "/coupons/0/name", "Write something here"),
        ({"cost": "-1"}, "/coupons/0/cost", "This must not be negative."),
        ({"cost": "1.5"}, "/coupons/0/cost", "'1.5' has more than 0 decimals."),
        ({"valid_days": -1}, "/coupons/0/valid_days", "This must be at least 0."),
    ],
)
def test_a_coupon_that_cannot_be_is_refused_at_its_place(changes: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(InvalidProgramError) as refused:
        read_document(json.dumps({**written(), "coupons": [{**CAKE, **changes}, TEA]}))
    (found,) = refused.value.errors
    assert found.pointer == place
    assert message in found.message


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ({"date": "2026-12-01"}, Calendar(OnDate(date(2026, 12, 1)), 0)),
        ({"yearly": "12-24", "days_before": 7}, Calendar(Yearly(12, 24), -7)),
        ({"monthly": 31}, Calendar(Monthly(31), 0)),
        ({"lunar": "08-15", "days_after": 1}, Calendar(LunarYearly(8, 15), 1)),
    ],
)
def test_a_calendar_is_read_as_it_is_written(calendar: dict[str, Any], expected: Calendar) -> None:
    found = program(written(**{**DATED, "calendar": calendar})).campaigns["away-30"]
    assert (found.calendar, found.segment, found.stays) == (expected, "lapsed", True)


def test_where_everybody_is_meant_nobody_need_stay() -> None:
    found = program(written(**{**DATED, "members_of": None})).campaigns["away-30"]
    assert (found.segment, found.stays) == (None, False)


def test_who_leaves_need_not_stay() -> None:
    found = program(written(enters=None, leaves="lapsed")).campaigns["away-30"]
    assert (found.segment, found.leaving, found.stays) == ("lapsed", True, False)


@pytest.mark.parametrize(
    ("changes", "place", "message"),
    [
        ({"enters": None}, "", "write `enters` or `leaves` with a segment, or `calendar`; one of these."),
        ({"leaves": "staff"}, "", "Say when it begins"),
        ({"once": "each_time", "calendar": {"monthly": 1}}, "", "Say when it begins"),
        ({"enters": None, "leaves": "staff", "include_current": True}, "/include_current", "who `enters` a segment."),
        ({**DATED, "include_current": True}, "/include_current", "who `enters` a segment."),
        ({"members_of": "lapsed"}, "/members_of", "with whom a `calendar` begins, and there is none."),
        ({"enters": None, "calendar": {"monthly": 1}}, "/once", "begins `each_time`, on each of its days, or once"),
        ({**DATED, "calendar": {}}, "/calendar", "write `date`, `yearly`, `monthly` or `lunar`; one of these."),
        ({**DATED, "calendar": {"monthly": 1, "lunar": "08-15"}}, "/calendar", "one of these."),
        ({**DATED, "calendar": {"monthly": 32}}, "/calendar/monthly", "This must be at most 31."),
        ({**DATED, "calendar": {"yearly": "04-31"}}, "/calendar/yearly", "'04-31' is not a month and a day of it"),
        ({**DATED, "calendar": {"yearly": "4-3"}}, "/calendar/yearly", "'4-3' is not a month and a day of it"),
        ({**DATED, "calendar": {"lunar": "13-01"}}, "/calendar/lunar", "'13-01' is not a month and a day of it"),
        ({**DATED, "calendar": {"lunar": "00-01"}}, "/calendar/lunar", "'00-01' is not a month and a day of it"),
        (
            {**DATED, "calendar": {"monthly": 1, "days_before": 1, "days_after": 1}},
            "/calendar/days_after",
            "so many days before that day, or after it; not both.",
        ),
        ({**DATED, "members_of": "nobody"}, "/members_of", "There is no segment 'nobody'"),
        ({**DATED, "members_of": "of-sora"}, "/members_of", "'of-sora' belongs to the brand 'sora' alone"),
        ({**DATED, "goals": ["lapsed"]}, "/goals/0", "so it would end at once"),
        ({**DATED, "not_in": ["lapsed"]}, "/not_in/0", "so it would begin with nobody"),
        ({"enters": "lapsd"}, "/enters", "There is no segment 'lapsd' in this programme. Did you mean 'lapsed'?"),
        ({"enters": "of-sora"}, "/enters", "'of-sora' belongs to the brand 'sora' alone; only its own campaigns"),
        ({"brand": None, "goals": ["of-sora"]}, "/goals/0", "'of-sora' belongs to the brand 'sora' alone"),
        ({"brand": "moru"}, "/brand", "There is no brand 'moru'"),
        ({"not_in": ["lapsed"]}, "/not_in/0", "so it would begin with nobody"),
        ({"enters": None, "leaves": "lapsed", "only_in": ["lapsed"]}, "/only_in/0", "so it would begin with nobody"),
        ({"goals": ["lapsed"]}, "/goals/0", "so it would end at once"),
        ({"enters": "lost", "goals": ["staff", "lapsed"]}, "/goals/1", "Whoever is in 'lost' is in 'lapsed' already"),
        ({"goals": ["either"]}, "/goals/0", "Whoever is in 'lapsed' is in 'either' already; so nobody enters it"),
        ({"enters": "lost", "goals": ["either"]}, "/goals/0", "Whoever is in 'lost' is in 'either' already"),
        ({"goals": ["staff", "staff"]}, "/goals/1", "'staff' is in this list already."),
        ({"at": None, "at_usual_hour": True}, "/at_usual_hour", "Say with `at`, too, when it is for members whose"),
        ({"at": "10am"}, "/at", "'10am' is not a time of the day such as 09:30."),
        ({"dates": {}}, "/dates", "Name the first day (from), the last day (to) or both."),
        ({"dates": {"from": "2026-02-02", "to": "2026-01-01"}}, "/dates/to", "lies before the first"),
        ({"holdout_percent": 51}, "/holdout_percent", "This must be at most 50."),
        ({"steps": []}, "/steps", "At least 1 is needed."),
        ({"steps": [{}]}, "/steps/0", "A step is one thing: write one of `send`, `give_points`, `give_coupon`"),
        ({"steps": [{"wait_days": 1, **HELLO}]}, "/steps/0", "A step is one thing"),
        ({"steps": [HELLO, {"wait_days": 1}]}, "/steps/1", "Nothing comes after this step, so it does nothing."),
        ({"steps": [{"only_in": ["nobody"]}, HELLO]}, "/steps/0/only_in/0", "There is no segment 'nobody'"),
        ({"steps": [{"send": {"template": "helo"}}]}, "/steps/0/send/template", "Did you mean 'hello'?"),
        ({"steps": [{"send": {"template": "sora-says"}}]}, "/steps/0/send/template", "The brand 'sora' speaks in it"),
        (
            {"steps": [{"send": {"template": "receipt", "channels": ["sms"]}}]},
            "/steps/0/send/channels/0",
            "The template does not speak by sms.",
        ),
        (
            {"steps": [{"send": {"template": "receipt", "purpose": "birthday"}}]},
            "/steps/0/send/purpose",
            "Nobody is asked for their consent to what they have to know.",
        ),
        ({"steps": [{"send": {"template": "hello", "purpose": "A B"}}]}, "/steps/0/send/purpose", "Write 1 to 32 of"),
        ({"steps": [TODAY, {"wait_days": 2}, TODAY]}, "/steps/2/send/within_days", "The steps before it take 2 days."),
        (
            {"steps": [{"send": {"template": "hello", "within_days": "soon"}}]},
            "/steps/0/send/within_days",
            "A whole number is expected here.",
        ),
        ({"steps": [{"tag": "a", "untag": "b"}]}, "/steps/0", "A step is one thing"),
        (giving(currency="pints"), "/steps/0/give_points/currency", "Did you mean 'points'?"),
        (giving(currency="beans"), "/steps/0/give_points/currency", "'beans' belongs to the brand 'sora' alone."),
        (giving(amount=0), "/steps/0/give_points/amount", "This must be more than zero."),
        (giving(amount="-5"), "/steps/0/give_points/amount", "This must be more than zero."),
        (giving(amount="0.5"), "/steps/0/give_points/amount", "'0.5' has more than 0 decimals."),
        (giving(amount=1_000_001), "/steps/0/give_points/amount", "This must be at most 1000000."),
        (giving(reason=" "), "/steps/0/give_points/reason", "Write something here"),
        (
            {"enters": "birthdays", "once": "each_time", "steps": [{"give_coupon": "cake"}]},
            "/once",
            "Whose birthday is corrected would be given it again",
        ),
        ({"steps": [{"give_coupon": "cakes"}]}, "/steps/0/give_coupon", "Did you mean 'cake'?"),
        ({"steps": [{"give_coupon": ""}]}, "/steps/0/give_coupon", "There is no coupon ''"),
        ({"steps": [{"give_coupon": "tea"}]}, "/steps/0/give_coupon", "'tea' belongs to the brand 'sora' alone."),
        ({"steps": [{"give_coupon": "cake", "tag": "a"}]}, "/steps/0", "A step is one thing"),
        ({"steps": [{"tag": "so so"}]}, "/steps/0/tag", "'so so' is not a tag: use up to 64 letters"),
        ({"steps": [{"tag": ""}]}, "/steps/0/tag", "'' is not a tag"),
        ({"steps": [{"tag": "staff"}]}, "/steps/0/tag", "Who is on the list 'staff' is for the group to say"),
        ({"steps": [{"untag": "regular"}]}, "/steps/0/untag", "Whoever is in 'regulars' carries this tag"),
    ],
)
def test_what_cannot_work_is_refused_at_its_place(changes: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(InvalidProgramError) as refused:
        read_document(json.dumps(written(**changes)))
    assert {each.pointer: each.message for each in refused.value.errors}.keys() == {f"/campaigns/0{place}"}
    assert message in refused.value.errors[0].message


def test_no_campaign_sends_one_time_codes() -> None:
    """M39"""
    code = template(id="code", kind="service", texts=[text(email=None, sms="{{ code }}", line=None)])
    document = speaking(code, segments=SEGMENTS, campaigns=[{**WRITTEN, "steps": [{"send": {"template": "code"}}]}])
    messages = {**document["messages"], "verification": {"template": "code"}}
    with pytest.raises(InvalidProgramError) as refused:
        read_document(json.dumps({**document, "messages": messages}))
    (found,) = refused.value.errors
    assert found.pointer == "/campaigns/0/steps/0/send/template"
    assert found.message == "It brings one-time codes, and nothing else."


A, B = ({"id": name, "name": name, "list": True} for name in "ab")
NOT_A = {"id": "not-a", "name": "Not a", "when": {"not": {"tags": ["a"]}}}
AS_NOT_A = {"id": "as-not-a", "name": "The same", "when": {"segments": ["not-a"]}}


def moving(enters: str, *steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"id": f"from-{enters}", "name": "Moving", "enters": enters, "stays": False, "steps": list(steps), **changes}


BACK = moving("b", {"untag": "b"}, {"tag": "a"})


@pytest.mark.parametrize(
    ("campaigns", "circle"),
    [
        ([moving("a", {"untag": "a"}, {"tag": "b"}), BACK], "from-a → from-b → from-a"),
        ([moving("as-not-a", {"tag": "a"}), moving("a", {"untag": "a"})], "from-as-not-a → from-a → from-as-not-a"),
        ([moving("a", {"untag": "a"}, {"tag": "a"})], "from-a → from-a"),
        ([moving("a", {"untag": "a"}, {"wait_days": 1}, {"tag": "b"}), BACK], None),
        ([moving("a", {"untag": "a"}, {"tag": "b"}, once="ever"), BACK], None),
        ([moving("a", {"untag": "a"}, {"tag": "b"}, at="10:00"), BACK], None),
        ([moving("a", {"untag": "a"}, {"tag": "b"}), moving("b", {"tag": "c"})], None),
        ([moving("as-not-a", {"tag": "a"}), moving("a", HELLO)], None),
    ],
)
def test_campaigns_do_not_begin_each_other_for_ever(campaigns: list[dict[str, Any]], circle: str | None) -> None:
    """E30: without a wait, they would give points as fast as the workers can."""
    document = json.dumps(speaking(template(), segments=[A, B, NOT_A, AS_NOT_A], campaigns=campaigns))
    if circle is None:
        assert read_document(document)
        return
    with pytest.raises(InvalidProgramError) as refused:
        read_document(document)
    ((pointer, message),) = [(each.pointer, each.message) for each in refused.value.errors]
    assert (pointer, message) == ("/campaigns/0/steps", f"By their tags, these would begin for ever: {circle}.")


@pytest.mark.parametrize(
    "changes",
    [
        {"enters": "lost", "goals": ["lapsed"], "stays": False},
        {"enters": "either", "goals": ["lapsed"]},
        {"goals": ["lost"]},
        {"enters": None, "leaves": "lost", "goals": ["lapsed"]},
    ],
)
def test_a_goal_that_can_be_entered_may_be_one(changes: dict[str, Any]) -> None:
    assert read_document(json.dumps(written(**changes))).campaigns[0].goals
