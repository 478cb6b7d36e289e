"""Which segments a publication gives another meaning (E20)."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.program.redefining import redefined
from tests.builders import document, program
from tests.segments import LEVELS, segment

TIERS = {"measure": "spend", "window": {"type": "rolling", "days": 365}, "levels": LEVELS}
OFTEN = {"purchases": {"at_least": 3, "in": "last 90 days"}}
SEGMENTS = [
    segment(OFTEN, id="often"),
    segment({"not": {"segments": ["often"]}}, id="seldom"),
    segment({"tiers": [LEVELS[1]["id"]]}, id="gold"),
    segment({"purchases": {"at_least": 1, "of": {"regions": ["abroad"]}}}, id="abroad"),
    segment({"birthday": {"days_before": 7}}, id="born"),
    segment({"age": {"at_least": 18}}, id="adults"),
]
MOVED = [{**document()["stores"][0], "region": "abroad"}, *document()["stores"][1:]]


def without(*ids: str) -> list[dict[str, Any]]:
    return [each for each in SEGMENTS if each["id"] not in ids]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, set()),
        ({"name": "Club"}, set()),
        ({"segments": [{**each, "name": "Renamed"} for each in SEGMENTS]}, set()),
        ({"segments": [segment({"visits": {"at_least": 3}}, id="often"), *without("often")]}, {"often", "seldom"}),
        ({"segments": [*SEGMENTS, segment(OFTEN, id="new")]}, {"new"}),
        ({"segments": without("gold")}, {"gold"}),
        ({"tiers": {**TIERS, "measure": "visits"}}, {"gold"}),
        ({"stores": MOVED}, {"abroad"}),
        ({"leap_day_birthday": "03-01"}, {"born", "adults"}),
    ],
    ids=["nothing", "a name", "names", "a condition", "a new one", "one less", "tiers", "regions", "leap days"],
)
def test_what_is_asked_decides(changes: dict[str, Any], found: set[str]) -> None:
    before = {"segments": SEGMENTS, "tiers": TIERS}
    assert redefined(program(document(**before)), program(document(**{**before, **changes}), 2)) == found
