"""How often a member comes back by their own measure, and since when they are overdue by it (M18).

A member's rhythm is the median of the days between successive days on which they bought. Several purchases on one day
are one coming back. The median is the estimate that the fewest odd values can spoil (Donoho and Huber 1983, "The
notion of breakdown point", in A Festschrift for Erich L. Lehmann): one long holiday does not move it, while it would
move an average. With `LEAST_GAPS` gaps one odd gap is outvoted by the others; with fewer it is not, so there is no
rhythm yet. Only the `LATEST_GAPS` gaps count, since habits change.

Nothing here is compared with a clock: each question is answered by the span of time in which the answer is yes, so
that what is judged at an instant and when it changes cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days, local_date
from huitou.kernel.instants import MILLISECOND
from huitou.segments.facts import Deed, Verdict

LEAST_GAPS = 3
LATEST_GAPS = 12
LONGEST = 365_000
"""Days after which nothing is foreseen: a thousand years."""


class Span(NamedTuple):
    """The instants in [``begin``, ``end``) at which something is so, at least one.

    ``begin`` None: since ever; ``end`` None: for ever.
    """

    begin: datetime | None
    end: datetime | None

    def verdict(self, at: datetime) -> Verdict:
        """Whether ``at`` is within, and until when that stays so."""
        if self.begin is not None and at < self.begin:
            return Verdict(False, self.begin)
        if self.end is not None and at >= self.end:
            return Verdict(False, None)
        return Verdict(True, self.end)


ALWAYS = Span(None, None)


def purchase_days(deeds: Iterable[Deed], zone: ZoneInfo) -> list[date]:
    """The local days on which something was bought, each once, of ``deeds`` in the order of time."""
    return list(dict.fromkeys(local_date(deed.at, zone) for deed in deeds if deed.is_purchase))


def usual_interval(days: Sequence[date]) -> Fraction | None:
    """Days from one purchase to the next, as usual for who bought on ``days`` (ascending); None: no rhythm yet."""
    gaps = sorted((after - before).days for before, after in pairwise(days[-LATEST_GAPS - 1 :]))
    if len(gaps) < LEAST_GAPS:
        return None
    middle = len(gaps) // 2
    return Fraction(gaps[middle] + gaps[-1 - middle], 2)


def overdue(last: datetime, interval: Fraction, least: Fraction, zone: ZoneInfo) -> Span | None:
    """While at least ``least`` usual intervals have passed since ``last``, without another purchase; None: never."""
    begin = after_days(last, interval * least, zone)
    return Span(begin, None) if begin else None


def after_days(start: datetime, days: Fraction, zone: ZoneInfo) -> datetime | None:
    """The first millisecond by which so many local days have passed (E9); None if that is beyond `LONGEST`.

    Whole days end at the local time of ``start``. A part of a day is that part of its own length: half a day of 25
    hours is 12.5 hours.
    """
    if days > LONGEST:
        return None
    whole, rest = divmod(days, 1)
    begin, end = _day(start, int(whole), zone), _day(start, int(whole) + 1, zone)
    return begin + timedelta(milliseconds=-(-(rest * _millis(end - begin)) // 1))


def days_between(start: datetime, at: datetime, zone: ZoneInfo) -> Fraction:
    """Local days that passed from ``start`` to ``at``, not before it, exactly: what `after_days` is reached by."""
    whole = (local_date(at, zone) - local_date(start, zone)).days
    while _day(start, whole, zone) > at:
        whole -= 1
    begin, end = _day(start, whole, zone), _day(start, whole + 1, zone)
    return whole + Fraction(_millis(at - begin), _millis(end - begin))


def _day(start: datetime, number: int, zone: ZoneInfo) -> datetime:
    """When the day with this number begins, counted from ``start``."""
    return add_days(start, number, zone) if number else start


def _millis(length: timedelta) -> int:
    return length // MILLISECOND
