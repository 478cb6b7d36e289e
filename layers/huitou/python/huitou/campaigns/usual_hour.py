"""The hour of the day at which a member usually comes, so that they hear something then (M19).

Hours are those of the programme's clock, by which steps are taken, and the day is a circle: who comes around midnight
comes at one time, not at two. Each visit counts twice for its hour and once for each of the two beside it, for people
come a quarter to as well as a quarter past. The hour with the most is the usual one. A mean would not do: of who comes
at noon and in the evening, it is the afternoon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from huitou.program.model import BrandId
from huitou.segments.facts import Deed

WITHIN: Final = timedelta(days=365)
LATEST_VISITS: Final = 24
"""More are not asked, for habits change."""
LEAST_VISITS: Final = 3
"""Fewer tell nothing usual."""
_DAY = 24


def usual_hour_of(deeds: Sequence[Deed], brand: BrandId | None, at: datetime, zone: ZoneInfo) -> int | None:
    """By what the member did in the year before ``at``; for a campaign of ``brand``, at that brand alone (E31).

    ``deeds`` are in the order of time.
    """
    came = [each.at for each in deeds if at - WITHIN <= each.at < at and brand in {None, each.brand}]
    return usual_hour([instant.astimezone(zone).hour for instant in came[-LATEST_VISITS:]])


def usual_hour(hours: Sequence[int]) -> int | None:
    """Of visits at these hours, the latest last; None: they are too few. Among equals, the one of the latest visit."""
    if len(hours) < LEAST_VISITS:
        return None
    counts = Counter(hours)
    weights = {
        hour: 2 * times + counts[(hour - 1) % _DAY] + counts[(hour + 1) % _DAY] for hour, times in counts.items()
    }
    most = max(weights.values())
    return next(hour for hour in reversed(hours) if weights[hour] == most)
