"""How much of each cap a member has used (E12): a count by ``<rule>/<window>``.

A window is a day (``d2026-03-02``), a month (``m2026-03``), a campaign (``c`` and its first day) or a lifetime
(``l``). Days and months are forgotten when no sale can fall into them any more.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date, timedelta
from functools import lru_cache

from huitou.kernel.calendars import first_of_next_month


def counted(counters: Mapping[str, int], used: Mapping[str, int]) -> Mapping[str, int]:
    """``counters`` with the use added; what is given back is below zero, and given back only where it still counts."""
    grown = dict(counters)
    for key, points in used.items():
        if points > 0 or key in grown:
            grown[key] = max(0, grown.get(key, 0) + points)
    return {key: points for key, points in grown.items() if points}


def recent(counters: Mapping[str, int], oldest: date, or_in: Container[str] = ()) -> Mapping[str, int]:
    """``counters`` without those whose window ended before the day ``oldest``, unless they are ``or_in`` these."""
    return {key: points for key, points in counters.items() if key in or_in or _last_day(key) >= oldest}


@lru_cache(maxsize=1024)  # each sale under a cap asks for all windows that still count
def _last_day(key: str) -> date:
    window = key.rpartition("/")[2]
    match window[0]:
        case "d":
            return date.fromisoformat(window[1:])
        case "m":
            return first_of_next_month(date.fromisoformat(f"{window[1:]}-01")) - timedelta(days=1)
    return date.max
