"""Leaves about how the member comes back (M18), and how that compares with the others (M16)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import date, datetime

from huitou.kernel.calendars import local_date
from huitou.points.outlook import NEVER
from huitou.program.predicates import Alive, LastDays, Overdue, RfmClass
from huitou.segments.alive import alive, repeats_of
from huitou.segments.deeds import Choice, Held, Scope, held_in
from huitou.segments.facts import Deed, RfmScale
from huitou.segments.moment import Answer, Check, Known, Moment, all_of, always
from huitou.segments.rhythm import Span, overdue, purchase_days, usual_interval
from huitou.segments.windows import distinct, followed, money


def is_overdue(leaf: Overdue, scope: Scope) -> Check:
    """By the member's own rhythm."""
    choice, least, zone = scope.choice(), leaf.least, scope.program.zone

    def check(moment: Moment) -> Answer:
        bought = choice.before(moment)
        interval = usual_interval(_days(choice, bought, moment.known)) if bought else None
        if interval is None:
            return always(False)
        return _in(overdue(bought[-1].at, interval, least, zone), moment.at)

    return check


def is_alive(leaf: Alive, scope: Scope) -> Check:
    """By the model that was fitted to all members."""
    choice, bounds, zone = scope.choice(), leaf.bounds, scope.program.zone

    def check(moment: Moment) -> Answer:
        model, bought = moment.known.facts.insights.alive, choice.before(moment)
        if model is None or not bought:
            return always(False)
        repeats = repeats_of(_days(choice, bought, moment.known))
        return _in(alive(bounds, model, repeats, bought[-1].at, zone), moment.at)

    return check


def _days(choice: Choice, bought: list[Deed], known: Known) -> list[date]:
    """Those of what was ``bought``; one list for who asks again as long as nothing else was."""
    return known.once((choice, len(bought)), lambda known: purchase_days(bought, known.program.zone))


def _in(span: Span | None, at: datetime) -> Answer:
    if span is None:
        return always(False)
    holds, until = span.verdict(at)
    return Answer(holds, until or NEVER)


def in_rfm_class(leaf: RfmClass, scope: Scope) -> Check:
    """By the quantiles of all members. Recency falls; a purchase leaves the time that they were measured in."""
    return all_of([_recency(leaf, scope.choice()), _habits(leaf, scope.choice())])


def _recency(leaf: RfmClass, choice: Choice) -> Check:
    """While the last purchase is in one of the classes, or leaves."""

    def judged(moment: Moment, scale: RfmScale) -> Answer:
        held = _held(choice, moment, scale)
        if held.first == held.end:
            return always(False)
        at, last, later = moment.at, max(held.chosen.ats[held.first : held.end]), moment.known.days.later
        falls = [later(last, cut + 1) for cut in scale.recency]
        gone = later(last, scale.days)

        def is_in(instant: datetime) -> bool:
            return _is_one(leaf.recency, 1 + sum([instant < fall for fall in falls]))

        holds = is_in(at)
        changes = (fall for fall in sorted(falls) if at < fall < gone and is_in(fall) is not holds)
        return Answer(holds, next(changes, gone if holds else NEVER))

    return _scaled(judged)


def _habits(leaf: RfmClass, choice: Choice) -> Check:
    """How often and how much."""

    def judged(moment: Moment, scale: RfmScale) -> Answer:
        held = _held(choice, moment, scale)
        zone = moment.known.program.zone
        days, spent = distinct(held, lambda deed: (local_date(deed.at, zone),)), money(held)

        def is_in(index: int) -> bool:
            often, much = _class(scale.frequency, days(index)), _class(scale.money, spent(index))
            return index < held.end and _is_one(leaf.frequency, often) and _is_one(leaf.money, much)

        return followed(held, is_in)

    return _scaled(judged)


def _scaled(judged: Callable[[Moment, RfmScale], Answer]) -> Check:
    """False while nothing is known of the others."""

    def check(moment: Moment) -> Answer:
        scale = moment.known.facts.insights.rfm
        return judged(moment, scale) if scale else always(False)

    return check


def _held(choice: Choice, moment: Moment, scale: RfmScale) -> Held:
    return held_in(choice.of(moment.known), LastDays(scale.days), moment)


def _class(cuts: tuple[int, ...], value: int) -> int:
    return 1 + bisect_right(cuts, value)


def _is_one(classes: frozenset[int], found: int) -> bool:
    """Of no classes, nothing is asked."""
    return not classes or found in classes
