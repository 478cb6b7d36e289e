"""What differs between two programmes, by the id of a thing."""

from __future__ import annotations

import json
from typing import Any

from huitou.program.differences import Change, differences
from huitou.program.document import canonical_json
from huitou.program.validation import read_document
from tests.builders import document, rule


def written(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(canonical_json(read_document(json.dumps(document(**changes)))))
    return result


def changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[Change, ...]:
    return differences(written(**before), written(**after))


TEA = rule(id="tea", points="2")


def test_a_field_is_named_by_the_id_of_its_rule() -> None:
    """M34: a rule that is inserted before another changes nothing of it."""
    assert changes({"earning": [rule()]}, {"earning": [TEA, rule(points="3")]}) == (
        Change("/earning/base/points", "changed", "1", "3"),
        Change("/earning/tea", "added", None, written(earning=[TEA])["earning"][0]),
    )


def test_what_is_gone_is_shown() -> None:
    (gone,) = changes({"earning": [rule(), TEA]}, {"earning": [rule()]})

    assert (gone.pointer, gone.kind, gone.was["points"], gone.now) == ("/earning/tea", "removed", "2", None)


def test_the_order_of_rules_means_something_that_of_stores_does_not() -> None:
    assert changes({"earning": [rule(), TEA]}, {"earning": [TEA, rule()]}) == (
        Change("/earning", "reordered", ["base", "tea"], ["tea", "base"]),
    )
    assert changes({}, {"stores": document()["stores"][::-1]}) == ()


def test_a_default_that_is_written_out_is_no_difference() -> None:
    assert changes({}, {"joins": "on_use", "refunds": {"policy": "clamp"}, "earning": [rule(rounding="down")]}) == ()


def test_names_in_lists_come_and_go_one_by_one() -> None:
    assert changes({}, {"channels": ["store", "web"]}) == (
        Change("/channels/app", "removed", "app", None),
        Change("/channels/web", "added", None, "web"),
    )


def test_another_kind_of_expiry_is_one_change() -> None:
    points, beans = document()["point_currencies"]
    year = {"type": "end_of_year", "years": 1}

    assert changes({}, {"point_currencies": [{**points, "expiry": year}, beans]}) == (
        Change("/point_currencies/points/expiry", "changed", {"type": "rolling_days", "days": 90}, year),
    )


def test_rates_are_named_by_their_pair_and_prices_by_their_day() -> None:
    def terms(money: str, get: str) -> dict[str, Any]:
        price = {"currency": "points", "issuer": "maru", "honoured_by": "sora", "since": "2026-01-01", "points": "100"}
        return {
            "money_off": [{"brand": "maru", "currency": "points", "points": "100", "money": money}],
            "conversions": [{"from": "beans", "to": "points", "give": "1", "get": get}],
            "settlement": {
                "prices": [{**price, "money": money}],
                "worth": [{"currency": "points", "since": "2026-01-01", "points": "100", "money": money}],
            },
        }

    assert {change.pointer for change in changes(terms("8", "1"), terms("9", "2"))} == {
        "/money_off/maru:points/money",
        "/conversions/beans:points/get",
        "/settlement/prices/points:maru:sora:2026-01-01/money",
        "/settlement/worth/points:2026-01-01/money",
    }


def test_a_frequency_cap_is_named_by_what_it_counts_and_for_how_long() -> None:
    before = written(messages={"frequency_caps": [{"most": 3, "days": 7}, {"most": 9, "days": 1, "kind": "service"}]})
    after = written(messages={"frequency_caps": [{"most": 2, "days": 7}, {"most": 9, "days": 1, "kind": "service"}]})
    assert list(differences(before, after)) == [Change("/messages/frequency_caps/marketing:7/most", "changed", 3, 2)]


def test_against_nothing_everything_is_new() -> None:
    assert {change.kind for change in differences({}, written())} == {"added"}


def test_two_rules_of_one_id_in_a_draft_are_told_apart() -> None:
    before, after = written(), written()
    after["earning"] *= 2

    (change,) = differences(before, after)

    assert (change.pointer, change.kind) == ("/earning/base#1", "added")


def lapsed(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {"segments": [{"id": "lapsed", "name": "Lapsed", "when": {"all": list(conditions)}}]}


def test_conditions_of_a_segment_are_named_by_what_they_ask_about() -> None:
    """M16, M34"""
    spend, away = {"spend": {"at_least": "1000"}}, {"days_since_last_purchase": {"at_least": 90}}
    best = {"rfm": {"money": [5]}}

    assert changes(lapsed(spend, away), lapsed(away, {"spend": {"at_least": "2000"}})) == (
        Change("/segments/lapsed/when/all/spend/spend/at_least", "changed", "1000", "2000"),
    )
    assert [(each.pointer, each.kind) for each in changes(lapsed(spend), lapsed(spend, spend, best))] == [
        ("/segments/lapsed/when/all/spend#1", "added"),
        ("/segments/lapsed/when/all/rfm", "added"),
    ]
    assert changes(lapsed(best), lapsed({"rfm": {"money": [4, 5]}})) == (
        Change("/segments/lapsed/when/all/rfm/rfm/money/4", "added", None, 4),
    )
