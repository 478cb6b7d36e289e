"""Over what time a tier is measured, and when it is reviewed (M15, E9). All instants are milliseconds since 1970.

A window of N days is the interval (t − N days, t], where the subtraction keeps the local time of day, so that in
milliseconds it begins one later. Periods are [first day, first day of the next).
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days, add_months, local_date, start_of_day
from huitou.kernel.instants import from_millis, to_millis
from huitou.program.tiers import AnniversaryWindow, CalendarWindow, RollingWindow, TierPolicy

DAY = 86_400_000


class Window(Protocol):
    """``since`` is the first instant that counts at ``t``; ``earliest`` is as early or earlier, and found faster."""

    def since(self, t: int) -> int: ...

    def earliest(self, t: int) -> int: ...

    def next_review(self, t: int) -> int:
        """When a tier reached or renewed at ``t`` is reviewed; later than ``t``."""
        ...

    def reviewed_since(self, review: int) -> int:
        """The first instant that counts at a review: what came before the review counts, from this on."""
        ...

    def grace_since(self, review: int, t: int) -> int:
        """The first instant that counts at ``t``, in the grace after a failed review."""
        ...


class _Rolling:
    def __init__(self, days: int, zone: ZoneInfo) -> None:
        self._days = days
        self._zone = zone
        self._reach = (days + 2) * DAY  # a zone may even leave out a day

    def since(self, t: int) -> int:
        return to_millis(add_days(from_millis(t), -self._days, self._zone)) + 1

    def earliest(self, t: int) -> int:
        return t - self._reach

    def next_review(self, t: int) -> int:
        return to_millis(add_days(from_millis(t), self._days, self._zone))

    def reviewed_since(self, review: int) -> int:
        return self.since(review)

    def grace_since(self, review: int, t: int) -> int:
        del review
        return self.since(t)


class _Periods:
    """Periods of ``months`` months, of which one begins on ``anchor``."""

    def __init__(self, months: int, anchor: date, zone: ZoneInfo) -> None:
        self._months = months
        self._anchor = anchor
        self._zone = zone
        self._last = (0, 0)

    def since(self, t: int) -> int:
        return self._period(t)[0]

    earliest = since

    def next_review(self, t: int) -> int:
        return self._period(t)[1]

    def reviewed_since(self, review: int) -> int:
        return self.since(review - 1)

    def grace_since(self, review: int, t: int) -> int:
        """E8: the period that ended, and what came since."""
        del t
        return self.since(review - 1)

    def _period(self, t: int) -> tuple[int, int]:
        """[first, end) of the period of ``t``. Mostly that of the instant asked about before."""
        first, end = self._last
        if not first <= t < end:
            self._last = first, end = self._find(t)
        return first, end

    def _find(self, t: int) -> tuple[int, int]:
        day = local_date(from_millis(t), self._zone)
        between = (day.year - self._anchor.year) * 12 + day.month - self._anchor.month
        number = between // self._months
        if add_months(self._anchor, number * self._months) > day:
            number -= 1
        return self._start(number), self._start(number + 1)

    def _start(self, number: int) -> int:
        return to_millis(start_of_day(add_months(self._anchor, number * self._months), self._zone))


@lru_cache(maxsize=64)
def _calendar(months: int, zone: ZoneInfo) -> _Periods:
    return _Periods(months, date(2000, 1, 1), zone)


@lru_cache(maxsize=64)
def _rolling(days: int, zone: ZoneInfo) -> _Rolling:
    return _Rolling(days, zone)


def window_of(policy: TierPolicy, zone: ZoneInfo, enrolled_at: datetime) -> Window:
    """The policy's window for a member who enrolled at ``enrolled_at``."""
    match policy.window:
        case RollingWindow(days):
            return _rolling(days, zone)
        case CalendarWindow(months):
            return _calendar(months, zone)
        case AnniversaryWindow():
            return _Periods(12, local_date(enrolled_at, zone), zone)


def days_after(t: int, days: int, zone: ZoneInfo) -> int:
    """The same local time, ``days`` later or earlier."""
    return to_millis(add_days(from_millis(t), days, zone)) if days else t
