"""The Chinese calendar, from the tables of borax: months are counted as in China and Taiwan, by their time."""

from __future__ import annotations

from datetime import date
from functools import cache

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Of the Chinese calendar: those that the tables know."""


@cache
def lunar_date(year: int, month: int, day: int) -> date | None:
    """When ``day`` of ``month`` is, never that of a leap month; of a shorter month, its last. None: it is not known.

    The package is loaded when somebody asks: no function waits for it whose programme has no such day.
    """
    from borax.calendars.lunardate import LCalendars, LunarDate  # type: ignore[import-untyped]  # noqa: PLC0415

    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    found: date = LunarDate(year, month, min(day, LCalendars.ndays(year, month))).to_solar_date()
    return found
