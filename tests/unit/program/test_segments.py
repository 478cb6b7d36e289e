"""Segments of a published document as decisions read them (M16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.program.compilation import compile_program
from huitou.program.document import canonical_json
from huitou.program.model import GROUP, LinesAsked
from huitou.program.predicates import (
    AllOf,
    AnyOf,
    Behaviour,
    Bounds,
    Consents,
    HasPoints,
    InSegment,
    Joined,
    LastDays,
    Predicate,
    Segment,
    Since,
    Tagged,
)
from huitou.program.validation import read_document
from tests.builders import document, program, rule
from tests.segments import segment, with_segments

LAPSED = {"days_since_last_purchase": {"at_least": 90}}


def test_a_segment_arrives_with_its_conditions() -> None:
    """M16: high-value members with no purchase for three months."""
    when = {"all": [{"spend": {"at_least": "1000", "in": "last 365 days"}}, LAPSED]}

    segments = program(with_segments(segment(when, id="big", name="久未回訪的大戶", brand="maru"))).segments

    spend = Behaviour("spend", Bounds(least=1000), LastDays(365))
    assert segments["big"] == Segment("big", "久未回訪的大戶", "maru", AllOf((spend, Since("last", "purchase", 90))))


def test_an_id_alone_is_a_list() -> None:
    """M34: versions that were published before segments had conditions never change."""
    long = {"id": "friends", "name": "Friends", "list": True}

    assert program(document(segments=["lapsed"])).segments == {"lapsed": Segment("lapsed", "lapsed", None, None)}
    assert program(document(segments=[long])).segments == {"friends": Segment("friends", "Friends", None, None)}


def test_segments_come_after_those_that_they_name() -> None:
    """Each can be judged when its turn comes, whatever the order in which they are written."""
    third = segment({"all": [{"segments": ["second"]}, {"not": {"segments": ["first"]}}]}, id="third")
    second = segment({"segments": ["first"]}, id="second")

    order = list(program(document(segments=[third, second, segment(LAPSED, id="first")])).segments)

    assert order == ["first", "second", "third"]


def test_a_tag_is_put_on_by_hand_or_by_a_segment_that_may_be_seen() -> None:
    """M3, E31: the conditions of another brand see neither who is in a brand's own segment nor its tags."""
    gourmets = [
        segment(LAPSED, id="of-group", tag="gourmet"),
        segment(LAPSED, id="of-maru", tag="gourmet", brand="maru"),
        segment(LAPSED, id="others", tag="other"),
    ]
    by_hand = Tagged(frozenset({"gourmet"}))

    def asking(brand: str | None) -> Predicate | None:
        asks = segment({"tags": ["gourmet"]}, id="asks", brand=brand)
        return program(document(segments=[asks, *gourmets])).segments["asks"].when

    assert asking("maru") == AnyOf((by_hand, InSegment(frozenset({"of-group", "of-maru"}))))
    assert asking("sora") == asking(None) == AnyOf((by_hand, InSegment(frozenset({"of-group"}))))


def test_it_is_known_which_segments_compare_a_member_with_all_others() -> None:
    """M16, M18: also by naming one that does; nobody need read what is known of all for the others."""
    best = segment({"rfm": {"money": [5]}}, id="best")
    worth = segment({"any": [{"segments": ["best"]}, LAPSED]}, id="worth")

    compiled = program(document(segments=[worth, best, segment(LAPSED, id="lapsed")]))

    assert compiled.comparing_segments == {"best", "worth"}


@pytest.mark.parametrize(
    ("bounds", "least", "most"),
    [
        ({"more_than": 3}, 4, None),
        ({"less_than": 3}, None, 2),
        ({"exactly": 3}, 3, 3),
        ({"at_least": 3, "less_than": 9}, 3, 8),
        ({"more_than": 3, "at_most": 9}, 4, 9),
    ],
)
def test_days_are_whole(bounds: dict[str, int], least: int | None, most: int | None) -> None:
    """E9"""
    compiled = program(with_segments(segment({"days_since_first_visit": bounds}))).segments

    assert compiled["some"].when == Since("first", "visit", least, most)


