"""From the campaigns of a published document to what decisions read; as `compilation`, from the stored form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import start_of_day
from huitou.kernel.channels import MessageChannel
from huitou.program.campaigns import (
    USUAL_ATTRIBUTION_DAYS,
    USUAL_PRIORITY,
    Calendar,
    Campaign,
    CampaignId,
    GiveCoupon,
    GivePoints,
    LunarYearly,
    Monthly,
    Once,
    OnDate,
    OnlyIn,
    Send,
    SetTag,
    Step,
    Wait,
    Yearly,
)
from huitou.program.model import CurrencyId

Stored = Mapping[str, Any]
HEAD_START = timedelta(seconds=2)
"""Of each priority that there is before the next: longer than the queue takes from a step to its message."""


class Units(Protocol):
    """Turns decimal strings into smallest units."""

    def points(self, text: str, currency: CurrencyId) -> int: ...


def compile_campaigns(parts: Iterable[Stored], units: Units, zone: ZoneInfo) -> Mapping[CampaignId, Campaign]:
    """By id."""
    stored = list(parts)
    higher_first = sorted({_priority(part) for part in stored}, reverse=True)
    yields = {priority: rank * HEAD_START for rank, priority in enumerate(higher_first)}
    return MappingProxyType({part["id"]: _campaign(part, yields[_priority(part)], units, zone) for part in stored})


def _campaign(part: Stored, yields: timedelta, units: Units, zone: ZoneInfo) -> Campaign:
    dates = part["dates"] or {"from": None, "to": None}
    first, last = (date.fromisoformat(day) if day else None for day in (dates["from"], dates["to"]))
    segment = part["leaves"] or part["enters"] or part.get("members_of")
    return Campaign(
        id=part["id"],
        name=part["name"],
        brand=part["brand"],
        segment=segment,
        leaving=part["leaves"] is not None,
        calendar=_calendar(part["calendar"]) if part.get("calendar") else None,
        include_current=part.get("include_current", False),
        once=Once(part["once"]),
        only_in=frozenset(part["only_in"]),
        not_in=frozenset(part["not_in"]),
        starts_at=start_of_day(first, zone) if first else None,
        ends_at=start_of_day(last + timedelta(days=1), zone) if last else None,
        catch_up=timedelta(days=part["catch_up_days"]),
        at=time.fromisoformat(part["at"]) if part["at"] else None,
        at_usual_hour=part.get("at_usual_hour", False),
        stays=part["stays"] and part["leaves"] is None and segment is not None,
        goals=frozenset(part["goals"]),
        purchase_is_goal=part.get("purchase_is_goal", False),
        holdout_percent=part["holdout_percent"],
        priority=_priority(part),
        yields=yields,
        paused=part["paused"],
        attribution=timedelta(days=part.get("attribution_days", USUAL_ATTRIBUTION_DAYS)),
        steps=tuple(_step(step, units) for step in part["steps"]),
    )


def _priority(part: Stored) -> int:
    """Of a version from before there were any, as of one in which nothing is said."""
    return int(part.get("priority", USUAL_PRIORITY))


def _calendar(part: Stored) -> Calendar:
    shift = part["days_after"] - part["days_before"]
    match part:
        case {"date": str(day)}:
            return Calendar(OnDate(date.fromisoformat(day)), shift)
        case {"monthly": int(number)}:
            return Calendar(Monthly(number), shift)
        case {"yearly": str(day)}:
            return Calendar(Yearly(*map(int, day.split("-"))), shift)
    return Calendar(LunarYearly(*map(int, part["lunar"].split("-"))), shift)


def _step(part: Stored, units: Units) -> Step:
    if send := part["send"]:
        channels = tuple(map(MessageChannel, send["channels"]))
        return Send(send["template"], channels, send["purpose"], send.get("within_days"))
    if gift := part.get("give_points"):
        return GivePoints(gift["currency"], units.points(gift["amount"], gift["currency"]), gift["reason"])
    if coupon := part.get("give_coupon"):
        return GiveCoupon(coupon)
    if name := part.get("tag") or part.get("untag"):
        return SetTag(name, off=part["tag"] is None)
    return Wait(part["wait_days"]) if part["wait_days"] else OnlyIn(frozenset(part["only_in"]))
