"""What holds for every programme."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.expiry import activation, expiration
from huitou.program.compilation import compile_program
from huitou.program.differences import differences
from huitou.program.document import ProgramDocument, canonical_json
from huitou.program.document_parts import ID_PATTERN
from huitou.program.document_rules import ConditionsPart
from huitou.program.rules import Bonus, EarningRule, Rate
from huitou.program.validation import InvalidProgramError, read_document
from tests.builders import document, program, rule

EXPIRIES = st.one_of(
    st.builds(lambda days: {"type": "rolling_days", "days": days}, st.integers(1, 3660)),
    st.builds(lambda days: {"type": "sliding", "days": days}, st.integers(1, 3660)),
    st.builds(lambda months: {"type": "end_of_month", "months": months}, st.integers(0, 120)),
    st.builds(lambda years: {"type": "end_of_year", "years": years}, st.integers(0, 20)),
)
ZONES = st.sampled_from(["Asia/Taipei", "America/New_York", "Pacific/Apia", "America/Santiago", "UTC"])
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(expiry=EXPIRIES, pending=st.integers(0, 366), zone=ZONES, earned_at=INSTANTS)
def test_points_can_be_spent_before_they_end(
    expiry: dict[str, Any], pending: int, zone: str, earned_at: datetime
) -> None:
    """M8: life is counted from the end of the cooling-off, so no policy that can be written ends before it begins."""
    points = {"id": "points", "name": "Points", "expiry": expiry, "pending_days": pending}
    currency = program(document(time_zone=zone, point_currencies=[points])).currencies["points"]

    active_at = activation(currency, earned_at, ZoneInfo(zone))
    end = expiration(currency.expiry, active_at, ZoneInfo(zone))

    assert end is not None
    assert earned_at <= active_at < end


@given(path=st.sampled_from(sorted(ProgramDocument.model_fields)), junk=JSON)
def test_any_value_in_any_field_is_read_or_refused_with_a_place(path: str, junk: Any) -> None:
    """E30: never an exception of another kind, always a pointer that leads to the field."""
    try:
        read_document(json.dumps({**document(), path: junk}))
    except InvalidProgramError as error:
        errors = error.errors
        assert errors
        assert all(each.message and each.pointer[:1] in ("", "/") for each in errors)


@given(when=JSON | st.dictionaries(st.sampled_from(sorted(ConditionsPart.model_fields)), JSON))
def test_any_condition_is_read_or_refused_with_a_place_inside_it(when: Any) -> None:
    """E30"""
    try:
        read_document(json.dumps(document(earning=[rule(when=when)])))
    except InvalidProgramError as error:
        errors = error.errors
        assert all(each.pointer.startswith("/earning/0/when") for each in errors)


@given(name=st.from_regex(ID_PATTERN, fullmatch=True))
def test_every_id_of_the_pattern_is_taken(name: str) -> None:
    read_document(json.dumps(document(channels=[name])))


@given(name=st.text(min_size=1, max_size=80))
def test_the_stored_text_reads_back_as_itself(name: str) -> None:
    """A version that was published can always be published again: the canonical form is a fixed point."""
    try:
        text = canonical_json(read_document(json.dumps(document(name=name))))
    except InvalidProgramError:
        return
    assert canonical_json(read_document(text)) == text


CAPS = st.lists(
    st.builds(
        lambda points, per: {"points": str(points), "per": per},
        st.integers(0, 60),
        st.sampled_from(["purchase", "day", "month", "campaign", "lifetime"]),
    ),
    max_size=2,
)
REWARDS = st.one_of(
    st.builds(lambda points, per: {"points": str(points), "per": str(per)}, st.integers(1, 9), st.integers(1, 100)),
    st.builds(lambda points: {"points": str(points)}, st.integers(1, 50)),
    st.builds(lambda times: {"times": f"{times / 10}"}, st.integers(5, 40)),
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "stores": st.just(["m1"]),
        "regions": st.just(["north"]),
        "brands": st.sampled_from([["maru"], ["sora"]]),
        "tiers": st.just(["gold"]),
        "segments": st.just(["lapsed"]),
        "minimum": st.integers(0, 500).map(str),
        "birthday_month": st.booleans(),
        "first_purchase": st.sampled_from(["group", "brand"]),
        "dates": st.just({"from": "2026-05-01"}),
    },
)
RULES = st.builds(
    lambda reward, rest: {"name": "Rule", "currency": "points", **reward, **rest},
    REWARDS,
    st.fixed_dictionaries(
        {},
        optional={
            "when": CONDITIONS,
            "caps": CAPS,
            "budget": st.integers(0, 100).map(str),
            "stack": st.sampled_from(["cards", "boosts"]),
            "excludes": st.lists(st.sampled_from("abcd"), unique=True, max_size=2),
            "priority": st.integers(-3, 3),
        },
    ),
)
TIERS = {
    "measure": "visits",
    "window": {"type": "anniversary"},
    "levels": [{"id": "basic", "name": "Basic", "threshold": 0}, {"id": "gold", "name": "Gold", "threshold": 9}],
}


@given(rules=st.lists(RULES, max_size=4))
def test_whatever_can_be_published_can_be_compiled_and_no_circle_is_published(rules: list[dict[str, Any]]) -> None:
    """M34, E30: what is let through holds what decisions rely on."""
    earning = [{"id": name, **each} for name, each in zip("abcd", rules, strict=False)]
    stacks = [{"id": "cards", "combine": "best_of"}, {"id": "boosts", "combine": "product"}]
    written = document(earning=earning, stacks=stacks, tiers=TIERS, segments=["lapsed"])
    try:
        text = canonical_json(read_document(json.dumps(written)))
    except InvalidProgramError:
        return

    compiled = compile_program(json.loads(text), 1).earning

    assert differences(json.loads(text), json.loads(text)) == ()
    order = {each.id for each in compiled}
    while free := {each.id for each in compiled if each.id in order and not _excluded_by(compiled, each.id, order)}:
        order -= free
    assert order == set()
    grants = [(each, each.reward.points) for each in compiled if isinstance(each.reward, Rate | Bonus)]
    assert all(cap.points >= grant for each, grant in grants for cap in each.caps)
    assert all(each.budget is None or each.budget >= grant for each, grant in grants)


def _excluded_by(rules: tuple[EarningRule, ...], name: str, among: set[str]) -> bool:
    return any(name in each.excludes for each in rules if each.id in among)


NAMES = ("points", "stars", "moons", "suns")
PAIRS = st.dictionaries(
    st.sampled_from(list(permutations(NAMES, 2))),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    max_size=8,
)


@given(rates=PAIRS)
def test_conversions_are_refused_exactly_where_a_circle_makes_points(
    rates: dict[tuple[str, str], tuple[int, int]],
) -> None:
    """E11: against every circle, tried one by one."""
    points, _ = document()["point_currencies"]
    written = document(
        point_currencies=[{**points, "id": name} for name in NAMES],
        conversions=[
            {"from": source, "to": target, "give": str(give), "get": str(get)}
            for (source, target), (give, get) in rates.items()
        ],
    )
    circles = [(*some, some[0]) for size in (2, 3, 4) for some in permutations(NAMES, size)]
    products = []
    for circle in circles:
        product = Fraction(1)
        for pair in pairwise(circle):
            give, get = rates.get(pair, (1, 0))
            product *= Fraction(get, give)
        products.append(product)
    assert [each for each in _problems(written) if "out of nothing" not in each] == []
    assert bool(_problems(written)) == (max(products) > 1)


def _problems(written: dict[str, Any]) -> list[str]:
    try:
        read_document(json.dumps(written))
    except InvalidProgramError as error:
        return [each.message for each in error.errors]
    return []
