"""Conditions that ask about places, payments, things and the member as of the sale (M7, M12, E7)."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.points.circumstances import NOBODY, Circumstances
from huitou.points.earning import earnings
from huitou.points.wallet import RuleOutcome
from tests.builders import Line, Paid, SaleSeen, document, program, rule, sale

FIRED = RuleOutcome("base", 1000, 10)
TIERS = {
    "measure": "spend",
    "window": {"type": "rolling", "days": 365},
    "levels": [{"id": "green", "name": "Green", "threshold": "0"}, {"id": "gold", "name": "Gold", "threshold": "9000"}],
}


def outcome(when: dict[str, Any], seen: SaleSeen | None = None, member: Circumstances = NOBODY) -> RuleOutcome:
    """What a rule with these conditions says of a sale of 1000."""
    written = document(earning=[rule(when=when)], segments=["students", "vips"], tiers=TIERS)
    (said,) = earnings(seen or sale(), program(written), member)["points"].outcomes
    return said


@pytest.mark.parametrize(
    ("when", "holds", "fails", "found"),
    [
        ({"stores": ["m1"]}, {}, {"brand": "sora", "store": "s1"}, "s1"),
        ({"stores": ["m1"]}, {}, {"store": None}, ""),
        ({"regions": ["north"]}, {}, {"brand": "sora", "store": "s1"}, "abroad"),
        ({"regions": ["north"]}, {}, {"store": None}, ""),
        ({"payments": ["card"]}, {"payments": (Paid("cash"), Paid("card"))}, {"payments": (Paid("cash"),)}, "cash"),
    ],
)
def test_a_place_or_a_payment_holds_or_is_told(
    when: dict[str, Any], holds: dict[str, Any], fails: dict[str, Any], found: str
) -> None:
    """M7, M12."""
    (name,) = when

    assert outcome(when, sale(**holds)) == FIRED
    assert outcome(when, sale(**fails)) == RuleOutcome("base", 0, 0, name, found)


def test_skus_select_lines_beside_categories() -> None:
    """M7: a line of either counts, and once."""
    when = {"skus": ["oolong"], "categories": ["tea"]}
    lines = (Line(300, "tea", "oolong"), Line(200, "tea", "sencha"), Line(400, "bread", "bread-1"))

    assert outcome(when, sale(*lines)) == RuleOutcome("base", 500, 5)
    assert outcome({"skus": ["oolong"]}, sale(*lines)) == RuleOutcome("base", 300, 3)
    assert outcome({"skus": ["mocha"]}, sale(*lines)) == RuleOutcome("base", 0, 0, "skus", "bread-1, oolong, sencha")


@pytest.mark.parametrize(
    ("when", "holds", "fails", "found"),
    [
        ({"tiers": ["gold"]}, {"tier": "gold"}, {"tier": "green"}, "green"),
        ({"tiers": ["gold"]}, {"tier": "gold"}, {}, ""),
        ({"segments": ["vips"]}, {"segments": frozenset({"vips", "students"})}, {}, ""),
        ({"segments": ["vips"]}, {"segments": frozenset({"vips"})}, {"segments": frozenset({"students"})}, "students"),
        ({"first_purchase": "group"}, {"first_in_group": True}, {"first_at_brand": True}, "group"),
        ({"first_purchase": "brand"}, {"first_at_brand": True}, {"first_in_group": False}, "maru"),
        ({"birthday_month": True}, {"birthday_month": True}, {}, "03"),
    ],
)
def test_the_member_is_asked_as_of_the_sale(
    when: dict[str, Any], holds: dict[str, Any], fails: dict[str, Any], found: str
) -> None:
    """M7, E7, M12."""
    (name,) = when

    assert outcome(when, member=Circumstances(**holds)) == FIRED
    assert outcome(when, member=Circumstances(**fails)) == RuleOutcome("base", 0, 0, name, found)
