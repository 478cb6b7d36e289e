"""What cannot work is refused with its place and the reason (M34, E30)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huitou.kernel.errors import FieldError
from huitou.program.document import MOST_CURRENCIES
from huitou.program.validation import MAX_BYTES, InvalidProgramError, read_document
from tests.builders import document, rule


def refusal(written: dict[str, Any]) -> dict[str, str]:
    """The problems of a document, by place."""
    with pytest.raises(InvalidProgramError) as caught:
        read_document(json.dumps(written))
    return {error.pointer: error.message for error in caught.value.errors}


def with_rule(**changes: Any) -> dict[str, Any]:
    return document(earning=[rule(**changes)])


def with_currency(**changes: Any) -> dict[str, Any]:
    points, beans = document()["point_currencies"]
    return document(point_currencies=[{**points, **changes}, beans])


def test_a_document_that_can_work_is_read_with_its_defaults() -> None:
    read = read_document(json.dumps(document()))

    assert (read.joins, read.late_limit_days, read.earning[0].rounding) == ("on_use", 30, "down")


SHAPES = [
    (document(name=None), "/name", 'Text is expected here; put a number in quotes, for example "1.50".'),
    (document(missions=[]), "/missions", "There is no such field here."),
    (document(brands=[]), "/brands", "At least 1 is needed."),
    (document(brands=[{"id": "maru"}]), "/brands/0/name", "This field is required."),
    (document(stores="stores.csv"), "/stores", "A list is expected here."),
    (document(money=12), "/money", "A group of fields is expected here."),
    (document(late_limit_days=0), "/late_limit_days", "This must be at least 1."),
    (document(late_limit_days=2.5), "/late_limit_days", "A whole number is expected here."),
    (document(late_limit_days=True), "/late_limit_days", "A whole number is expected here."),
    (document(joins="never"), "/joins", "Choose 'on_use' or 'explicit'."),
    (with_rule(per=1.5), "/earning/0/per", 'Text is expected here; put a number in quotes, for example "1.50".'),
    (with_rule(points=True), "/earning/0/points", 'Text is expected here; put a number in quotes, for example "1.50".'),
    (
        with_rule(when={"dates": {"from": "1 May"}}),
        "/earning/0/when/dates/from",
        "A day is expected here, for example 2026-11-01.",
    ),
    (
        with_rule(when={"dates": {"from": 20260501}}),
        "/earning/0/when/dates/from",
        "A day is expected here, for example 2026-11-01.",
    ),
    (with_currency(expiry={"days": 3}), "/point_currencies/0/expiry/type", "Say of which type it is."),
    (
        with_currency(expiry={"type": "rolling_days", "days": 0}),
        "/point_currencies/0/expiry/days",
        "This must be at least 1.",
    ),
    (
        with_currency(expiry={"type": "rolling_days"}),
        "/point_currencies/0/expiry/days",
        "This field is required.",
    ),
    (
        with_currency(expiry={"type": "weekly"}),
        "/point_currencies/0/expiry/type",
        "Choose one of 'never', 'rolling_days', 'end_of_month', 'end_of_year', 'sliding'.",
    ),
]

SENSES = [
    (document(name=" "), "/name", "Write something here, without spaces around it."),
    (document(name="a\u0000b"), "/name", "Only characters that can be seen are allowed here."),
    (document(name="回" * 81), "/name", "This has 81 characters; at most 80 are allowed."),
    (
        document(channels=["store", "app", "in store"]),
        "/channels/2",
        "'in store' cannot be an id: use 1 to 31 of a-z, 0-9, - and _, not - or _ first.",
    ),
    (document(channels=["store", "app", "app"]), "/channels/2", "The channel 'app' is there already, at /channels/1."),
    (
        document(brands=[*document()["brands"], {"id": "group", "name": "Group"}]),
        "/brands/2/id",
        "'group' stands for the group as a whole; no brand can have it as id.",
    ),
    (
        document(time_zone="Taipei"),
        "/time_zone",
        "There is no time zone 'Taipei'; write one such as Asia/Taipei.",
    ),
    (
        document(time_zone="Asia/Atlantis"),
        "/time_zone",
        "There is no time zone 'Asia/Atlantis'; write one such as Asia/Taipei.",
    ),
    (
        document(money={"currency": "NT$", "exponent": 0}),
        "/money/currency",
        "Write three capital letters, for example TWD.",
    ),
    (
        document(stores=[{"id": "1", "brand": "marru", "name": "One", "region": "north"}]),
        "/stores/0/brand",
        "There is no brand 'marru' in this programme. Did you mean 'maru'?",
    ),
    (document(home_currency="stars"), "/home_currency", "There is no currency 'stars' in this programme."),
    (
        document(home_currency="beans"),
        "/home_currency",
        "'beans' belongs to the brand 'sora' alone; here, name points that all share.",
    ),
    (with_currency(brand="kaze"), "/point_currencies/0/brand", "There is no brand 'kaze' in this programme."),
    (with_rule(currency="stars"), "/earning/0/currency", "There is no currency 'stars' in this programme."),
    (
        with_rule(when={"categories": ["bred"]}),
        "/earning/0/when/categories/0",
        "There is no category 'bred' in this programme. Did you mean 'bread'?",
    ),
    (
        with_rule(when={"channels": ["web"]}),
        "/earning/0/when/channels/0",
        "There is no channel 'web' in this programme.",
    ),
    (with_rule(when={"brands": ["kaze"]}), "/earning/0/when/brands/0", "There is no brand 'kaze' in this programme."),
    (with_rule(when={"brands": ["maru", "maru"]}), "/earning/0/when/brands/1", "'maru' is in this list already."),
    (document(categories=["bread", "bread"]), "/categories/1", "'bread' is in this list already."),
    (with_rule(points="0"), "/earning/0/points", "This must be more than zero."),
    (with_rule(points="-1"), "/earning/0/points", "This must be more than zero."),
    (with_rule(per=0), "/earning/0/per", "This must be more than zero."),
    (with_rule(per="1e3"), "/earning/0/per", "'1e3' is not a plain decimal number."),
    (with_rule(per="99.50"), "/earning/0/per", "'99.50' has more than 0 decimals."),
    (with_rule(points="0.25", currency="beans"), "/earning/0/points", "'0.25' has more than 1 decimals."),
    (
        with_rule(when={"dates": {"from": "2026-05-02", "to": "2026-05-01"}}),
        "/earning/0/when/dates/to",
        "The last day, 2026-05-01, lies before the first, 2026-05-02.",
    ),
    (
        with_rule(when={"dates": {}}),
        "/earning/0/when/dates",
        "Name the first day (from), the last day (to) or both.",
    ),
    (
        with_rule(when={"hours": {"from": "14:00", "to": "14:00"}}),
        "/earning/0/when/hours/to",
        "No time lies between these; leave the hours out for the whole day.",
    ),
    (
        with_rule(when={"hours": {"from": "9:00", "to": "24:00"}}),
        "/earning/0/when/hours/to",
        "'24:00' is not a time of the day such as 09:30.",
    ),
    (
        with_rule(when={"weekdays": ["sun"], "dates": {"from": "2026-05-04", "to": "2026-05-08"}}),
        "/earning/0/when/weekdays",
        "No such weekday lies within the dates of this rule.",
    ),
    (
        with_rule(currency="beans", when={"brands": ["maru"]}),
        "/earning/0/when/brands/0",
        "'beans' belongs to the brand 'sora' alone; a sale of 'maru' can never earn it.",
    ),
]


@pytest.mark.parametrize(("written", "pointer", "message"), SHAPES + SENSES)
def test_what_cannot_work_is_named_with_its_place(written: dict[str, Any], pointer: str, message: str) -> None:
    """E30: the path and the reason."""
    assert refusal(written)[pointer] == message


def test_all_problems_come_at_once() -> None:
    """E30: nobody publishes ten times to find ten mistakes."""
    written = document(
        home_currency="stars",
        time_zone="Mars/Base",
        earning=[rule(per="0"), rule(when={"brands": ["kaze"], "hours": {"from": "10:00", "to": "10:00"}})],
    )

    assert set(refusal(written)) == {
        "/home_currency",
        "/time_zone",
        "/earning/0/per",
        "/earning/1/id",
        "/earning/1/when/brands/0",
        "/earning/1/when/hours/to",
    }


@pytest.mark.parametrize("sign", list("#:;|,/ .~A回\n"))
def test_no_id_contains_what_separates_parts_of_a_key(sign: str) -> None:
    assert "/brands/0/id" in refusal(document(brands=[{"id": f"ma{sign}ru", "name": "Maru"}]))


def test_a_brand_may_have_no_store_and_a_currency_no_rule() -> None:
    assert read_document(json.dumps(document(stores=[], earning=[])))


def test_a_programme_has_no_more_kinds_of_points_than_one_sale_can_earn() -> None:
    """A sale and all that it earns are one commit, which has at most 100 writes."""
    points, beans = document()["point_currencies"]
    more = [{**beans, "id": f"beans-{number}"} for number in range(MOST_CURRENCIES)]
    found = refusal(document(point_currencies=[points, *more]))
    assert found == {"/point_currencies": f"At most {MOST_CURRENCIES} are allowed."}


@pytest.mark.parametrize(
    ("expiry", "notice", "sentence"),
    [
        ({"type": "never"}, 7, "These points never end: there is nothing to announce."),
        ({"type": "rolling_days", "days": 6}, 7, "These points end after 6 days: announce it at most 6 days before."),
        ({"type": "sliding", "days": 6}, 7, "These points end after 6 days: announce it at most 6 days before."),
        ({"type": "rolling_days", "days": 7}, 7, None),
        ({"type": "end_of_month", "months": 0}, 7, None),
    ],
)
def test_an_end_is_announced_before_it_and_after_the_points_have_come(
    expiry: dict[str, Any], notice: int, sentence: str | None
) -> None:
    """M8."""
    points = {"id": "points", "name": "Points", "expiry": expiry, "expiry_notice_days": notice}
    written = document(point_currencies=[points])
    if sentence is None:
        assert read_document(json.dumps(written))
    else:
        assert refusal(written) == {"/point_currencies/0/expiry_notice_days": sentence}


def test_a_rule_of_one_day_with_its_weekday_can_work() -> None:
    may_day = {"from": "2026-05-01", "to": "2026-05-01"}

    assert read_document(json.dumps(with_rule(when={"weekdays": ["fri"], "dates": may_day})))


@pytest.mark.parametrize("text", ["", "{", "nope", "[" * 300])
def test_what_is_not_json_is_called_so(text: str) -> None:
    with pytest.raises(InvalidProgramError) as caught:
        read_document(text)

    assert caught.value.errors[0].pointer == ""


@pytest.mark.parametrize("text", ["null", "[]", "3", '"programme"'])
def test_a_document_is_a_group_of_fields(text: str) -> None:
    with pytest.raises(InvalidProgramError) as caught:
        read_document(text)

    assert caught.value.errors == (FieldError("", "A group of fields is expected here."),)


def test_a_document_that_is_too_large_is_refused_unread() -> None:
    with pytest.raises(InvalidProgramError) as caught:
        read_document("[" * (MAX_BYTES + 1))

    assert "2,000,001 bytes" in caught.value.errors[0].message
