"""Slots are taken, moved and given back.

A cap looks at every window of so many days (now − N days, now], also at those that end with a message planned
already: whichever is sent first, the member never gets more than the cap within any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days, at_local
from huitou.kernel.instants import to_instant, to_millis
from huitou.pressure.model import Cap, Manners, Pressure, QuietHours, Slot
from huitou.templates.model import TemplateKind


def after_quiet_hours(instant: datetime, kind: TemplateKind, manners: Manners) -> datetime:
    """E24: ``instant``, or the end of the quiet hours that it lies in; a service message is not kept waiting."""
    quiet = manners.quiet
    if quiet is None or kind is TemplateKind.SERVICE or not _is_quiet(instant, quiet, manners.zone):
        return instant
    local = instant.astimezone(manners.zone)
    day = local.date() if local.time() < quiet.end else local.date() + timedelta(days=1)
    end = at_local(day, quiet.end, manners.zone)
    if end > instant:
        return end
    # The clock was put back, and shows the same hour again: it is quiet until it shows the end again.
    return to_instant(datetime.combine(day, quiet.end, tzinfo=manners.zone).replace(fold=1))


def _is_quiet(instant: datetime, quiet: QuietHours, zone: ZoneInfo) -> bool:
    shown = instant.astimezone(zone).time()
    if quiet.begin < quiet.end:
        return quiet.begin <= shown < quiet.end
    return shown >= quiet.begin or shown < quiet.end


def cap_reached(pressure: Pressure, slot: Slot, manners: Manners) -> Cap | None:
    """E23: a cap that leaves no room for ``slot``; None: it may be taken. What its message holds does not count."""
    others = [each for each in pressure.slots if each.kind is slot.kind and each.message != slot.message]
    for cap in manners.caps:
        if cap.kind is not slot.kind:
            continue
        for end in (slot.at, *(each.at for each in others if each.at > slot.at)):
            start = add_days(end, -cap.days, manners.zone)
            if start < slot.at and sum(start < each.at <= end for each in others) >= cap.most:
                return cap
    return None


def give_way(pressure: Pressure, slot: Slot, manners: Manners) -> Iterator[Slot]:
    """Those of lower priority without any one of which there is room for ``slot``: the least first, the latest first.

    Whether their messages still wait is not known here.
    """
    if slot.priority is None:
        return
    ranked = ((each.priority, -to_millis(each.at), each) for each in pressure.slots if each.priority is not None)
    for _, _, each in sorted(lower for lower in ranked if lower[0] < slot.priority):
        if cap_reached(Pressure(tuple(_without(pressure, each.message))), slot, manners) is None:
            yield each


def with_slot(
    pressure: Pressure, slot: Slot, manners: Manners, now: datetime, *, instead_of: str | None = None
) -> Pressure:
    """``slot`` taken, ``instead_of`` the one of that message, or moved to its new instant; and what no window reaches
    any more forgotten.
    """
    kept = (each for each in _without(pressure, slot.message) if each.message != instead_of)
    return _stored(pressure, [*kept, slot], manners, now)


def without_slot(pressure: Pressure, message: str) -> Pressure:
    """The slot of a message that was surely not sent, given back; ``pressure`` itself where it holds none."""
    kept = _without(pressure, message)
    return pressure if len(kept) == len(pressure.slots) else Pressure(tuple(kept), pressure.version + 1)


def _without(pressure: Pressure, message: str) -> list[Slot]:
    return [each for each in pressure.slots if each.message != message]


def _stored(pressure: Pressure, slots: Iterable[Slot], manners: Manners, now: datetime) -> Pressure:
    days = max((cap.days for cap in manners.caps), default=0)
    reached = add_days(now, -days, manners.zone)
    kept = sorted((each for each in slots if each.at > reached), key=lambda each: (each.at, each.message))
    return Pressure(tuple(kept), pressure.version + 1)
