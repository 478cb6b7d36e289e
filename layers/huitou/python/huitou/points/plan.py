"""A programme's earning rules made ready for deciding: once per programme, not once per sale.

Where a sale happened and who bought settle many rules before the basket is looked at; so the rules that are left, and
what the others say, are kept for each such setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from math import lcm
from typing import NamedTuple, final

from huitou.kernel.calendars import local_date
from huitou.points.conditions import Check, Occasion, Selection, Setting, all_of, checks, failed_in
from huitou.points.wallet import RuleOutcome
from huitou.program.model import CurrencyId, Program
from huitou.program.prepared import Prepared
from huitou.program.rules import Bonus, Combine, EarningRule, Multiplier, Per, Rate, Rounding, RuleId, Stack

MOST_SETTINGS = 8192
MOST_DAYS = 512
MOST_FAILURES = 256


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A rule with all that can be known of it before there is a sale. ``rank``: its turn, excluders first."""

    rule: EarningRule
    number: int
    """Its place in the document."""
    rank: int
    selection: Selection
    checks: tuple[Check, ...]
    applies: Callable[[Occasion], bool]
    """Whether all of them hold."""
    gives: Callable[[int], int]
    """The points for what was paid for the lines that count; a multiplier's are worked out later."""
    is_limited: bool
    """Whether it has caps or a budget."""
    competes: bool
    """Whether it excludes or multiplies others, or is in a stack that chooses."""
    is_rate: bool
    multiplies: bool
    weight: int
    """Of a rate: what a smallest unit of money gives, in parts of a point of which there are `Plan.scale`."""
    failures: dict[tuple[str, str], RuleOutcome]

    def unmet(self, occasion: Occasion) -> Check | None:
        """The first condition that does not hold."""
        for check in self.checks:
            if not check.holds(occasion):
                return check
        return None

    def failed(self, condition: str, found: str) -> RuleOutcome:
        """What the rule says where ``condition`` does not hold: the same again and again, so it is kept."""
        outcome = self.failures.get((condition, found))
        if outcome is None:
            outcome = RuleOutcome(self.rule.id, 0, 0, condition, found)
            if len(self.failures) < MOST_FAILURES:
                self.failures[condition, found] = outcome
        return outcome


class Limit(NamedTuple):
    """A cap on one day: what it counts under (nothing, for one purchase) and how much it lets pass."""

    per: Per
    key: str
    points: int


class Day(NamedTuple):
    """What caps count on one member day (E9): the limits of each rule that has any, and all that they count under."""

    limits: Mapping[RuleId, Sequence[Limit]]
    counters: frozenset[str]


Candidate = Ready | RuleOutcome
"""A rule that may apply to a sale in a setting, or what it says to every sale in it."""


class Candidates(NamedTuple):
    """All rules in a setting, by currency and in the order of the document, and of these the ones that may apply.

    A currency that nothing gives here is left out, but for the home currency.
    """

    rules: Mapping[CurrencyId, Sequence[Candidate]]
    ready: Mapping[CurrencyId, Sequence[Ready]]
    compete: bool
    """Whether any that may apply may prevent another, or look at one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of one programme. Rates of one currency are added up in parts of a point: exact, and whole numbers."""

    program: Program
    rules: tuple[Ready, ...]
    scale: Mapping[CurrencyId, int]
    counts: bool
    """Whether any rule has a cap over more than one purchase."""
    settings: dict[Setting, Candidates]
    days: dict[date, Day]

    def day(self, instant: datetime) -> Day:
        """What holds for caps on the member day of ``instant``."""
        day = local_date(instant, self.program.zone)
        found = self.days.get(day)
        if found is None:
            found = _day(self.rules, day)
            if len(self.days) < MOST_DAYS:
                self.days[day] = found
        return found

    def candidates(self, setting: Setting) -> Candidates:
        """What a sale in ``setting`` goes by."""
        found = self.settings.get(setting)
        if found is None:
            found = self._candidates(setting)
            if len(self.settings) < MOST_SETTINGS:
                self.settings[setting] = found
        return found

    def _candidates(self, setting: Setting) -> Candidates:
        home = self.program.home_currency
        rules: dict[CurrencyId, list[Candidate]] = {home: []}
        for rule in self.rules:
            name, found = failed_in(rule.rule.when, self.program, setting)
            candidate = rule.failed(name, found) if name else rule
            rules.setdefault(rule.rule.currency, []).append(candidate)
        ready = {currency: _that_may_apply(each, setting) for currency, each in rules.items()}
        given = [currency for currency, each in ready.items() if each or currency == home]
        return Candidates(
            {currency: rules[currency] for currency in given},
            {currency: ready[currency] for currency in given},
            any(each.competes for currency in given for each in ready[currency]),
        )


