"""What cannot work in segments is refused with its place and the reason (E30, M16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huitou.program.checks.segments import MOST_CONDITIONS, MOST_DEPTH
from huitou.program.validation import InvalidProgramError, read_document
from tests.builders import rule
from tests.segments import segment, with_segments


def refusal(written: dict[str, Any]) -> list[tuple[str, str]]:
    """The problems of a document, with their places."""
    with pytest.raises(InvalidProgramError) as caught:
        read_document(json.dumps(written))
    return [(error.pointer, error.message) for error in caught.value.errors]


ONCE = {"purchases": {"exactly": 1}}
WHEN = "/segments/0/when"

QUESTIONS: list[tuple[Any, str, str]] = [
    ({}, "", "A condition asks one thing. Here is none; to ask for several, put each on its own under `all` or `any`."),
    (
        {**ONCE, "joined": ["maru"]},
        "",
        "A condition asks one thing. Here are 2 (purchases, joined); put each on its own under `all` or `any`.",
    ),
    ({"purchase": {"exactly": 1}}, "/purchase", "There is no such field here."),
    ({"purchases": {"at_least": "1.5"}}, "/purchases/at_least", "A whole number is expected here."),
    ({"purchases": {"at_least": -1}}, "/purchases/at_least", "This must be at least 0."),
    ({"all": []}, "/all", "At least 1 is needed."),
    (
        {"not": {"any": [{"tiers": ["golden"]}]}},
        "/not/any/0/tiers/0",
        "There is no tier 'golden' in this programme. Did you mean 'gold'?",
    ),
    (
        {"segments": ["friend"]},
        "/segments/0",
        "There is no segment 'friend' in this programme. Did you mean 'friends'?",
    ),
    ({"joined": ["muji"]}, "/joined/0", "There is no brand 'muji' in this programme."),
    ({"home_store": ["m2"]}, "/home_store/0", "There is no store 'm2' in this programme."),
    (
        {"days_since_joining": {"brands": ["muji"]}},
        "/days_since_joining/brands/0",
        "There is no brand 'muji' in this programme.",
    ),
    (
        {"points": {"currency": "stars", "at_least": 1}},
        "/points/currency",
        "There is no currency 'stars' in this programme.",
    ),
    (
        {"consent": {"channel": "line", "purpose": "marketing", "brand": "muji"}},
        "/consent/brand",
        "There is no brand 'muji' in this programme.",
    ),
    (
        {"spend": {"at_least": 1, "of": {"categories": ["bred"]}}},
        "/spend/of/categories/0",
        "There is no category 'bred' in this programme. Did you mean 'bread'?",
    ),
    (
        {"spend": {"at_least": 1, "of": {"regions": ["south"]}}},
        "/spend/of/regions/0",
        "There is no region 'south' in this programme. Did you mean 'north'?",
    ),
    (
        {"spend": {"at_least": 1, "of": {"channels": ["fax"]}}},
        "/spend/of/channels/0",
        "There is no channel 'fax' in this programme.",
    ),
    (
        {"spend": {"at_least": 1, "of": {"payments": ["gold"]}}},
        "/spend/of/payments/0",
        "There is no way of paying 'gold' in this programme.",
    ),
    ({"tiers": ["gold", "gold"]}, "/tiers/1", "'gold' is in this list already."),
    ({"rfm": {"money": [4, 5, 4]}}, "/rfm/money/2", "4 is in this list already."),
    ({"rfm": {"money": [6]}}, "/rfm/money/0", "This must be at most 5."),
    (
        {"rfm": {}},
        "/rfm",
        "Say which classes of recency, frequency or money, for example `recency: [4, 5]`.",
    ),
    ({"spend": {}}, "/spend", "Say how much: at_least, more_than, at_most, less_than or exactly."),
    ({"spend": {"at_least": "1.50"}}, "/spend/at_least", "'1.50' has more than 0 decimals."),
    ({"spend": {"at_least": "-1"}}, "/spend/at_least", "This must not be negative."),
    ({"points": {"currency": "beans", "at_least": "0.25"}}, "/points/at_least", "'0.25' has more than 1 decimals."),
    (
        {"spend": {"at_least": 1, "more_than": 2}},
        "/spend/more_than",
        "Write only one of these: at_least, more_than.",
    ),
    ({"age": {"exactly": 20, "at_most": 30}}, "/age/exactly", "Write only one of these: at_most, exactly."),
    ({"purchases": {"at_least": 5, "at_most": 4}}, "/purchases", "This can never be at least 5 and at most 4."),
    ({"purchases": {"more_than": 4, "less_than": 5}}, "/purchases", "This can never be more than 4 and less than 5."),
    ({"purchases": {"less_than": 0}}, "/purchases", "This can never be less than 0."),
    (
        {"share": {"of": {"brands": ["maru"]}, "at_least": 101}},
        "/share",
        "This can never be at least 101: it is at most 100.",
    ),
    ({"alive": {"more_than": 100}}, "/alive", "This can never be more than 100: it is at most 100."),
    ({"age": {"at_least": 131}}, "/age", "This can never be at least 131: it is at most 130."),
    ({"brands": {"at_least": 3}}, "/brands", "This can never be at least 3: it is at most 2."),
    (
        {"stores": {"more_than": 1, "of": {"regions": ["north"]}}},
        "/stores",
        "This can never be more than 1: it is at most 1.",
    ),
    (
        {"categories": {"exactly": 2, "of": {"categories": ["tea"]}}},
        "/categories",
        "This can never be exactly 2: it is at most 1.",
    ),
    (
        {"days_since_last_visit": {"at_least": 3661}},
        "/days_since_last_visit",
        "This can never be at least 3661: it is at most 3660.",
    ),
    (
        {"spend": {"at_least": 1, "in": "last year"}},
        "/spend/in",
        "'last year' is no window: write `last 90 days`, `this month`, `this year` or `ever`.",
    ),
    (
        {"spend": {"at_least": 1, "in": "last 3661 days"}},
        "/spend/in",
        "A window has at most 3660 days; `ever` looks at all there is.",
    ),
    ({"spend": {"at_least": 1, "of": {}}}, "/spend/of", "Say which purchases count, for example `brands: [maru]`."),
    ({"share": {"at_least": 1}}, "/share/of", "This field is required."),
    (
        {"visits": {"at_least": 1, "of": {"brands": ["maru"], "stores": ["s1"]}}},
        "/visits/of/stores/0",
        "'s1' is a store of 'sora', not of the brands of this condition.",
    ),
    (
        {"usual_hour": {"from": "18:30", "to": "22:00"}},
        "/usual_hour/from",
        "It is known by the hour only: write a full hour, for example 18:00.",
    ),
    (
        {"usual_hour": {"from": "18:00", "to": "18:00"}},
        "/usual_hour/to",
        "No time lies between these; leave the hours out for the whole day.",
    ),
    (
        {"usual_hour": {"from": "noon", "to": "18:00"}},
        "/usual_hour/from",
        "'noon' is not a time of the day such as 09:30.",
    ),
    ({"overdue": {"at_least": 0}}, "/overdue/at_least", "This must be more than zero."),
    ({"birthday": {"days_before": 181}}, "/birthday/days_before", "This must be at most 180."),
    ({"birthday_month": False}, "/birthday_month", "Write true, or put it under `not`."),
    ({"tier_at_risk": {"within_days": 0}}, "/tier_at_risk/within_days", "This must be at least 1."),
    ({"language": ["chinese"]}, "/language/0", "'chinese' is not a language; write one such as zh-TW or en."),
    ({"tags": ["good friend"]}, "/tags/0", "'good friend' is not a tag: use up to 64 letters, digits, _ . : and -."),
    (
        {"consent": {"channel": "line", "purpose": "Marketing!"}},
        "/consent/purpose",
        "A purpose is a word such as marketing: a-z, 0-9 and _.",
    ),
]


@pytest.mark.parametrize(("when", "place", "sentence"), QUESTIONS, ids=lambda each: json.dumps(each)[:60])
def test_a_question_that_cannot_be_answered_is_refused(when: Any, place: str, sentence: str) -> None:
    """E30"""
    assert refusal(with_segments(segment(when))) == [(WHEN + place, sentence)]


def test_no_tier_is_at_risk_where_there_are_none() -> None:
    asking = with_segments(segment({"tier_at_risk": {"within_days": 30}}), tiers=None)
    assert refusal(asking) == [(f"{WHEN}/tier_at_risk", "There are no tiers.")]


SEES_NOTHING = "This segment belongs to the brand 'maru' alone; it sees nothing of 'sora'."
OWN: list[tuple[Any, str, str]] = [
    ({"joined": ["maru", "sora"]}, "/joined/1", SEES_NOTHING),
    ({"days_since_joining": {"brands": ["sora"]}}, "/days_since_joining/brands/0", SEES_NOTHING),
    ({"visits": {"at_least": 1, "of": {"brands": ["sora"]}}}, "/visits/of/brands/0", SEES_NOTHING),
    ({"home_store": ["s1"]}, "/home_store/0", SEES_NOTHING),
    ({"consent": {"channel": "sms", "purpose": "marketing", "brand": "sora"}}, "/consent/brand", SEES_NOTHING),
    ({"points": {"currency": "beans", "at_least": 1}}, "/points/currency", SEES_NOTHING),
    (
        {"spend": {"at_least": 1, "of": {"stores": ["s1"]}}},
        "/spend/of/stores/0",
        "'s1' is a store of 'sora', not of the brands of this condition.",
    ),
    (
        {"spend": {"at_least": 1, "of": {"regions": ["abroad"]}}},
        "/spend/of/regions/0",
        "No store of the brands of this condition lies in 'abroad'.",
    ),
    ({"brands": {"at_least": 1}}, "/brands", "This segment belongs to the brand 'maru' alone; it never sees two."),
    (
        {"days_since_enrolment": {"at_least": 1}},
        "/days_since_enrolment",
        "A brand sees when members joined it: write `days_since_joining`.",
    ),
]


@pytest.mark.parametrize(("when", "place", "sentence"), OWN, ids=lambda each: json.dumps(each)[:60])
def test_a_brands_own_segment_asks_about_that_brand_alone(when: Any, place: str, sentence: str) -> None:
    """E31"""
    assert refusal(with_segments(segment(when, brand="maru"))) == [(WHEN + place, sentence)]


NAMES_OWN = {"segments": ["own"]}
NOBODY_ELSE = "'own' belongs to the brand 'maru' alone; only what is that brand's may name it."


@pytest.mark.parametrize("brand", [None, "sora"])
def test_who_is_in_a_brands_own_segment_is_for_that_brand_to_know(brand: str | None) -> None:
    """E31: a segment of the group is seen by all brands."""
    own = segment(ONCE, id="own", brand="maru")

    assert refusal(with_segments(segment(NAMES_OWN, brand=brand), own)) == [(f"{WHEN}/segments/0", NOBODY_ELSE)]
    assert read_document(json.dumps(with_segments(segment(NAMES_OWN, brand="maru"), own)))


def test_rules_name_a_brands_own_segment_for_sales_of_that_brand() -> None:
    """E31: a sale tells for what it paid, and so who is in a segment."""
    own = segment(ONCE, id="own", brand="maru")

    def earning(**when: Any) -> dict[str, Any]:
        return with_segments(own, earning=[rule(when={**NAMES_OWN, **when})])

    assert refusal(earning()) == [("/earning/0/when/segments/0", NOBODY_ELSE)]
    assert refusal(earning(brands=["maru", "sora"])) == [("/earning/0/when/segments/0", NOBODY_ELSE)]
    assert read_document(json.dumps(earning(brands=["maru"])))


DEFINITIONS: list[tuple[dict[str, Any], str, str]] = [
    (
        with_segments({"id": "some", "name": "Some"}),
        "/segments/0",
        "Say who is in it: write `when` with a condition, or `list: true` for a list you upload.",
    ),
    (
        with_segments(segment(ONCE, list=True)),
        WHEN,
        "Who is on a list is said by the list; write `when` or `list: true`, not both.",
    ),
    (with_segments(segment(ONCE, name=" ")), "/segments/0/name", "Write something here, without spaces around it."),
    (with_segments(segment(ONCE, brand="muji")), "/segments/0/brand", "There is no brand 'muji' in this programme."),
    (
        with_segments(segment(ONCE, id="Some")),
        "/segments/0/id",
        "'Some' cannot be an id: use 1 to 31 of a-z, 0-9, - and _, not - or _ first.",
    ),
    (with_segments("friends"), "/segments/1", "The segment 'friends' is there already, at /segments/0."),
    (
        with_segments(segment({"segments": ["some"]})),
        WHEN,
        "Who is in 'some' cannot depend on who is in it.",
    ),
    (
        with_segments(
            segment({"not": {"segments": ["b"]}}, id="a"),
            segment({"any": [{"segments": ["friends"]}, {"segments": ["a"]}]}, id="b"),
        ),
        WHEN,
        "These segments name each other in a circle: a → b → a.",
    ),
    (
        with_segments(segment({"tags": ["gourmet"]}, tag="gourmet")),
        WHEN,
        "Who is in 'some' cannot depend on who is in it.",
    ),
    (
        with_segments(segment(ONCE, tag="a gourmet")),
        "/segments/0/tag",
        "'a gourmet' is not a tag: use up to 64 letters, digits, _ . : and -.",
    ),
    (
        with_segments(segment({"any": [{"all": [ONCE] * 50}, {"all": [ONCE] * 48}]})),
        f"{WHEN}/any/1/all/47",
        f"A segment has at most {MOST_CONDITIONS} conditions; make a segment of some of them.",
    ),
]


@pytest.mark.parametrize(("written", "place", "sentence"), DEFINITIONS, ids=lambda each: str(each)[:40])
def test_a_segment_that_says_nothing_or_too_much_is_refused(written: dict[str, Any], place: str, sentence: str) -> None:
    """E30"""
    assert (place, sentence) in refusal(written)


def test_conditions_can_be_read() -> None:
    """Deep ones cannot, and would take the evaluator's stack."""
    deep: dict[str, Any] = ONCE
    for _ in range(MOST_DEPTH - 1):
        deep = {"not": deep}
    assert read_document(json.dumps(with_segments(segment(deep))))

    sentence = f"At most {MOST_DEPTH} conditions can lie within each other; make a segment of the inner ones."
    assert refusal(with_segments(segment({"not": deep}))) == [(WHEN + "/not" * MOST_DEPTH, sentence)]


def test_a_document_of_conditions_without_end_is_refused_as_any_other() -> None:
    """E30: no text makes anything but a refusal."""
    text = json.dumps(with_segments(segment(ONCE))).replace('{"exactly": 1}', '{"not":' * 5000 + "1" + "}" * 5000)

    with pytest.raises(InvalidProgramError):
        read_document(text)
