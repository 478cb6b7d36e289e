"""When points begin and end (M8): intervals on the programme's calendar (E9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_months, first_of_next_month, first_of_year, local_date, start_of_day
from huitou.points.wallet import Lot
from huitou.program.model import EndOfMonth, EndOfYear, Expiry, Never, PointCurrency, RollingDays, Sliding


def activation(currency: PointCurrency, earned_at: datetime, zone: ZoneInfo) -> datetime:
    """When points earned at ``earned_at`` can first be spent: at once, or when the cooling-off (鑑賞期) is over."""
    if currency.pending_days == 0:
        return earned_at
    return start_of_day(local_date(earned_at, zone) + timedelta(days=currency.pending_days), zone)


def expiration(expiry: Expiry, active_at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant at which points that became active at ``active_at`` are gone; None: never."""
    return None if isinstance(expiry, Never) else _end(expiry, local_date(active_at, zone), zone)


@lru_cache(maxsize=1024)  # many points begin on one day
def _end(expiry: RollingDays | Sliding | EndOfMonth | EndOfYear, day: date, zone: ZoneInfo) -> datetime:
    match expiry:
        case RollingDays(days) | Sliding(days):
            return start_of_day(day + timedelta(days=days + 1), zone)
        case EndOfMonth(months):
            return start_of_day(first_of_next_month(add_months(day.replace(day=1), months)), zone)
        case EndOfYear(years):
            return start_of_day(first_of_year(day.year + years + 1), zone)


def slide(lots: Iterable[Lot], activity: datetime, zone: ZoneInfo) -> tuple[Lot, ...]:
    """E5: moves the ends of sliding lots so that they follow ``activity``; never to before where they are."""
    return tuple(follow(lot, activity, zone) for lot in lots)


def follow(lot: Lot, activity: datetime, zone: ZoneInfo) -> Lot:
    """`slide` for one lot."""
    if not lot.sliding_days:
        return lot
    end = expiration(Sliding(lot.sliding_days), max(activity, lot.active_at), zone)
    if end is None or lot.expires_at is None or end <= lot.expires_at:
        return lot
    return replace(lot, expires_at=end)


def withdraw(lot: Lot, last_activity: datetime, now: datetime, zone: ZoneInfo) -> Lot:
    """E5: ``lot`` after an activity that counts no more: it ends where ``last_activity`` puts it, never before now."""
    if not lot.sliding_days or lot.expires_at is None or lot.has_expired(now):
        return lot
    end = expiration(Sliding(lot.sliding_days), max(last_activity, lot.active_at), zone)
    if end is None or end >= lot.expires_at:
        return lot
    return replace(lot, expires_at=max(end, now))


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two ends; None is none."""
    if one is None or other is None:
        return one or other
    return min(one, other)
