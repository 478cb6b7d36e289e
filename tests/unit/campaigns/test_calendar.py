"""M19: on which days campaigns begin by the calendar, and at which instants."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.campaigns.calendar import comings
from huitou.campaigns.lunar import lunar_date
from huitou.kernel.calendars import local_date, start_of_day
from huitou.kernel.instants import MILLISECOND
from huitou.program.campaigns import Campaign
from tests.builders import TAIPEI, at, program
from tests.campaigns import HELLO, SEGMENTS
from tests.templates import speaking, template

BERLIN = ZoneInfo("Europe/Berlin")


def a_campaign(calendar: dict[str, Any], **changes: Any) -> Campaign:
    written = {"id": "c", "name": "C", "calendar": calendar, "steps": [HELLO], **changes}
    return program(speaking(template(), segments=SEGMENTS, campaigns=[written])).campaigns["c"]


def days(campaign: Campaign, first: str, last: str, zone: ZoneInfo = TAIPEI) -> list[str]:
    """Local days on which it begins, of those from ``first`` to ``last``."""
    since = start_of_day(date.fromisoformat(first), zone) - MILLISECOND
    until = start_of_day(date.fromisoformat(last) + timedelta(days=1), zone) - MILLISECOND
    return [str(local_date(each.at, zone)) for each in comings(campaign, since, until, zone)]


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ({"date": "2026-12-01"}, ["2026-12-01"]),
        ({"date": "2028-03-02", "days_before": 2}, ["2028-02-29"]),
        ({"yearly": "12-24"}, ["2026-12-24", "2027-12-24"]),
        ({"yearly": "02-29"}, ["2026-02-28", "2027-02-28", "2028-02-29"]),
        ({"yearly": "01-02", "days_before": 3}, ["2026-12-30", "2027-12-30"]),
        ({"yearly": "12-31", "days_after": 1}, ["2026-01-01", "2027-01-01", "2028-01-01"]),
        ({"lunar": "08-15", "days_before": 3}, ["2026-09-22", "2027-09-12"]),
        ({"lunar": "01-01"}, ["2026-02-17", "2027-02-06", "2028-01-26"]),
        ({"lunar": "12-30"}, ["2026-02-16", "2027-02-05", "2028-01-25"]),
        ({"lunar": "05-05"}, ["2026-06-19", "2027-06-09"]),
    ],
)
def test_days_are_those_of_the_calendar(calendar: dict[str, Any], expected: list[str]) -> None:
    """The last day of the lunar year is its 29th or 30th; 中秋 is in the year of ours."""
    assert days(a_campaign(calendar), "2026-01-01", "2028-03-31") == expected


def test_a_month_without_the_day_has_its_last() -> None:
    assert days(a_campaign({"monthly": 31}), "2028-01-01", "2028-06-30") == [
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
        "2028-04-30",
        "2028-05-31",
        "2028-06-30",
    ]


def test_nothing_begins_in_a_leap_month() -> None:
    """2025 had two sixth months."""
    assert lunar_date(2025, 6, 1) == date(2025, 6, 25)
    assert days(a_campaign({"lunar": "06-01"}), "2025-01-01", "2025-12-31") == ["2025-06-25"]


def test_of_years_that_the_tables_do_not_know_there_is_no_day() -> None:
    assert lunar_date(2100, 12, 1) is not None
    assert lunar_date(2101, 1, 1) is None


def test_a_day_begins_at_its_hour_or_with_its_first_instant() -> None:
    (early,) = comings(a_campaign({"date": "2026-12-01"}), at("2026-11-30 00:00"), at("2026-12-02 00:00"), TAIPEI)
    later = a_campaign({"date": "2026-12-01"}, at="10:30")
    (late,) = comings(later, at("2026-11-30 00:00"), at("2026-12-02 00:00"), TAIPEI)
    assert (early.at, late.at) == (at("2026-12-01 00:00"), at("2026-12-01 10:30"))


def test_an_hour_that_clocks_jump_over_is_moved_on_and_one_shown_twice_is_the_first() -> None:
    """E9."""
    spring = a_campaign({"date": "2026-03-29"}, at="02:30")
    autumn = a_campaign({"date": "2026-10-25"}, at="02:30")
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), BERLIN)
    assert [each.at for each in comings(spring, *year)] == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC)]
    assert [each.at for each in comings(autumn, *year)] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_it_begins_only_within_its_dates() -> None:
    campaign = a_campaign({"monthly": 1}, dates={"from": "2026-02-01", "to": "2026-03-31"})
    assert days(campaign, "2026-01-01", "2026-12-31") == ["2026-02-01", "2026-03-01"]


RULES = st.one_of(
    st.builds(lambda month, day: {"yearly": f"{month:02d}-{day:02d}"}, st.integers(1, 12), st.integers(1, 28)),
    st.builds(lambda month, day: {"lunar": f"{month:02d}-{day:02d}"}, st.integers(1, 12), st.integers(1, 30)),
    st.builds(lambda day: {"monthly": day}, st.integers(1, 31)),
)
INSTANTS = st.integers(0, 86_400_000 * 3_000).map(lambda ms: datetime(2024, 1, 1, tzinfo=UTC) + ms * MILLISECOND)


@given(
    rule=RULES,
    shift=st.integers(-60, 60),
    hour=st.sampled_from([None, "00:00", "02:30", "23:59"]),
    cuts=st.lists(INSTANTS, min_size=3, max_size=5),
    zone=st.sampled_from([TAIPEI, BERLIN, ZoneInfo("Pacific/Apia")]),
)
def test_however_time_is_cut_each_day_comes_once(
    rule: dict[str, Any], shift: int, hour: str | None, cuts: list[datetime], zone: ZoneInfo
) -> None:
    """Ticks that follow each other find all that one look over the whole time finds, and nothing twice."""
    moved = {"days_before": max(0, -shift), "days_after": max(0, shift)}
    campaign, (first, *others) = a_campaign({**rule, **moved}, at=hour), sorted(cuts)
    whole = comings(campaign, first, others[-1], zone)
    pieces = [
        each
        for since, until in zip([first, *others], others, strict=False)
        for each in comings(campaign, since, until, zone)
    ]
    assert pieces == whole
    assert len({each.day for each in whole}) == len(whole)
    assert whole == sorted(whole)
    assert all(first < each.at <= others[-1] for each in whole)
