"""The same local time some days later, as `huitou.kernel.calendars` has it, for many instants at once (E9).

A year of a member has hundreds of deeds, and each leaves each window at an instant of its own. Nearly all days are far
from any change of the clocks: there it is a sum. What lies near one is left to the calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days

_DAY = timedelta(days=1)
_LEAP_YEAR = 366
_AROUND = (-1, 0, 1, 2)
"""The starts of these days, seen from a day: no zone changes its clocks and changes them back between two of them."""


class LocalDays:
    """Days of one zone. Instants are in UTC."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._of_day: dict[int, timedelta | None] = {}
        self._of_year: dict[int, timedelta | None] = {}

    def later(self, instant: datetime, days: int) -> datetime:
        """The same local time ``days`` later, or earlier."""
        then = instant + timedelta(days)
        before, after = self._offset(instant.toordinal()), self._offset(then.toordinal())
        if before is None or after is None:
            return add_days(instant, days, self._zone)
        return then if before == after else then + (before - after)

    def all_later(self, instants: Sequence[datetime], days: int) -> list[datetime]:
        """`later` for all of them, which are in order."""
        if not instants:
            return []
        years = range(instants[0].year, (instants[-1] + timedelta(days)).year + 1)
        offsets = {self._offset_in(year) for year in years}
        if len(offsets) == 1 and None not in offsets:
            span = timedelta(days)
            return [instant + span for instant in instants]
        return [self.later(instant, days) for instant in instants]

    def clock(self, instant: datetime) -> datetime:
        """What the clocks show, written as if it were UTC."""
        offset = self._offset(instant.toordinal())
        return instant.astimezone(self._zone).replace(tzinfo=UTC) if offset is None else instant + offset

    def _offset(self, day: int) -> timedelta | None:
        """What local time is ahead by, if it stays so from the day before to the day after ``day``, an ordinal."""
        if day not in self._of_day:
            self._of_day[day] = self._common(day, _AROUND)
        return self._of_day[day]

    def _offset_in(self, year: int) -> timedelta | None:
        """The same for a whole year."""
        if year not in self._of_year:
            first = datetime(year, 1, 1, tzinfo=UTC).toordinal()
            self._of_year[year] = self._common(first, range(-1, _LEAP_YEAR + 2))
        return self._of_year[year]

    def _common(self, day: int, distances: Sequence[int]) -> timedelta | None:
        start = datetime.fromordinal(day).replace(tzinfo=UTC)
        offsets = {(start + distance * _DAY).astimezone(self._zone).utcoffset() for distance in distances}
        return offsets.pop() if len(offsets) == 1 else None


@cache
def local_days(zone: ZoneInfo) -> LocalDays:
    """Those of ``zone``, of which there are as many as a programme has stores abroad."""
    return LocalDays(zone)
