"""Which deeds of a member count, which of them lie in a window, and when they leave it.

A window of days lets its deeds go one after the other, each at the same local time as it was done (E9); a month or a
year lets all of them go at its end. So what a window holds, and will hold if nothing else happens, is a list in the
order of leaving, of which more and more is cut off at the front.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import first_of_next_month, first_of_year, local_date, start_of_day
from huitou.program.model import BrandId, Program
from huitou.program.predicates import EVERYTHING, LastDays, Only, ThisPeriod, Window
from huitou.segments.facts import Deed, DeedLine
from huitou.segments.local_days import LocalDays
from huitou.segments.moment import Known, Moment


class Departures(NamedTuple):
    """When each deed leaves a window. Where clocks were put back, who came first may not be who leaves first."""

    at: list[datetime]
    in_order: bool


class Chosen:
    """Deeds that count, and the money in them that counts. What is asked of them again and again is kept."""

    __slots__ = ("_days", "_leaving", "_sums", "amounts", "ats", "deeds")

    def __init__(self, deeds: list[Deed], amounts: list[int]) -> None:
        self.deeds = deeds
        self.amounts = amounts
        self.ats = [deed.at for deed in deeds]
        self._leaving: dict[int, Departures] = {}
        self._sums: list[int] | None = None
        self._days: list[date] | None = None

    @property
    def sums(self) -> list[int]:
        """The money of the first 0, 1, 2, … deeds."""
        if self._sums is None:
            self._sums = [0, *accumulate(self.amounts)]
        return self._sums

    def days(self, calendar: LocalDays) -> list[date]:
        """The local day of each deed."""
        if self._days is None:
            self._days = [clock.date() for clock in calendar.clocks(self.ats)]
        return self._days

    def leaving(self, days: int, calendar: LocalDays) -> Departures:
        """A window of ``days``."""
        found = self._leaving.get(days)
        if found is None:
            instants = calendar.all_later(self.ats, days)
            found = self._leaving[days] = Departures(instants, instants == sorted(instants))
        return found


class Held(NamedTuple):
    """What a window holds: the deeds [``first``, ``end``) of ``chosen``. They leave in this order, at ``leaving``.

    That is empty where none ever leaves, or nobody wants to know when.
    """

    chosen: Chosen
    first: int
    end: int
    leaving: Sequence[datetime]


class Choice:
    """What `Only` chooses for a brand's segment, or the group's; E31: nothing but the brand's own."""

    __slots__ = ("_asks", "_categories", "_selects_lines", "_skus", "_visits")

    def __init__(self, only: Only, brand: BrandId | None, program: Program, *, visits: bool = False) -> None:
        self._asks = tuple(_asks(only, brand, program))
        self._categories, self._skus = only.categories, only.skus
        self._selects_lines = bool(only.categories or only.skus)
        self._visits = visits

    def of(self, known: Known) -> Chosen:
        """In the order of time."""
        chosen = known.chosen.get(self)
        if chosen is None:
            chosen = known.chosen[self] = self._choose(known)
        return chosen

    def lines(self, deed: Deed) -> Sequence[DeedLine]:
        """Those of its lines that count."""
        if not self._selects_lines:
            return deed.lines
        return [line for line in deed.lines if line.category in self._categories or line.sku in self._skus]

    def _choose(self, known: Known) -> Chosen:
        deeds: Iterable[Deed] = known.facts.deeds
        if not self._visits:
            deeds = [deed for deed in deeds if deed.is_purchase]
        for asks in self._asks:
            deeds = [deed for deed in deeds if asks(deed)]
        if not self._selects_lines:
            chosen = list(deeds)
            return Chosen(chosen, [deed.spend for deed in chosen])
        found = [(deed, lines) for deed in deeds if (lines := self.lines(deed))]
        return Chosen([deed for deed, _ in found], [sum([line.amount for line in lines]) for _, lines in found])


class Scope:
    """Whose segment asks, of a programme; all that ask for the same deeds share one `Choice`."""

    def __init__(self, program: Program, brand: BrandId | None, choices: dict[object, Choice]) -> None:
        self.program = program
        self.brand = brand
        self._choices = choices

    def choice(self, only: Only = EVERYTHING, *, visits: bool = False) -> Choice:
        """Of purchases, or of visits with and without one."""
        key = (only, self.brand, visits)
        if key not in self._choices:
            self._choices[key] = Choice(only, self.brand, self.program, visits=visits)
        return self._choices[key]


def _asks(only: Only, brand: BrandId | None, program: Program) -> Iterable[Callable[[Deed], bool]]:
    """What is asked of a deed as a whole; what is not asked costs nothing."""
    brands, channels, payments = only.brands, only.channels, only.payments
    if brand is not None:
        yield lambda deed: deed.brand == brand
    if brands:
        yield lambda deed: deed.brand in brands
    if only.stores:
        yield lambda deed: deed.store in only.stores
    if only.regions:
        there = frozenset(store.id for store in program.stores.values() if store.region in only.regions)
        yield lambda deed: deed.store in there
    if channels:
        yield lambda deed: deed.channel in channels
    if payments:
        yield lambda deed: not payments.isdisjoint(deed.payments)
    if only.discounted is not None:
        yield lambda deed: deed.discounted is only.discounted


def held_in(chosen: Chosen, window: Window, moment: Moment) -> Held:
    """What ``window`` holds at the moment: what was done before it (E7), and has not left (E9)."""
    at, ats, is_followed = moment.at, chosen.ats, not moment.only_now
    end = bisect_left(ats, moment.seen_at)
    match window:
        case LastDays(days):
            leaving, in_order = chosen.leaving(days, moment.known.days)
            if not in_order:
                return _reordered(chosen, leaving[:end], at)
            return Held(chosen, bisect_right(leaving, at, 0, end), end, leaving if is_followed else ())
        case ThisPeriod():
            begins, ends = _period(window, local_date(at, moment.known.program.zone), moment.known.program.zone)
            return Held(chosen, bisect_left(ats, begins, 0, end), end, [ends] * end if is_followed else ())
    return Held(chosen, 0, end, ())


def _reordered(chosen: Chosen, leaving: Sequence[datetime], at: datetime) -> Held:
    order = sorted([(leaves, index) for index, leaves in enumerate(leaving) if leaves > at])
    indices = [index for _, index in order]
    left = Chosen([chosen.deeds[index] for index in indices], [chosen.amounts[index] for index in indices])
    return Held(left, 0, len(order), [leaves for leaves, _ in order])


def _period(window: ThisPeriod, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """[first instant, end) of the local month or year of ``day``."""
    if window.period == "month":
        first, end = day.replace(day=1), first_of_next_month(day)
    else:
        first, end = first_of_year(day.year), first_of_year(day.year + 1)
    return start_of_day(first, zone), start_of_day(end, zone)