def test_a_brands_own_segment_means_that_brand_where_none_is_named() -> None:
    """E31"""
    joined = {"days_since_joining": {"at_most": 30}}
    agreed = {"consent": {"channel": "line", "purpose": "marketing"}}
    own = segment({"all": [joined, agreed]}, id="own", brand="sora")

    segments = program(document(segments=[own, segment(agreed)])).segments

    assert segments["own"].when == AllOf(
        (Joined(frozenset({"sora"}), most=30), Consents(MessageChannel.LINE, "marketing", "sora"))
    )
    assert segments["some"].when == Consents(MessageChannel.LINE, "marketing", GROUP)


def test_points_are_those_that_every_member_has_unless_others_are_named() -> None:
    beans = segment({"points": {"currency": "beans", "at_least": "2.5"}}, id="beans")

    segments = program(document(segments=[segment({"points": {"at_least": 2}}), beans])).segments

    assert segments["some"].when == HasPoints("points", Bounds(least=2))
    assert segments["beans"].when == HasPoints("beans", Bounds(least=25))


def test_only_what_is_asked_is_stored() -> None:
    """A condition has some thirty fields of which one is written; the stored text must stay small."""
    text = canonical_json(read_document(json.dumps(document(segments=[segment({"not": LAPSED})]))))
    (stored,) = json.loads(text)["segments"]

    assert list(stored["when"]) == ["not"]
    assert list(stored["when"]["not"]) == ["days_since_last_purchase"]
    assert compile_program(json.loads(text), 1).segments["some"].when is not None


LAST_YEAR, THIS_MONTH = (
    {"visits": {"at_least": 1, "in": "last 365 days"}},
    {"spend": {"at_least": 1, "in": "this month"}},
)


@pytest.mark.parametrize(
    ("conditions", "days"),
    [
        ([], 0),
        ([{"birthday_month": True}], 0),
        ([THIS_MONTH], 31),
        ([THIS_MONTH, {"not": LAST_YEAR}], 365),
        ([{"purchases": {"at_least": 1, "in": "this year"}}], 366),
        ([{"days_since_last_visit": {"at_most": 30}}], 31),
        ([LAST_YEAR, LAPSED], None),
        ([LAST_YEAR, {"days_since_first_purchase": {"at_most": 3}}], None),
        ([{"categories": {"at_least": 2}}], None),
        ([{"overdue": {"at_least": 2}}], None),
    ],
)
def test_it_is_known_how_far_back_segments_look(conditions: list[dict[str, Any]], days: int | None) -> None:
    """No more of what a member did needs to be read."""
    written = [segment(when, id=f"s{n}") for n, when in enumerate(conditions)]

    assert program(document(segments=written)).looks_back_days == days


def test_it_is_known_whether_sales_need_segments() -> None:
    names_one = document(segments=["friends"], earning=[rule(when={"segments": ["friends"]})])

    assert program(names_one).segments_of_rules == {"friends"}
    assert not program(document(segments=["friends"])).segments_of_rules


BREAD = {"spend": {"at_least": 1, "in": "ever", "of": {"categories": ["bread"]}}}
TWO = {"at_least": 2, "in": "ever"}
A_TEA = {"days_since_last_purchase": {"at_least": 1, "of": {"skus": ["tea-1"]}}}


@pytest.mark.parametrize(
    ("conditions", "categories", "skus"),
    [
        ([], set(), set()),
        ([LAST_YEAR], set(), set()),
        ([BREAD, LAST_YEAR], {"bread"}, set()),
        ([{"all": [BREAD, {"not": A_TEA}]}], {"bread"}, {"tea-1"}),
        ([BREAD, {"categories": {"at_least": 3, "in": "this year"}}], None, set()),
        (
            [{"categories": {"at_least": 2, "in": "ever", "of": {"categories": ["bread", "tea"]}}}],
            {"bread", "tea"},
            set(),
        ),
        ([{"categories": {"at_least": 2, "in": "ever", "of": {"skus": ["tea-1"]}}}], None, {"tea-1"}),
    ],
)
def test_a_programme_knows_which_lines_its_segments_ask_for(
    conditions: list[Any], categories: set[str] | None, skus: set[str]
) -> None:
    """Of what lies back, no others are kept for them; None: those of every category."""
    written = [segment(when, id=f"s{number}") for number, when in enumerate(conditions)]
    asked = program(document(segments=written)).lines_asked
    assert asked == LinesAsked(None if categories is None else frozenset(categories), frozenset(skus))
    assert asked.contains(asked)
    assert asked.contains(LinesAsked())
    assert LinesAsked(None, frozenset({"tea-1"})).contains(asked)
    assert LinesAsked().contains(asked) is (asked == LinesAsked())
