"""A programme's earning rules made ready for deciding: once per programme, not once per sale.

Where a sale happened settles many rules before anything is looked at; so the rules that are left, and what the
others say, are kept for each place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import lcm

from huitou.points.conditions import Check, Selection, checks, failed_at
from huitou.points.wallet import RuleOutcome
from huitou.program.model import BrandId, CurrencyId, Program, StoreId
from huitou.program.rules import Combine, EarningRule, Multiplier, Per, Rate, Stack

MOST_PLANS = 8
"""Versions of programmes kept ready; a function sees the active one, and older ones for late sales and refunds."""
MOST_PLACES = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A rule with all that can be known of it before there is a sale. ``rank``: its turn, excluders first."""

    rule: EarningRule
    number: int
    """Its place in the document."""
    rank: int
    selection: Selection
    checks: tuple[tuple[str, Check], ...]
    weight: int
    """Of a rate: what a smallest unit of money gives, in parts of a point of which there are `Plan.scale`."""


Candidate = Ready | RuleOutcome
"""A rule that may apply to a sale at a place, or what it says to every sale there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of one programme. Rates of one currency are added up in parts of a point: exact, and whole numbers."""

    program: Program
    rules: tuple[Ready, ...]
    scale: Mapping[CurrencyId, int]
    competes: bool
    """Whether any rule excludes or multiplies others, or is in a stack: else each stands for itself."""
    counts: bool
    """Whether any rule has a cap over more than one purchase."""
    places: dict[tuple[BrandId, StoreId | None, str], Mapping[CurrencyId, Sequence[Candidate]]]

    def candidates(
        self, brand: BrandId, store: StoreId | None, channel: str
    ) -> Mapping[CurrencyId, Sequence[Candidate]]:
        """By currency, its rules in the order of the document; a currency that nothing gives here is left out."""
        key = (brand, store, channel)
        found = self.places.get(key)
        if found is None:
            found = self._candidates(brand, store, channel)
            if len(self.places) < MOST_PLACES:
                self.places[key] = found
        return found

    def _candidates(
        self, brand: BrandId, store: StoreId | None, channel: str
    ) -> Mapping[CurrencyId, Sequence[Candidate]]:
        home = self.program.home_currency
        by_currency: dict[CurrencyId, list[Candidate]] = {home: []}
        for ready in self.rules:
            candidate = self._candidate(ready, brand, store, channel)
            by_currency.setdefault(ready.rule.currency, []).append(candidate)
        return {
            currency: candidates
            for currency, candidates in by_currency.items()
            if currency == home or any(isinstance(each, Ready) for each in candidates)
        }

    def _candidate(self, ready: Ready, brand: BrandId, store: StoreId | None, channel: str) -> Candidate:
        name, found = failed_at(ready.rule.when, self.program, brand, store, channel)
        return RuleOutcome(ready.rule.id, 0, 0, name, found) if name else ready


def plan_of(program: Program) -> Plan:
    """The programme's plan, made when it is first asked for."""
    plan = _plans.get(id(program))
    if plan is None or plan.program is not program:
        if len(_plans) >= MOST_PLANS:
            _plans.clear()
        plan = _plans[id(program)] = _plan(program)
    return plan


_plans: dict[int, Plan] = {}
"""By identity: a plan keeps its programme, so that no other can take its number meanwhile."""


def counter(rule: EarningRule, per: Per, day: date) -> str:
    """What a cap counts under: the rule and the period in which ``day``, a member day (E9), lies."""
    match per:
        case Per.DAY:
            window = f"d{day.isoformat()}"
        case Per.MONTH:
            window = f"m{day:%Y-%m}"
        case Per.CAMPAIGN:
            window = f"c{rule.when.first_day or ''}"
        case _:
            window = "l"
    return f"{rule.id}/{window}"


def has_counters(program: Program) -> bool:
    """Whether any rule has a cap over more than one purchase."""
    return plan_of(program).counts


def counters(program: Program, day: date) -> list[str]:
    """All counters that a sale on ``day`` may look at."""
    return [
        counter(ready.rule, cap.per, day)
        for ready in plan_of(program).rules
        for cap in ready.rule.caps
        if cap.per is not Per.PURCHASE
    ]


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
    return Plan(program, rules, scale, any(_competes(rule) for rule in program.earning), counts, {})


def _ready(rule: EarningRule, number: int, rank: int, scale: int) -> Ready:
    selection = Selection(rule.when)
    weight = rule.reward.points * (scale // rule.reward.per) if isinstance(rule.reward, Rate) else 0
    return Ready(rule, number, rank, selection, checks(rule.when, selection), weight)


def _competes(rule: EarningRule) -> bool:
    return bool(rule.excludes) or isinstance(rule.reward, Multiplier) or _chooses(rule.stack)


def _chooses(stack: Stack | None) -> bool:
    return stack is not None and stack.combine is not Combine.SUM
