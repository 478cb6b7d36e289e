"""Leaves about what the member did."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import time

from huitou.program.model import Program
from huitou.program.predicates import Behaviour, Quantity, Share, Since, UsualHour
from huitou.segments.deeds import Choice, Chosen, Held, Scope, held_in
from huitou.segments.facts import Deed
from huitou.segments.limits import Limits, limits
from huitou.segments.local_days import local_days
from huitou.segments.moment import Answer, Check, Moment, always, passed
from huitou.segments.windows import (
    Truth,
    average,
    count,
    distinct,
    followed,
    interval,
    searched,
    share,
    spend,
    usual_hour,
)


def behaviour(leaf: Behaviour, scope: Scope) -> Check:
    """How much of something there was in a window."""
    choice = scope.choice(leaf.only, visits=leaf.quantity == "visits")
    judge, within_limits, window = _JUDGES[leaf.quantity](choice), limits(leaf.bounds), leaf.window
    return lambda moment: judge(held_in(choice.of(moment.known), window, moment), within_limits)


Judge = Callable[[Held, Limits], Answer]


def _count(_: Choice) -> Judge:
    return lambda held, limits: searched(held, count(held), limits.low, limits.high)


def _spend(_: Choice) -> Judge:
    return lambda held, limits: spend(held, limits.low, limits.high)


def _ratio(truth: Callable[[Held, Limits], Truth]) -> Callable[[Choice], Judge]:
    return lambda _: lambda held, limits: followed(held, truth(held, limits))


def _different(kinds_of: Callable[[Sequence[Deed], Choice], Sequence[Iterable[Hashable]]]) -> Callable[[Choice], Judge]:
    def of(choice: Choice) -> Judge:
        def judge(held: Held, limits: Limits) -> Answer:
            chosen, first, end, _ = held
            kinds = distinct(held, kinds_of(chosen.deeds[first:end], choice))
            return searched(held, kinds, limits.low, limits.high)

        return judge

    return of


def _categories(deeds: Sequence[Deed], choice: Choice) -> list[list[str]]:
    return [[line.category for line in choice.lines(deed) if line.category] for deed in deeds]


_JUDGES: Mapping[Quantity, Callable[[Choice], Judge]] = {
    "purchases": _count,
    "visits": _count,
    "spend": _spend,
    "average_basket": _ratio(average),
    "interval": _ratio(interval),
    "brands": _different(lambda deeds, _: [(deed.brand,) for deed in deeds]),
    "stores": _different(lambda deeds, _: [(deed.store,) if deed.store else () for deed in deeds]),
    "categories": _different(_categories),
}


def share_of_spend(leaf: Share, scope: Scope) -> Check:
    """Which part of the money went to something."""
    whole, chosen, within_limits = scope.choice(), scope.choice(leaf.only), limits(leaf.bounds)

    def check(moment: Moment) -> Answer:
        held = held_in(whole.of(moment.known), leaf.window, moment)
        return followed(held, share(held, within_limits, chosen, moment.known))

    return check


def since(leaf: Since, scope: Scope) -> Check:
    """How long ago something was done, first or last."""
    choice = scope.choice(leaf.only, visits=leaf.of == "visit")

    def check(moment: Moment) -> Answer:
        ats = choice.of(moment.known).ats
        done = bisect_left(ats, moment.seen_at)
        if not done:
            return always(False)
        then = ats[0] if leaf.which == "first" else ats[done - 1]
        return passed(moment, then, leaf.least, leaf.most)

    return check


def usual_hour_of_day(leaf: UsualHour, scope: Scope) -> Check:
    """When in the day the member buys."""
    choice, hours, program = scope.choice(leaf.only), _hours(leaf.begin, leaf.end), scope.program

    def check(moment: Moment) -> Answer:
        held = held_in(choice.of(moment.known), leaf.window, moment)
        chosen = held.chosen
        bought = moment.known.once((_bought_at, chosen), lambda _: _bought_at(chosen, program))
        return followed(held, usual_hour(held, hours, bought))

    return check


def _bought_at(chosen: Chosen, program: Program) -> list[int]:
    """The hour of each deed, by its store's clock."""
    zones = [program.zone_of(deed.store) for deed in chosen.deeds]
    clocks = {zone: local_days(zone).clocks(chosen.ats) for zone in set(zones)}
    return [clocks[zone][index].hour for index, zone in enumerate(zones)]


def _hours(begin: time, end: time) -> frozenset[int]:
    """Those that begin in [begin, end), over midnight where that is how it is written."""
    hours = {hour: time(hour) for hour in range(24)}
    if begin < end:
        return frozenset(hour for hour, at in hours.items() if begin <= at < end)
    return frozenset(hour for hour, at in hours.items() if at >= begin or at < end)
