"""How probable it is that a member still comes, after how they came and how long they have been away (M18).

BG/NBD: while a customer is alive they come at a rate of their own, and after each time they may have come for the last
time, with a probability of their own; over all customers the rates follow a gamma distribution and the probabilities a
beta distribution (Fader, Hardie and Lee 2005, "Counting your customers" the easy way, Marketing Science 24(2)). Its
four parameters are fitted on all members together, by `huitou.insights.fitting`. What is known of one member is how
often they came back, ``x``, when for the last time, ``t_x``, and for how long we have known them, ``T``, both counted
from the first time. Then they are alive with probability (Fader and Hardie 2008, Computing P(alive) using the BG/NBD
model)

    1 / (1 + a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x))        and 1 where x = 0

which only falls while they stay away, and which can be solved for ``T``: so the instant at which it falls to any level
is known at once. That instant, to the millisecond, is what truth is defined by.

A day on which something was bought counts once, however often (as in the CDNOW data, on which the paper fits it).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.program.predicates import Bounds
from huitou.segments.facts import AliveModel
from huitou.segments.rhythm import ALWAYS, LONGEST, Span, after_days

WEEK = 7
"""The unit of time of `AliveModel`, in days."""


class Repeats(NamedTuple):
    """How often somebody came back, ``x``, and when last, ``t_x``, in days after the first time."""

    x: int
    t_x: int


class Observed(NamedTuple):
    """As `Repeats`, of somebody who has been known for ``age`` days since the first time: what a fit needs."""

    x: int
    t_x: int
    age: int


def repeats_of(days: Sequence[date]) -> Repeats:
    """Of who bought on ``days``: ascending, at least one (see `rhythm.purchase_days`)."""
    return Repeats(len(days) - 1, (days[-1] - days[0]).days)


def probability(model: AliveModel, x: int, t_x: float, age: float) -> float:
    """P(alive) of who came back ``x`` times, last at ``t_x``, and is known for ``age``, both in weeks."""
    if not x:
        return 1.0
    faded = _odds_of_leaving(model, x) * _power((model.alpha + age) / (model.alpha + t_x), model.r + x)
    return 1 / (1 + faded)


def silence(model: AliveModel, repeats: Repeats, level: float) -> float | None:
    """Days without a purchase after which P(alive) has fallen to ``level``; 0 if it is there at once, None: never."""
    if repeats.x == 0:
        return 0.0 if level >= 1 else None
    if level <= 0:
        return None
    if level >= 1:
        return 0.0
    start = model.alpha + repeats.t_x / WEEK
    grown = _power((1 / level - 1) / _odds_of_leaving(model, repeats.x), 1 / (model.r + repeats.x))
    days = start * (grown - 1) * WEEK
    return max(0.0, days) if days <= LONGEST else None


def alive(bounds: Bounds, model: AliveModel, repeats: Repeats, last: datetime, zone: ZoneInfo) -> Span | None:
    """While P(alive) is within ``bounds``, if nothing is bought after ``last``; None: never.

    It falls steadily, so it is within them once: from when it has fallen to the upper ones until it falls to the lower
    ones. To the millisecond, at a level and below it are the same.
    """
    if repeats.x == 0:
        return ALWAYS if bounds.hold(1) else None
    entered = _falls_to((bounds.most, bounds.below), model, repeats, last, zone)
    left = _falls_to((bounds.least, bounds.above), model, repeats, last, zone)
    if None in entered:
        return None
    span = Span(max(filter(None, entered), default=None), min(filter(None, left), default=None))
    return None if span.end is not None and span.end <= (span.begin or last) else span


def _falls_to(
    levels: Iterable[Fraction | int | None], model: AliveModel, repeats: Repeats, last: datetime, zone: ZoneInfo
) -> list[datetime | None]:
    """From when on P(alive) is no more than each of ``levels`` that is not None; None: never."""
    silences = [silence(model, repeats, float(level)) for level in levels if level is not None]
    return [None if days is None else after_days(last, Fraction(days), zone) for days in silences]


def _odds_of_leaving(model: AliveModel, x: int) -> float:
    """How much likelier it is that the last time was the last for good than that it was not."""
    return model.a / (model.b + x - 1)


def _power(base: float, exponent: float) -> float:
    """Infinity where floats end."""
    try:
        return float(base**exponent)
    except OverflowError:
        return float("inf")
