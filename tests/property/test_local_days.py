"""E9: what is summed far from changes of the clocks is what the calendar says."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.calendars import add_days
from huitou.segments.local_days import LocalDays
from tests.facts import INSTANTS, ZONES

MORE_ZONES = (*ZONES, "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu", "America/Havana")


@pytest.mark.parametrize("name", MORE_ZONES)
@given(instants=st.lists(INSTANTS, max_size=20).map(sorted), days=st.integers(-400, 400))
def test_days_later_are_those_of_the_calendar_one_by_one_and_all_at_once(
    name: str, instants: list[datetime], days: int
) -> None:
    """E9: also where the clocks are put forward or back meanwhile, or at that very hour."""
    zone = ZoneInfo(name)
    calendar = LocalDays(zone)
    later = [add_days(instant, days, zone) for instant in instants]
    assert [calendar.later(instant, days) for instant in instants] == later
    assert calendar.all_later(instants, days) == later
    assert calendar.clocks(instants) == [instant.astimezone(zone).replace(tzinfo=UTC) for instant in instants]
