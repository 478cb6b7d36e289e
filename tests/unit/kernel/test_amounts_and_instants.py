"""E33: money, points and instants as they are written outside and kept inside."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.errors import InvalidError
from huitou.kernel.instants import EPOCH, format_instant, from_millis, parse_instant, to_instant, to_millis
from huitou.kernel.money import InvalidAmountError, format_amount, parse_amount

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(to_instant)  # noqa: DTZ001

NO_DECIMALS = [
    "",
    " ",
    "1,000",
    "1e3",
    "1.",
    ".5",
    "+1",
    "--1",
    "1 ",
    "0x10",
    "NaN",
    "Infinity",
    "１２",
    "1_000",
    "1.2.3",
]
TOO_LONG = ["1" * 16, "1.0000001"]


@pytest.mark.parametrize(
    ("text", "exponent", "units"),
    [
        ("12.30", 2, 1230),
        ("12.3", 2, 1230),
        ("12", 2, 1200),
        ("0.05", 2, 5),
        ("-0.05", 2, -5),
        ("350", 0, 350),
        ("350.00", 0, 350),
        ("007", 0, 7),
        ("999999999999999.999999", 6, 999_999_999_999_999_999_999),
    ],
)
def test_an_amount_becomes_whole_units(text: str, exponent: int, units: int) -> None:
    assert parse_amount(text, exponent) == units


@pytest.mark.parametrize("text", [*NO_DECIMALS, *TOO_LONG])
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    """E30: NaN, infinities, exponents, digits of other scripts."""
    with pytest.raises(InvalidAmountError):
        parse_amount(text, 2)


@pytest.mark.parametrize(("text", "exponent"), [("12.345", 2), ("1.5", 0), ("0.001", 2)])
def test_too_many_decimals_are_refused_and_never_rounded(text: str, exponent: int) -> None:
    """E30."""
    with pytest.raises(InvalidAmountError, match=f"more than {exponent} decimals"):
        parse_amount(text, exponent)


@given(units=st.integers(-(10**15) + 1, 10**15 - 1), exponent=st.integers(0, 6))
def test_an_amount_comes_back_as_it_was_written(units: int, exponent: int) -> None:
    """No float on the way, so nothing is lost at any size."""
    assert parse_amount(format_amount(units, exponent), exponent) == units


def test_an_amount_is_written_with_all_its_decimals() -> None:
    assert [format_amount(units, 2) for units in (1230, 5, 0, -5, -1230)] == [
        "12.30",
        "0.05",
        "0.00",
        "-0.05",
        "-12.30",
    ]


@given(instant=INSTANTS)
def test_an_instant_comes_back_as_it_was_written(instant: datetime) -> None:
    assert parse_instant(format_instant(instant)) == instant
    assert from_millis(to_millis(instant)) == instant


@given(one=INSTANTS, other=INSTANTS)
def test_written_instants_sort_as_they_follow_each_other(one: datetime, other: datetime) -> None:
    """Sort keys of the table rest on it."""
    assert (format_instant(one) < format_instant(other)) == (one < other)


def test_an_instant_is_kept_in_utc_to_the_millisecond() -> None:
    assert parse_instant("2026-01-31T18:30:00.123999+08:00") == datetime(2026, 1, 31, 10, 30, 0, 123000, tzinfo=UTC)
    assert to_millis(EPOCH) == 0


@pytest.mark.parametrize("text", ["2026-01-31T18:30:00", "yesterday", "", "2026-02-30T00:00:00Z"])
def test_a_time_without_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_instant(text)
