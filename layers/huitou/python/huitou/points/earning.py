"""What a purchase is worth: earning rules and their conditions (M7), with the reason for each (M12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol, get_args

from huitou.points.wallet import RuleOutcome
from huitou.program.model import BrandId, CurrencyId, Program, StoreId
from huitou.program.rules import Condition, EarningRule, Rate, Rounding, Weekday

LONGEST_FOUND = 48
"""Characters of a till's own words in an outcome: there is one for each rule, and all of them share one item."""
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class SaleLine(Protocol):
    """What earning needs to know of a line: its category and what was paid for it (smallest units)."""

    @property
    def category(self) -> str | None: ...
    @property
    def amount(self) -> int: ...


class Sale(Protocol):
    """What earning needs to know of a purchase."""

    @property
    def brand(self) -> BrandId: ...
    @property
    def store(self) -> StoreId | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def lines(self) -> Sequence[SaleLine]: ...


@dataclass(frozen=True, slots=True)
class Earning:
    """The points of one currency that a purchase earns, and what every rule of that currency had to say."""

    points: int
    outcomes: tuple[RuleOutcome, ...]


class _Occasion(NamedTuple):
    """A sale as conditions see it: on the store's calendar, with what was paid per category."""

    brand: BrandId
    channel: str
    local: datetime
    total: int
    by_category: Mapping[str, int]


def earnings(sale: Sale, program: Program) -> Mapping[CurrencyId, Earning]:
    """What ``sale`` earns, by currency: the home currency always, any other only where something was earned."""
    occasion = _occasion(sale, program)
    outcomes: dict[CurrencyId, list[RuleOutcome]] = {program.home_currency: []}
    for rule in program.earning:
        outcomes.setdefault(rule.currency, []).append(_consider(rule, occasion))
    earned = {
        currency: Earning(sum(outcome.points for outcome in considered), tuple(considered))
        for currency, considered in outcomes.items()
    }
    return {
        currency: earning for currency, earning in earned.items() if earning.points or currency == program.home_currency
    }


def _occasion(sale: Sale, program: Program) -> _Occasion:
    by_category: dict[str, int] = {}
    total = 0
    for line in sale.lines:
        total += line.amount
        if line.category is not None:
            by_category[line.category] = by_category.get(line.category, 0) + line.amount
    local = sale.occurred_at.astimezone(program.zone_of(sale.store))
    return _Occasion(sale.brand, sale.channel, local, total, by_category)


def _consider(rule: EarningRule, occasion: _Occasion) -> RuleOutcome:
    for name, holds in _CONDITIONS.items():
        found = holds(rule.when, occasion)
        if found is not None:
            return RuleOutcome(rule.id, 0, 0, name, found)
    base = _base(rule.when, occasion)
    if not isinstance(rule.reward, Rate):
        raise NotImplementedError(rule.id)
    return RuleOutcome(rule.id, base, rate(base, rule.reward, rule.rounding))


def rate(base: int, reward: Rate, rounding: Rounding) -> int:
    """``points`` for each ``per`` in ``base``, in exact integers, rounded as the rule says."""
    product = base * reward.points
    match rounding:
        case Rounding.DOWN:
            return product // reward.per
        case Rounding.HALF_UP:
            return (2 * product + reward.per) // (2 * reward.per)
        case Rounding.UP:
            return -(-product // reward.per)


def _base(when: Condition, occasion: _Occasion) -> int:
    if not when.categories:
        return occasion.total
    return sum(occasion.by_category.get(category, 0) for category in when.categories)


# Each asks one thing of the occasion and answers None where it holds, else what was found instead.


def _brand(when: Condition, occasion: _Occasion) -> str | None:
    return occasion.brand if when.brands and occasion.brand not in when.brands else None


def _channel(when: Condition, occasion: _Occasion) -> str | None:
    return occasion.channel if when.channels and occasion.channel not in when.channels else None


def _date(when: Condition, occasion: _Occasion) -> str | None:
    if when.first_day is None and when.last_day is None:
        return None
    day = _day(when, occasion)
    too_early = when.first_day is not None and day < when.first_day
    too_late = when.last_day is not None and day > when.last_day
    return day.isoformat() if too_early or too_late else None


def _weekday(when: Condition, occasion: _Occasion) -> str | None:
    if not when.weekdays:
        return None
    weekday = WEEKDAYS[_day(when, occasion).weekday()]
    return None if weekday in when.weekdays else weekday


def _hour(when: Condition, occasion: _Occasion) -> str | None:
    if when.hours is None:
        return None
    at = _time(occasion)
    begin, end = when.hours
    inside = begin <= at < end if begin < end else (at >= begin or at < end)
    return None if inside else at.strftime("%H:%M")


def _category(when: Condition, occasion: _Occasion) -> str | None:
    if not when.categories or not when.categories.isdisjoint(occasion.by_category):
        return None
    found = ", ".join(sorted(occasion.by_category)[:3])
    return found if len(found) <= LONGEST_FOUND else found[:LONGEST_FOUND] + "…"


def _day(when: Condition, occasion: _Occasion) -> date:
    """The sale's day; after midnight in hours that run over it, the day on which they began."""
    day = occasion.local.date()
    if when.hours is not None and when.hours[0] > when.hours[1] and _time(occasion) < when.hours[1]:
        return day - timedelta(days=1)
    return day


def _time(occasion: _Occasion) -> time:
    return occasion.local.time()


_CONDITIONS: Mapping[str, Callable[[Condition, _Occasion], str | None]] = {
    "brands": _brand,
    "channels": _channel,
    "dates": _date,
    "weekdays": _weekday,
    "hours": _hour,
    "categories": _category,
}
