"""The instants at which campaigns begin with many members at once: on their days, and as they come into force."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.campaigns.lunar import lunar_date
from huitou.kernel.calendars import add_months, at_local, local_date
from huitou.kernel.instants import MILLISECOND
from huitou.program.campaigns import Campaign, CampaignId, LunarYearly, Monthly, OnDate, Yearly
from huitou.program.ports import Programs
from huitou.program.rules import SegmentId

_DAY = timedelta(days=1)


class Coming(NamedTuple):
    """A campaign begins with many at ``at``, for ``day``: a festival, say, some days before which that may be."""

    day: date
    at: datetime


def comings(campaign: Campaign, since: datetime, until: datetime, zone: ZoneInfo) -> list[Coming]:
    """When it begins by its calendar after ``since``, up to ``until``; in the order of time."""
    if campaign.calendar is None:
        return []
    rule, shift = campaign.calendar.rule, timedelta(days=campaign.calendar.shift)
    first, last = local_date(since, zone) - _DAY - shift, local_date(until, zone) + _DAY - shift
    found = (Coming(day, at_local(day + shift, campaign.called_at, zone)) for day in _days(rule, first, last))
    return [each for each in found if since < each.at <= until and campaign.begins_at(each.at)]


def announced(programs: Programs, campaign: Campaign, since: datetime, until: datetime) -> Iterator[Coming]:
    """E20: when ``campaign`` begins with many after ``since``, up to ``until``, by what was published until then."""
    instants = [each.at for each in comings(campaign, since, until, programs.active().zone)]
    if campaign.include_current:
        instants += [at for at in _changes(programs, campaign, since) if since < at <= until]
    for at in instants:
        if coming := coming_at(programs, campaign.id, at):
            yield coming


def coming_at(programs: Programs, campaign: CampaignId, at: datetime) -> Coming | None:
    """E20: how the campaign begins with many at ``at``, by what was published until then.

    None: it does not; or it begins otherwise by now.
    """
    program = programs.at(at)
    then, today = program.campaigns.get(campaign), programs.active().campaigns.get(campaign)
    if then is None or today is None or then.paused or _trigger(then) != _trigger(today):
        return None
    if then.include_current:
        return Coming(local_date(at, program.zone), at) if _comes_into_force(then, at, programs) else None
    return next(iter(comings(then, at - MILLISECOND, at, program.zone)), None)


def _trigger(campaign: Campaign) -> tuple[bool, SegmentId | None]:
    """Whether it begins by a calendar; and if not, with whose members, where it includes them."""
    return campaign.calendar is not None, campaign.segment if campaign.include_current else None


def _changes(programs: Programs, campaign: Campaign, since: datetime) -> Iterator[datetime]:
    """When it may have come into force: as its dates begin, and with the publications after ``since``."""
    if campaign.starts_at is not None:
        yield campaign.starts_at
    number = programs.active().version
    while number > 0 and (published_at := programs.published_at(number)) > since:
        yield published_at
        number -= 1


def _comes_into_force(campaign: Campaign, at: datetime, programs: Programs) -> bool:
    """Whether it begins with members from ``at`` on, and with none of that segment just before."""
    earlier = at - MILLISECOND
    before = programs.at(earlier).campaigns.get(campaign.id)
    held = (
        before is not None
        and (before.include_current, before.paused, before.segment) == (True, False, campaign.segment)
        and before.begins_at(earlier)
    )
    return campaign.begins_at(at) and not held


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
