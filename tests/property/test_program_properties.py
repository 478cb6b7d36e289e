"""What holds for every programme."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.expiry import activation, expiration
from huitou.program.document import ID_PATTERN, canonical_json
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


@given(path=st.sampled_from(sorted(document())), junk=JSON)
def test_any_value_in_any_field_is_read_or_refused_with_a_place(path: str, junk: Any) -> None:
    """E30: never an exception of another kind, always a pointer that leads to the field."""
    try:
        read_document(json.dumps({**document(), path: junk}))
    except InvalidProgramError as error:
        errors = error.errors
        assert errors
        assert all(each.message and each.pointer[:1] in ("", "/") for each in errors)


@given(when=JSON | st.dictionaries(st.sampled_from(["brands", "dates", "hours", "weekdays", "channels"]), JSON))
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
