"""Measures over a window, and when they leave their limits if nothing else happens.

A window loses its deeds from the front of a list (`huitou.segments.deeds.Held`). So a measure is a function of how
many are gone, and whether it is within limits is followed from one leaving to the next until that changes. What can
only fall is not followed but searched. Deeds that leave at one instant leave together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from huitou.kernel.instants import MILLISECOND
from huitou.points.outlook import NEVER
from huitou.segments.deeds import Choice, Chosen, Held
from huitou.segments.limits import Limits
from huitou.segments.moment import Answer, Known, always

_DAY = timedelta(days=1) // MILLISECOND

Falling = Callable[[int], int]
"""What the deeds from an index on come to; never more without the first of them."""
Truth = Callable[[int], bool]
"""Whether what the deeds from an index on come to is within limits."""


def followed(held: Held, truth: Truth) -> Answer:
    """Until the first leaving after which ``truth`` is another."""
    _, index, end, leaving = held
    holds = truth(index)
    if not leaving:
        return always(holds)
    while index < end:
        leaves = leaving[index]
        index += 1
        if index < end and leaving[index] == leaves:
            index = bisect_right(leaving, leaves, index, end)
        if truth(index) is not holds:
            return Answer(holds, leaves)
    return Answer(holds, NEVER)


def searched(held: Held, value: Falling, low: float, high: float) -> Answer:
    """`followed`, for a value that only falls, and whether it is from ``low`` to ``high``."""
    _, first, end, leaving = held
    now = value(first)
    if not leaving:
        return always(low <= now <= high)
    if now < low or low > high:
        return Answer(False, NEVER)
    if now <= high:
        index = _first(first, end, lambda index: value(index) < low)
        return Answer(True, leaving[index - 1] if index <= end else NEVER)
    index = _first(first, end, lambda index: value(index) <= high)
    if index > end:
        return Answer(False, NEVER)
    leaves = leaving[index - 1]
    return Answer(False, leaves if value(bisect_right(leaving, leaves, index, end)) >= low else NEVER)


def _first(first: int, end: int, is_reached: Callable[[int], bool]) -> int:
    """The first index at which it is, or one more than ``end``."""
    return first + bisect_left(range(first, end + 1), True, key=is_reached)


def count(held: Held) -> Falling:
    """How many deeds."""
    end = held.end
    return lambda index: end - index


def spend(held: Held, low: float, high: float) -> Answer:
    """`searched` for money, unless some was paid out: then it may rise when that leaves."""
    value = money(held)
    if min(held.chosen.amounts, default=0) >= 0:
        return searched(held, value, low, high)
    return followed(held, lambda index: low <= value(index) <= high)


def money(held: Held) -> Callable[[int], int]:
    """The money of the deeds."""
    sums, end = held.chosen.sums, held.end
    total = sums[end]
    return lambda index: total - sums[index]


def average(held: Held, limits: Limits) -> Truth:
    """The money of a deed."""
    value, end, hold = money(held), held.end, limits.hold_ratio
    return lambda index: hold(value(index), end - index)


def share(held: Held, limits: Limits, part: Choice, known: Known) -> Truth:
    """What part of the money is of ``part``."""
    chosen = held.chosen
    parts = known.once((part, chosen), lambda known: _parts(part.of(known), chosen))
    value, total, hold = money(held), parts[held.end], limits.hold_ratio
    return lambda index: hold(total - parts[index], value(index))


def _parts(part: Chosen, chosen: Chosen) -> list[int]:
    """What of the money of the first 0, 1, 2, … deeds is of ``part``: the same deeds, but not all of them."""
    amounts = {id(deed): amount for deed, amount in zip(part.deeds, part.amounts, strict=True)}
    return [0, *accumulate([amounts.get(id(deed), 0) for deed in chosen.deeds])]


def interval(held: Held, limits: Limits) -> Truth:
    """Days of 24 hours from each deed to the next, on average."""
    chosen, first, end, _ = held
    backwards = chosen.ats[first:end][::-1]
    earliest, latest = list(accumulate(backwards, min)), list(accumulate(backwards, max))

    def truth(index: int) -> bool:
        gaps = end - index - 1
        return gaps > 0 and limits.hold_ratio((latest[gaps] - earliest[gaps]) // MILLISECOND, gaps * _DAY)

    return truth


def distinct(held: Held, kinds: Sequence[Iterable[Hashable]]) -> Falling:
    """How many different kinds, of those that each of the deeds is of."""
    end = held.end
    seen: set[Hashable] = set()
    counts = [0]
    for each in reversed(kinds):
        seen.update(each)
        counts.append(len(seen))
    return lambda index: counts[end - index]


def usual_hour(held: Held, hours: frozenset[int], bought: Sequence[int]) -> Truth:
    """Whether the hour with the most deeds, and of such the one with the latest of them, is one of ``hours``.

    ``bought`` is the hour of each deed.
    """
    chosen, first, end, _ = held
    marks: dict[int, tuple[int, datetime, int]] = {}
    best: tuple[int, datetime, int] | None = None
    usual = [False]
    for index in range(end - 1, first - 1, -1):
        hour, at = bought[index], chosen.ats[index]
        times, latest, _ = marks.get(hour, (0, at, hour))
        mark = marks[hour] = (times + 1, max(latest, at), hour)
        if best is None or mark > best:
            best = mark
        usual.append(best[2] in hours)
    return lambda index: usual[end - index]
