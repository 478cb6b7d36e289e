"""How rules that apply to one sale go together (M7): some exclude others, some compete, some multiply.

The order is always the same: exclusions, by turn; then stacks of rates and bonuses; then multipliers, which count
the rates that still pay; then stacks that hold a multiplier, in which therefore a rate may be multiplied and yet be
outdone. A multiplier works in whole parts of a point and is rounded once: line by line, or on the sale as one where
no multiplier leaves any line out, which comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import final

from huitou.points.conditions import Occasion
from huitou.points.plan import Plan, Ready, rounded
from huitou.points.wallet import EXCLUDED, OUTDONE
from huitou.program.rules import Combine, Multiplier

_RANK = attrgetter("ready.rank")
WHOLE = 100
"""`Multiplier.times` is in hundredths."""


@final
class Applied:
    """A rule whose conditions hold: what it counts and what it gives, until another rule prevents it."""

    __slots__ = ("base", "failed", "found", "points", "prevented", "ready", "worth")

    def __init__(self, ready: Ready, occasion: Occasion) -> None:
        self.ready = ready
        self.base = base = ready.selection.base(occasion)
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


class Basket:
    """What the multipliers among ``applied`` work on: the lines of a sale, or all of it as one."""

    __slots__ = ("_by_line", "_occasion", "plan", "size")

    def __init__(self, applied: Iterable[Applied], occasion: Occasion, plan: Plan, *, by_line: bool) -> None:
        self.plan = plan
        self._occasion = occasion
        self._by_line = by_line or not all([each.ready.selection.is_all for each in applied if each.ready.multiplies])
        self.size = len(occasion.sale.lines) if self._by_line else 1

    def amounts(self, rate: Applied) -> Sequence[int]:
        """What was paid for what counts for it."""
        return rate.ready.selection.amounts(self._occasion) if self._by_line else (rate.base,)

    def only_counted(self, each: Applied, values: Sequence[int]) -> Sequence[int]:
        """``values``, 0 for lines that do not count for it."""
        selection = each.ready.selection
        if selection.is_all:
            return values
        return [
            value if selection.has(line) else 0 for line, value in zip(self._occasion.sale.lines, values, strict=True)
        ]


def compete(applied: Sequence[Applied], occasion: Occasion, plan: Plan, *, by_line: bool) -> None:
    """Settles among the rules that apply which of them pay, and what multipliers give: each line, where asked."""
    by_turn = sorted(applied, key=_RANK)
    basket = Basket(by_turn, occasion, plan, by_line=by_line)
    _exclude(by_turn, basket)
    multiplying = {each.ready.rule.stack.id for each in by_turn if each.ready.multiplies and each.ready.rule.stack}
    stacks = _stacks(by_turn)
    for id_, stack in stacks.items():
        if id_ not in multiplying:
            _choose(stack)
    _multiply(by_turn, basket)
    for id_ in stacks.keys() & multiplying:
        _choose(stacks[id_])


def line_weights(each: Applied, occasion: Occasion) -> Sequence[int]:
    """In which proportion the lines of the sale brought the rule's points, after they competed by line."""
    return each.worth if each.worth is not None else each.ready.selection.amounts(occasion)


def _exclude(by_turn: Sequence[Applied], basket: Basket) -> None:
    for each in by_turn:
        excluded = each.ready.rule.excludes
        if excluded and not each.failed and _pays(each, by_turn, basket):
            for other in by_turn:
                if other.id in excluded and other is not each and not other.failed:
                    other.give_way(EXCLUDED, each)


def _pays(each: Applied, by_turn: Sequence[Applied], basket: Basket) -> bool:
    """For a multiplier: whether it would, if all rates paid that are not excluded so far."""
    if not each.ready.multiplies:
        return each.points > 0
    return _gain(each, _parts(each, _rates(by_turn), basket), 1, basket)[1] > 0


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


def _multiply(by_turn: Sequence[Applied], basket: Basket) -> None:
    rates = _rates(by_turn)
    chains: dict[str, _Chain] = {}
    for each in by_turn:
        if not each.ready.multiplies or each.failed:
            continue
        stack = each.ready.rule.stack
        chain = _Chain([0] * basket.size)
        if stack is not None and stack.combine is Combine.PRODUCT:
            chain = chains.setdefault(stack.id, chain)
        parts = _parts(each, rates, basket)
        value = [chain.parts * part + made for part, made in zip(parts, chain.made, strict=True)]
        each.worth, each.points = _gain(each, value, chain.parts, basket)
        chain.parts *= WHOLE
        chain.made = [WHOLE * made + gain for made, gain in zip(chain.made, each.worth, strict=True)]


def _gain(each: Applied, values: Sequence[int], parts: int, basket: Basket) -> tuple[Sequence[int], int]:
    """What the multiplier adds to ``values``, by line and rounded in all."""
    rule = each.ready.rule
    more = rule.reward.times - WHOLE if isinstance(rule.reward, Multiplier) else 0
    gains = [more * value for value in basket.only_counted(each, values)]
    return gains, rounded(sum(gains), basket.plan.scale[rule.currency] * WHOLE * parts, rule.rounding)


def _parts(each: Applied, rates: Sequence[Applied], basket: Basket) -> list[int]:
    """What the rates that the multiplier counts give for each line, in parts of a point."""
    rule = each.ready.rule
    of = rule.reward.of if isinstance(rule.reward, Multiplier) else frozenset()
    parts = [0] * basket.size
    for rate in rates:
        if rate.id in of or (not of and rate.ready.rule.currency == rule.currency):
            weight = rate.ready.weight
            parts = [part + weight * amount for part, amount in zip(parts, basket.amounts(rate), strict=True)]
    return parts


def _rates(applied: Sequence[Applied]) -> list[Applied]:
    return [each for each in applied if each.ready.is_rate and not each.failed]
