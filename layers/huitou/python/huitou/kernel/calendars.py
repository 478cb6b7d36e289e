"""Local calendars (E9): days, months and years of a time zone, as half-open intervals of instants.

A local day may have 23 or 25 hours. Arithmetic is done on local dates, never on hours, and only the
result becomes an instant. A local time that the clock jumps over moves on by the width of the gap; of one that
it shows twice, the first is meant.
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from huitou.kernel.instants import to_instant


@lru_cache(maxsize=1024)  # a sale asks for its day again and again
def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The day on the wall calendar of ``zone``."""
    return instant.astimezone(zone).date()


def at_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in ``zone`` show ``day`` and ``at``."""
    return to_instant(datetime.combine(day, at, tzinfo=zone))


@lru_cache(maxsize=1024)
def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day."""
    return at_local(day, time.min, zone)


def add_days(instant: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time ``days`` later (or earlier), however long the days between are."""
    local = instant.astimezone(zone)
    return at_local(local.date() + timedelta(days=days), local.time(), zone)


def add_months(day: date, months: int) -> date:
    """31 January + 1 month is the last day of February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def first_of_next_month(day: date) -> date:
    """The day that ends a month, exclusive."""
    return add_months(day.replace(day=1), 1)


def first_of_year(year: int) -> date:
    """1 January."""
    return date(year, 1, 1)
