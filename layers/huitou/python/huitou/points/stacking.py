"""How rules that apply to one sale go together (M7): some exclude others, some compete, some multiply.

The order is always the same: exclusions, by turn; then stacks of rates and bonuses; then multipliers, which count
the rates that still pay; then stacks that hold a multiplier, in which therefore a rate may be multiplied and yet be
outdone. A multiplier works line by line in whole parts of a point, and is rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from huitou.points.conditions import Occasion
from huitou.points.plan import Plan, Ready, rounded
from huitou.points.wallet import EXCLUDED, OUTDONE
from huitou.program.rules import Combine, Multiplier, Rate

WHOLE = 100
"""`Multiplier.times` is in hundredths."""


@final
class Applied:
    """A rule whose conditions hold: what it counts and what it gives, until another rule prevents it."""

    __slots__ = ("base", "failed", "found", "points", "prevented", "ready", "worth")

    def __init__(self, ready: Ready, base: int) -> None:
        self.ready = ready
        self.base = base
        self.failed = ""
        self.found = ""
        self.prevented = 0
        self.worth: Sequence[int] | None = None
        """Of a multiplier: what it gives for each line, in parts of a point."""
        self.points = ready.gives(base)

    @property
    def id(self) -> str:
        return self.ready.rule.id

    def give_way(self, why: str, to: Applied) -> None:
        """Pays nothing, because ``to`` pays."""
        self.failed, self.found, self.prevented, self.points = why, to.id, self.points, 0


def compete(applied: Sequence[Applied], occasion: Occasion, plan: Plan) -> None:
    """Settles among the rules that apply which of them pay, and what multipliers give."""
    by_turn = sorted(applied, key=lambda each: each.ready.rank)
    _exclude(by_turn, occasion, plan)
    multiplying = {each.ready.rule.stack.id for each in by_turn if each.ready.rule.stack and _multiplies(each)}
    stacks = _stacks(by_turn)
    for id_, stack in stacks.items():
        if id_ not in multiplying:
            _choose(stack)
    _multiply(by_turn, occasion, plan)
    for id_ in stacks.keys() & multiplying:
        _choose(stacks[id_])


def line_weights(each: Applied, occasion: Occasion) -> Sequence[int]:
    """In which proportion the lines of the sale brought the rule's points."""
    return each.worth if each.worth is not None else each.ready.selection.amounts(occasion)


def _exclude(by_turn: Sequence[Applied], occasion: Occasion, plan: Plan) -> None:
    for each in by_turn:
        excluded = each.ready.rule.excludes
        if excluded and not each.failed and _pays(each, by_turn, occasion, plan):
            for other in by_turn:
                if other.id in excluded and other is not each and not other.failed:
                    other.give_way(EXCLUDED, each)


def _pays(each: Applied, by_turn: Sequence[Applied], occasion: Occasion, plan: Plan) -> bool:
    """For a multiplier: whether it would, if all rates paid that are not excluded so far."""
    if not _multiplies(each):
        return each.points > 0
    return _gain(each, [_parts(each, _rates(by_turn), occasion)], 1, occasion, plan)[1] > 0


def _stacks(by_turn: Sequence[Applied]) -> dict[str, list[Applied]]:
    stacks: dict[str, list[Applied]] = {}
    for each in by_turn:
        stack = each.ready.rule.stack
        if stack and not each.failed:
            stacks.setdefault(stack.id, []).append(each)
    return stacks


def _choose(stack: Sequence[Applied]) -> None:
    """``stack`` is by turn, so that of equals the one with the higher priority stays."""
    rule = stack[0].ready.rule
    match rule.stack and rule.stack.combine:
        case Combine.FIRST:
            pays = stack[0]
        case Combine.BEST_OF:
            pays = max(stack, key=lambda each: each.points)
        case _:
            return
    for each in stack:
        if each is not pays:
            each.give_way(OUTDONE, pays)


@dataclass(slots=True)
class _Chain:
    """What a product stack has made of each line so far, in ``parts`` times smaller parts than rates are in."""

    made: list[int]
    parts: int = 1


def _multiply(by_turn: Sequence[Applied], occasion: Occasion, plan: Plan) -> None:
    rates = _rates(by_turn)
    chains: dict[str, _Chain] = {}
    for each in by_turn:
        if not _multiplies(each) or each.failed:
            continue
        stack = each.ready.rule.stack
        chain = _Chain([0] * len(occasion.sale.lines))
        if stack is not None and stack.combine is Combine.PRODUCT:
            chain = chains.setdefault(stack.id, chain)
        value = [chain.parts * part for part in _parts(each, rates, occasion)]
        each.worth, each.points = _gain(each, [value, chain.made], chain.parts, occasion, plan)
        chain.parts *= WHOLE
        chain.made = [WHOLE * made + gain for made, gain in zip(chain.made, each.worth, strict=True)]


def _gain(
    each: Applied, values: Sequence[Sequence[int]], parts: int, occasion: Occasion, plan: Plan
) -> tuple[Sequence[int], int]:
    """What the multiplier adds to the sum of ``values``, by line and rounded in all."""
    rule, has = each.ready.rule, each.ready.selection.has
    more = rule.reward.times - WHOLE if isinstance(rule.reward, Multiplier) else 0
    lines = occasion.sale.lines
    gains = [more * sum(value) if has(line) else 0 for line, *value in zip(lines, *values, strict=True)]
    return gains, rounded(sum(gains), plan.scale[rule.currency] * WHOLE * parts, rule.rounding)


def _parts(each: Applied, rates: Sequence[Applied], occasion: Occasion) -> list[int]:
    """What the rates that the multiplier counts give for each line, in parts of a point."""
    rule = each.ready.rule
    of = rule.reward.of if isinstance(rule.reward, Multiplier) else frozenset()
    parts = [0] * len(occasion.sale.lines)
    for rate in rates:
        if rate.id in of or (not of and rate.ready.rule.currency == rule.currency):
            weight = rate.ready.weight
            parts = [
                part + weight * amount
                for part, amount in zip(parts, rate.ready.selection.amounts(occasion), strict=True)
            ]
    return parts


def _rates(applied: Sequence[Applied]) -> list[Applied]:
    return [each for each in applied if isinstance(each.ready.rule.reward, Rate) and not each.failed]


def _multiplies(each: Applied) -> bool:
    return isinstance(each.ready.rule.reward, Multiplier)
