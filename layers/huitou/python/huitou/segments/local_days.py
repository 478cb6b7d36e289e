"""The same local time some days later, as `huitou.kernel.calendars` has it, for many instants at once (E9).

A year of a member has hundreds of deeds, and each leaves each window at an instant of its own. Nearly all days are far
from any change of the clocks: there it is a sum. What lies near one is left to the calendar.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days

_DAY = timedelta(days=1)


class Steady(NamedTuple):
    """What local time is ahead by, from the day before to the day after each day until ``until``; None: it changes."""

    offset: timedelta | None
    until: datetime


class LocalDays:
    """Days of one zone. Instants are in UTC. What is known of a year's days is kept."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._days = _Days(zone)

    def later(self, instant: datetime, days: int) -> datetime:
        """The same local time ``days`` later, or earlier."""
        then = instant + timedelta(days)
        before, after = self._days[instant.toordinal()].offset, self._days[then.toordinal()].offset
        if before is None or after is None:
            return add_days(instant, days, self._zone)
        return then if before == after else then + (before - after)

    def all_later(self, instants: Sequence[datetime], days: int) -> list[datetime]:
        """`later` for all of them, in order give or take the hours by which clocks are put back."""
        span, found, place = timedelta(days), list[datetime](), 0
        while place < len(instants):
            now, then = self._days.of(instants[place]), self._days.of(instants[place] + span)
            if now.offset is None or then.offset is None:
                found.append(self.later(instants[place], days))
                place += 1
            else:
                end = bisect_left(instants, min(now.until, then.until - span), place)
                shift = span + (now.offset - then.offset)
                found += [instant + shift for instant in instants[place:end]]
                place = end
        return found

    def clocks(self, instants: Sequence[datetime]) -> list[datetime]:
        """What the clocks show at each, written as if it were UTC; in the same order."""
        found, place = list[datetime](), 0
        while place < len(instants):
            offset, until = self._days.of(instants[place])
            end = bisect_left(instants, until, place)
            if offset is None:
                found += [instant.astimezone(self._zone).replace(tzinfo=UTC) for instant in instants[place:end]]
            else:
                found += [instant + offset for instant in instants[place:end]]
            place = end
        return found


class _Days(dict[int, Steady]):
    """Of each day, by its number, looked at when it is first asked for."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __missing__(self, day: int) -> Steady:
        self._look(datetime.fromordinal(day).year)
        return self[day]

    def of(self, instant: datetime) -> Steady:
        return self[instant.toordinal()]

    def _look(self, year: int) -> None:
        """At all days of a year. No zone changes its clocks and changes them back between two midnights."""
        first, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
        starts = [first + days * _DAY for days in range(-1, (end - first).days + 2)]
        offsets = [start.astimezone(self._zone).utcoffset() for start in starts]
        later = Steady(None, end)
        for place in range(len(starts) - 3, 0, -1):
            around = set(offsets[place - 1 : place + 3])
            offset = around.pop() if len(around) == 1 else None
            later = Steady(offset, later.until if later.offset == offset else starts[place + 1])
            self[starts[place].toordinal()] = later


@cache
def local_days(zone: ZoneInfo) -> LocalDays:
    """Those of ``zone``, of which there are as many as a programme has stores abroad."""
    return LocalDays(zone)
