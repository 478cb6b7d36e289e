"""E9: local days, months and years, on calendars where neither days nor nights are all alike."""

from __future__ import annotations

from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from huitou.kernel.calendars import (
    add_days,
    add_months,
    at_local,
    first_of_next_month,
    first_of_year,
    local_date,
    start_of_day,
)
from tests.builders import TAIPEI, at

NEW_YORK = ZoneInfo("America/New_York")
SANTIAGO = ZoneInfo("America/Santiago")
HAVANA = ZoneInfo("America/Havana")
APIA = ZoneInfo("Pacific/Apia")
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 8, 31), 25, date(2028, 9, 30)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int, then: date) -> None:
    """E9: 31 January + 1 month is the last day of February."""
    assert add_months(day, months) == then


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 7), 24), (date(2026, 3, 8), 23), (date(2026, 11, 1), 25)],
)
def test_a_local_day_may_have_23_or_25_hours(day: date, hours: int) -> None:
    """E9."""
    assert start_of_day(day + timedelta(days=1), NEW_YORK) - start_of_day(day, NEW_YORK) == hours * HOUR


def test_a_day_whose_midnight_is_skipped_begins_when_the_clock_jumps() -> None:
    """E9: on 6 September 2026 Santiago's clocks go from 23:59:59 to 01:00."""
    begin = start_of_day(date(2026, 9, 6), SANTIAGO)

    assert begin.astimezone(SANTIAGO).time() == time(1)
    assert local_date(begin - timedelta(milliseconds=1), SANTIAGO) == date(2026, 9, 5)


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    """E9: on 1 November 2026 Havana's clocks go back from 01:00 to 00:00."""
    begin = start_of_day(date(2026, 11, 1), HAVANA)

    assert local_date(begin - timedelta(milliseconds=1), HAVANA) == date(2026, 10, 31)
    assert start_of_day(date(2026, 11, 2), HAVANA) - begin == 25 * HOUR


def test_a_day_that_a_country_left_out_has_no_length() -> None:
    """E9: Samoa had no 30 December 2011."""
    assert start_of_day(date(2011, 12, 30), APIA) == start_of_day(date(2011, 12, 31), APIA)


def test_a_skipped_time_moves_on_by_the_gap_and_a_repeated_one_is_the_first() -> None:
    """E9: 02:30 does not exist on 8 March 2026 in New York; 01:30 comes twice on 1 November."""
    skipped = at_local(date(2026, 3, 8), time(2, 30), NEW_YORK)
    repeated = at_local(date(2026, 11, 1), time(1, 30), NEW_YORK)

    assert skipped.astimezone(NEW_YORK).time() == time(3, 30)
    assert repeated == at("2026-11-01T01:30-04:00")


def test_days_are_added_on_the_calendar_and_keep_the_time_of_day() -> None:
    """E9: a day later is 23 hours later over a change of clocks, and the subtraction undoes it."""
    noon = at_local(date(2026, 3, 7), time(12), NEW_YORK)

    assert add_days(noon, 1, NEW_YORK) - noon == 23 * HOUR
    assert add_days(add_days(noon, 1, NEW_YORK), -1, NEW_YORK) == noon


def test_a_day_is_the_one_on_the_wall() -> None:
    """E9: 17:00 UTC is the next day in Taipei."""
    assert local_date(at("2026-03-02T17:00+00:00"), TAIPEI) == date(2026, 3, 3)


def test_months_and_years_end_where_the_next_begin() -> None:
    """E9: as half-open intervals."""
    assert first_of_next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert first_of_next_month(date(2028, 2, 29)) == date(2028, 3, 1)
    assert first_of_year(2028) == date(2028, 1, 1)
