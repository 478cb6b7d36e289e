"""The days on which campaigns begin with many members at once, and their instants."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.campaigns.lunar import lunar_date
from huitou.kernel.calendars import add_months, at_local, local_date
from huitou.kernel.instants import MILLISECOND
from huitou.program.campaigns import Campaign, CampaignId, LunarYearly, Monthly, OnDate, Yearly
from huitou.program.ports import Programs

_DAY = timedelta(days=1)


class Coming(NamedTuple):
    """A campaign begins at ``at``, for ``day``: a festival, say, some days before which that may be."""

    day: date
    at: datetime


def comings(campaign: Campaign, since: datetime, until: datetime, zone: ZoneInfo) -> list[Coming]:
    """When it begins by its calendar after ``since``, up to ``until``; in the order of time."""
    if campaign.calendar is None:
        return []
    rule, shift = campaign.calendar.rule, timedelta(days=campaign.calendar.shift)
    first, last = local_date(since, zone) - _DAY - shift, local_date(until, zone) + _DAY - shift
    found = (Coming(day, at_local(day + shift, campaign.at or time.min, zone)) for day in _days(rule, first, last))
    return [each for each in found if since < each.at <= until and campaign.begins_at(each.at)]


def coming_at(programs: Programs, campaign: CampaignId, at: datetime) -> Coming | None:
    """E20: how the campaign begins at ``at`` by what was published until then; None: it does not."""
    program = programs.at(at)
    then = program.campaigns.get(campaign)
    if then is None or then.paused:
        return None
    return next(iter(comings(then, at - MILLISECOND, at, program.zone)), None)


def _days(rule: OnDate | Yearly | Monthly | LunarYearly, first: date, last: date) -> Iterator[date]:
    """Those of the rule from ``first`` to ``last``, in order."""
    yield from (day for day in _around(rule, first, last) if day is not None and first <= day <= last)


def _around(rule: OnDate | Yearly | Monthly | LunarYearly, first: date, last: date) -> Iterator[date | None]:
    years = range(first.year, last.year + 1)
    match rule:
        case OnDate(day):
            yield day
        case Yearly(month, number):
            yield from (_in_month(date(year, month, 1), number) for year in years)
        case Monthly(number):
            months = (last.year - first.year) * 12 + last.month - first.month
            yield from (_in_month(add_months(first.replace(day=1), each), number) for each in range(months + 1))
        case LunarYearly(month, number):  # whose last days are in the next year of ours
            yield from (lunar_date(year, month, number) for year in range(first.year - 1, last.year + 1))


def _in_month(month: date, day: int) -> date:
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))