def _that_may_apply(candidates: Iterable[Candidate], setting: Setting) -> list[Ready]:
    """Without rules for a birthday month that it is not: explained, these name what else does not hold before it."""
    return [
        each
        for each in candidates
        if isinstance(each, Ready) and (setting.birthday_month or not each.rule.when.birthday_month)
    ]


def _day(rules: Iterable[Ready], day: date) -> Day:
    limits = {ready.rule.id: _limits(ready.rule, day) for ready in rules if ready.rule.caps}
    return Day(limits, frozenset(limit.key for each in limits.values() for limit in each if limit.key))


def _limits(rule: EarningRule, day: date) -> list[Limit]:
    return [Limit(cap.per, _counter(rule, cap.per, day), cap.points) for cap in rule.caps]


def _counter(rule: EarningRule, per: Per, day: date) -> str:
    """What a cap counts under: the rule and the period in which ``day``, a member day, lies."""
    match per:
        case Per.PURCHASE:
            return ""
        case Per.DAY:
            window = f"d{day.isoformat()}"
        case Per.MONTH:
            window = f"m{day:%Y-%m}"
        case Per.CAMPAIGN:
            window = f"c{rule.when.first_day or ''}"
        case _:
            window = "l"
    return f"{rule.id}/{window}"


def counters(program: Program, instant: datetime) -> Set[str]:
    """All counters of caps that a sale at ``instant`` may look at."""
    plan = plan_of(program)
    return plan.day(instant).counters if plan.counts else frozenset()


def in_turn(rules: Sequence[EarningRule]) -> list[EarningRule]:
    """By priority, the highest first, then as written; but never before a rule that excludes them."""
    waiting = sorted(rules, key=lambda rule: -rule.priority)
    ordered: list[EarningRule] = []
    while waiting:
        excluded = {each for rule in waiting for each in rule.excludes if each != rule.id}
        # A cycle cannot be published; should there be one, the first in line begins.
        turn = next((rule for rule in waiting if rule.id not in excluded), waiting[0])
        waiting.remove(turn)
        ordered.append(turn)
    return ordered


def _plan(program: Program) -> Plan:
    scale: dict[CurrencyId, int] = {currency: 1 for currency in program.currencies}
    for rule in program.earning:
        if isinstance(rule.reward, Rate):
            scale[rule.currency] = lcm(scale[rule.currency], rule.reward.per)
    ranks = {rule.id: rank for rank, rule in enumerate(in_turn(program.earning))}
    rules = tuple(
        _ready(rule, number, ranks[rule.id], scale[rule.currency]) for number, rule in enumerate(program.earning)
    )
    counts = any(cap.per is not Per.PURCHASE for rule in program.earning for cap in rule.caps)
    return Plan(program, rules, scale, counts, {}, {})


def _ready(rule: EarningRule, number: int, rank: int, scale: int) -> Ready:
    selection = Selection(rule.when)
    weight = rule.reward.points * (scale // rule.reward.per) if isinstance(rule.reward, Rate) else 0
    asked = checks(rule.when, selection)
    return Ready(
        rule=rule,
        number=number,
        rank=rank,
        selection=selection,
        checks=asked,
        applies=all_of(asked),
        gives=_gives(rule),
        is_limited=bool(rule.caps) or rule.budget is not None,
        competes=_competes(rule),
        is_rate=isinstance(rule.reward, Rate),
        multiplies=isinstance(rule.reward, Multiplier),
        weight=weight,
        failures={},
    )


def _gives(rule: EarningRule) -> Callable[[int], int]:
    match rule.reward:
        case Rate(points, per):
            rounding = rule.rounding
            if rounding is Rounding.DOWN:
                return lambda base: base * points // per
            return lambda base: rounded(base * points, per, rounding)
        case Bonus(points):
            return lambda _: points
    return lambda _: 0


def rounded(numerator: int, denominator: int, rounding: Rounding) -> int:
    """The quotient as a whole number, in exact integers."""
    if rounding is Rounding.DOWN:
        return numerator // denominator
    if rounding is Rounding.HALF_UP:
        return (2 * numerator + denominator) // (2 * denominator)
    return -(-numerator // denominator)


def _competes(rule: EarningRule) -> bool:
    return bool(rule.excludes) or isinstance(rule.reward, Multiplier) or _chooses(rule.stack)


def _chooses(stack: Stack | None) -> bool:
    return stack is not None and stack.combine is not Combine.SUM


plan_of = Prepared(_plan)
"""The programme's plan."""
