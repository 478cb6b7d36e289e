"""Recency, frequency and money in five classes each, by quantile among all members (M16).

Recency is whole local days since the last purchase (E9), frequency the number of days with a purchase, money what was
spent: of the last so many days, by all who bought in them. Whoever is ahead of at least k fifths of them is in class
k + 1, so that equals are in one class, and a class may stay empty: where most have bought once, nobody who did is
called frequent. (Hughes 1994, Strategic Database Marketing, names the three and cuts them in fifths.)
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days
from huitou.segments.facts import Deed, RfmScale
from huitou.segments.rhythm import days_between, purchase_days

CLASSES = 5
Cuts = tuple[int, int, int, int]


class Measures(NamedTuple):
    """What a member is classed by: days since the last purchase, days with one, money in the smallest unit."""

    recency: int
    frequency: int
    money: int


def bought_within(deeds: Sequence[Deed], at: datetime, days: int, zone: ZoneInfo) -> list[Deed]:
    """The purchases before ``at`` that count in the last ``days`` days then (E9), in the order of time."""
    return [deed for deed in deeds if deed.is_purchase and deed.at < at < add_days(deed.at, days, zone)]


def measures_of(bought: Sequence[Deed], at: datetime, zone: ZoneInfo) -> Measures | None:
    """Of who ``bought`` this within the time; None for who bought nothing."""
    if not bought:
        return None
    return Measures(
        recency=int(days_between(bought[-1].at, at, zone)),
        frequency=len(purchase_days(bought, zone)),
        money=sum(deed.spend for deed in bought),
    )


def cuts_of(values: Mapping[int, int]) -> Cuts:
    """For each k of 1 to 4, the least value that is ahead of k fifths; ``values`` counts members by value."""
    ordered = sorted(values)
    reached = list(accumulate(values[value] for value in ordered))

    def ahead_of(fifths: int) -> int:
        return 1 + ordered[bisect_left(reached, -(-fifths * reached[-1] // CLASSES))]

    return ahead_of(1), ahead_of(2), ahead_of(3), ahead_of(4)


def scale_of(measured: Mapping[Measures, int], days: int) -> RfmScale | None:
    """Where the classes begin, of ``measured`` counted over all members; None if there are none.

    ``days`` is the time over which they were taken.
    """
    if not measured:
        return None
    recency, frequency, money = Counter[int](), Counter[int](), Counter[int]()
    for each, members in measured.items():
        recency[-each.recency] += members
        frequency[each.frequency] += members
        money[each.money] += members
    soonest = cuts_of(recency)
    return RfmScale(
        days=days,
        recency=(-soonest[0], -soonest[1], -soonest[2], -soonest[3]),
        frequency=cuts_of(frequency),
        money=cuts_of(money),
    )
