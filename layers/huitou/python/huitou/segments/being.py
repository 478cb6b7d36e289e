"""Leaves about who the member is."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Callable
from datetime import MAXYEAR, date, datetime, timedelta
from functools import partial
from itertools import count
from operator import attrgetter

from huitou.kernel.calendars import first_of_next_month, local_date, start_of_day
from huitou.kernel.instants import BEGINNING
from huitou.members.model import ConsentKey
from huitou.points.outlook import NEVER
from huitou.program.model import Program
from huitou.program.predicates import (
    Age,
    AnniversaryNear,
    BirthdayMonth,
    BirthdayNear,
    Consents,
    Joined,
    ProfileIs,
    Tagged,
)
from huitou.segments.deeds import Scope
from huitou.segments.limits import limits
from huitou.segments.moment import Answer, Check, Moment, always, passed, within

_LONGEST_YEAR = 366


def birthday_in(year: int, born: date, *, leap_day_in_march: bool = False) -> date:
    """E10: who was born on 29 February has their birthday on 28 February in common years, or on 1 March."""
    if (born.month, born.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1) if leap_day_in_march else date(year, 2, 28)
    return born.replace(year=year)


def age(leaf: Age, _: Scope) -> Check:
    """In whole years; it changes as the day of the birthday begins."""
    low, high = limits(leaf.bounds)[:2]

    def check(moment: Moment) -> Answer:
        born, program = moment.known.facts.birthday, moment.known.program
        if born is None or low > high:
            return always(False)
        return within(_turning(low, born, program), _turning(high + 1, born, program), moment.at)

    return check


def _turning(years: float, born: date, program: Program) -> datetime:
    """When the member turns so many years old."""
    if years + born.year < 2:
        return BEGINNING
    if years + born.year >= MAXYEAR:
        return NEVER
    year = born.year + int(years)
    return start_of_day(birthday_in(year, born, leap_day_in_march=program.leap_day_in_march), program.zone)


def birthday_near(leaf: BirthdayNear, _: Scope) -> Check:
    """Around each year's birthday."""

    def check(moment: Moment) -> Answer:
        born, in_march = moment.known.facts.birthday, moment.known.program.leap_day_in_march
        if born is None:
            return always(False)
        return _near(leaf, partial(birthday_in, born=born, leap_day_in_march=in_march), moment)

    return check


def anniversary_near(leaf: AnniversaryNear, scope: Scope) -> Check:
    """Around each year's anniversary, but for the days around the day itself (E31: as `joined`)."""

    def check(moment: Moment) -> Answer:
        has, zone = moment.known.has, moment.known.program.zone
        then = has.enrolled_at if scope.brand is None else has.joined.get(scope.brand)
        if then is None:
            return always(False)
        day = local_date(then, zone)
        first = start_of_day(birthday_in(day.year + 1, day) - timedelta(leaf.before), zone)
        return _near(leaf, partial(birthday_in, born=day), moment) if moment.at >= first else Answer(False, first)

    return check


def _near(leaf: BirthdayNear | AnniversaryNear, day_in: Callable[[int], date], moment: Moment) -> Answer:
    """Around the day of each year. Where one year's reach the next one's, it is the end of those that counts."""
    before, after, zone = timedelta(leaf.before), timedelta(leaf.after + 1), moment.known.program.zone
    if leaf.before + leaf.after + 1 >= _LONGEST_YEAR:
        return always(True)
    day = end = local_date(moment.at, zone)
    for year in count(day.year - 1):
        yearly = day_in(year)
        if yearly - before > end:
            break
        end = max(end, yearly + after)
    if end > day:
        return Answer(True, start_of_day(end, zone))
    return Answer(False, start_of_day(yearly - before, zone))


def birthday_month(leaf: BirthdayMonth, _: Scope) -> Check:
    """The month of the birthday."""
    del leaf

    def check(moment: Moment) -> Answer:
        born, zone = moment.known.facts.birthday, moment.known.program.zone
        if born is None:
            return always(False)
        day = local_date(moment.at, zone)
        if day.month == born.month:
            return Answer(True, start_of_day(first_of_next_month(day), zone))
        return Answer(False, start_of_day(date(day.year + (day.month > born.month), born.month, 1), zone))

    return check


def joined(leaf: Joined, scope: Scope) -> Check:
    """E31: a brand's segment knows when the member joined that brand, and nothing of others."""
    brand = scope.brand
    brands = leaf.brands if brand is None else frozenset({brand}) & (leaf.brands or {brand})
    is_group = not leaf.brands and brand is None

    def check(moment: Moment) -> Answer:
        has = moment.known.has
        if is_group:
            then = has.enrolled_at
        elif found := brands & has.joined.keys():
            then = min(has.joined[each] for each in found)
        else:
            return always(False)
        return passed(moment, then, leaf.least, leaf.most)

    return check


def profile(leaf: ProfileIs, _: Scope) -> Check:
    """What a field says."""
    read, values = attrgetter(leaf.field), leaf.values
    return lambda moment: always(read(moment.known.facts) in values)


def tagged(leaf: Tagged, scope: Scope) -> Check:
    """E31: a brand's segment sees the tags that the brand put there."""
    names, brand = leaf.names, scope.brand

    def check(moment: Moment) -> Answer:
        tags = moment.known.facts.tags
        return always(any([tag.name in names and brand in (None, tag.brand) for tag in tags]))

    return check


def consents(leaf: Consents, _: Scope) -> Check:
    """Whether the member agreed."""
    key = ConsentKey(leaf.channel, leaf.brand, leaf.purpose)
    return lambda moment: always(key in moment.known.facts.consents)
