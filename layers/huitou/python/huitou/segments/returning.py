"""Leaves about how the member comes back (M18), and how that compares with the others (M16)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from datetime import date, datetime
from math import inf

from huitou.points.outlook import NEVER
from huitou.program.predicates import Alive, LastDays, Overdue, RfmClass
from huitou.segments.alive import alive, repeats_of
from huitou.segments.deeds import Choice, Held, Scope, held_in
from huitou.segments.facts import RfmScale
from huitou.segments.moment import Answer, Check, Moment, all_of, always, any_of
from huitou.segments.rhythm import Span, overdue, usual_interval
from huitou.segments.windows import distinct, searched, spend


def is_overdue(leaf: Overdue, scope: Scope) -> Check:
    """By the member's own rhythm."""
    choice, least, zone = scope.choice(), leaf.least, scope.program.zone

    def check(moment: Moment) -> Answer:
        days, last = _days(choice, moment)
        interval = usual_interval(days)
        return _in(overdue(last, interval, least, zone) if interval else None, moment.at)

    return check


def is_alive(leaf: Alive, scope: Scope) -> Check:
    """By the model that was fitted to all members."""
    choice, bounds, zone = scope.choice(), leaf.bounds, scope.program.zone

    def check(moment: Moment) -> Answer:
        model, (days, last) = moment.known.facts.insights.alive, _days(choice, moment)
        if model is None or not days:
            return always(False)
        return _in(alive(bounds, model, repeats_of(days), last, zone), moment.at)

    return check


def _days(choice: Choice, moment: Moment) -> tuple[list[date], datetime]:
    """The local days on which something was bought by the moment, and when last."""
    chosen = choice.of(moment.known)
    done = bisect_left(chosen.ats, moment.seen_at)
    days = moment.known.once((choice, done), lambda known: list(dict.fromkeys(chosen.days(known.days)[:done])))
    return days, chosen.ats[done - 1] if done else NEVER


def _in(span: Span | None, at: datetime) -> Answer:
    if span is None:
        return always(False)
    holds, until = span.verdict(at)
    return Answer(holds, until or NEVER)


def in_rfm_class(leaf: RfmClass, scope: Scope) -> Check:
    """By the quantiles of all members. Recency falls; a purchase leaves the time that they were measured in."""
    choice = scope.choice()
    often = [_frequency(classes, choice) for classes in _neighbours(leaf.frequency)]
    much = [_money(classes, choice) for classes in _neighbours(leaf.money)]
    return all_of([_recency(leaf.recency, choice), *(any_of(checks) for checks in (often, much) if checks)])


def _recency(classes: frozenset[int], choice: Choice) -> Check:
    """While the last purchase is in one of the classes, or leaves."""

    def judged(moment: Moment, scale: RfmScale) -> Answer:
        held = _held(choice, moment, scale)
        if held.first == held.end:
            return always(False)
        at, last, later = moment.at, max(held.chosen.ats[held.first : held.end]), moment.known.days.later
        falls = [later(last, cut + 1) for cut in scale.recency]
        gone = later(last, scale.days)

        def is_in(instant: datetime) -> bool:
            return not classes or 1 + sum([instant < fall for fall in falls]) in classes

        holds = is_in(at)
        changes = (fall for fall in sorted(falls) if at < fall < gone and is_in(fall) is not holds)
        return Answer(holds, next(changes, gone if holds else NEVER))

    return _scaled(judged)


def _frequency(classes: range, choice: Choice) -> Check:
    """On how many days something was bought."""

    def judged(moment: Moment, scale: RfmScale) -> Answer:
        held = _held(choice, moment, scale)
        days = held.chosen.days(moment.known.days)[held.first : held.end]
        return searched(held, distinct(held, [(day,) for day in days]), *_from_to(scale.frequency, classes))

    return _scaled(judged)


def _money(classes: range, choice: Choice) -> Check:
    """What was spent."""
    return _scaled(lambda moment, scale: spend(_held(choice, moment, scale), *_from_to(scale.money, classes)))


def _scaled(judged: Callable[[Moment, RfmScale], Answer]) -> Check:
    """False while nothing is known of the others."""

    def check(moment: Moment) -> Answer:
        scale = moment.known.facts.insights.rfm
        return judged(moment, scale) if scale else always(False)

    return check


def _held(choice: Choice, moment: Moment, scale: RfmScale) -> Held:
    return held_in(choice.of(moment.known), LastDays(scale.days), moment)


def _neighbours(classes: frozenset[int]) -> list[range]:
    """Classes that lie next to each other are asked for at once."""
    first = sorted(each for each in classes if each - 1 not in classes)
    last = sorted(each for each in classes if each + 1 not in classes)
    return [range(low, high + 1) for low, high in zip(first, last, strict=True)]


def _from_to(cuts: tuple[int, ...], classes: range) -> tuple[float, float]:
    """What the lowest of ``classes`` begins at, and what is the most of the highest; ``cuts`` begin classes 2 to 5."""
    edges = (-inf, *cuts, inf)
    return edges[classes[0] - 1], edges[classes[-1]] - 1
