"""What a purchase is worth (M7), with the reason for each point (M12).

One sale is decided in one order: the conditions of each rule; what each gives for the lines that count; which rules
exclude, outdo or multiply others (`huitou.points.stacking`); caps, which cut; budgets last, which cut too. It depends
on the sale, the programme and the member's circumstances alone. These are kept, so a refund decides the sale again
without the lines that came back (E2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field

from huitou.kernel.values import lean
from huitou.points.circumstances import NOBODY, Circumstances
from huitou.points.conditions import Occasion, Sale, setting_of
from huitou.points.plan import Candidate, Plan, Ready, plan_of
from huitou.points.shares import share
from huitou.points.stacking import Applied, compete, line_weights
from huitou.points.wallet import BUDGET, RuleOutcome
from huitou.program.model import CurrencyId, Program
from huitou.program.rules import RuleId


@lean
class Earning:
    """The points of one currency that a purchase earns, and what every rule of that currency had to say.

    ``used`` is by how much the counters of caps grow, ``budgets`` what was taken from the budgets of rules.
    """

    points: int
    outcomes: tuple[RuleOutcome, ...]
    used: Mapping[str, int] = field(default_factory=dict)
    budgets: Mapping[RuleId, int] = field(default_factory=dict)


Said = RuleOutcome | Applied
Say = Callable[[Ready, Occasion], Said]


def earnings(
    sale: Sale, program: Program, seen: Circumstances = NOBODY, *, explained: bool = True
) -> Mapping[CurrencyId, Earning]:
    """What ``sale`` earns, by currency: the home currency always, any other only where something was earned.

    Not ``explained``, rules that do not apply say nothing, for whoever counts points and would not read it.
    E2: a sale of which no line is left earns nothing, whatever the rules.
    """
    if not sale.lines:
        return {program.home_currency: Earning(0, ())}
    occasion, plan = Occasion(sale, program, seen), plan_of(program)
    earned = {}
    for currency, said in _considered(occasion, plan, explained=explained).items():
        earning = _earning(said, occasion, plan)
        if earning.points or currency == program.home_currency:
            earned[currency] = earning
    return earned


def attribution(sale: Sale, program: Program, seen: Circumstances = NOBODY) -> Mapping[CurrencyId, tuple[int, ...]]:
    """What each line of ``sale`` brought: the sums are exactly the points of `earnings`.

    Each rule's points, as they were after cuts, are shared among the lines that it counted, in proportion to what
    it gives for them; what does not divide goes to the largest remainders.
    """
    if not sale.lines:
        return {program.home_currency: ()}
    occasion, plan = Occasion(sale, program, seen), plan_of(program)
    considered = _considered(occasion, plan, explained=False, by_line=True)
    return {currency: _by_line(said, occasion, plan) for currency, said in considered.items()}


def _by_line(said: Iterable[Said], occasion: Occasion, plan: Plan) -> tuple[int, ...]:
    lines = [0] * len(occasion.sale.lines)
    for each in said:
        if isinstance(each, Applied):
            points = _outcome(each, occasion, plan, {}, {}).points
            shares = share(points, line_weights(each, occasion))
            lines = [line + part for line, part in zip(lines, shares, strict=True)]
    return tuple(lines)


def _considered(
    occasion: Occasion, plan: Plan, *, explained: bool, by_line: bool = False
) -> Mapping[CurrencyId, Sequence[Said]]:
    candidates = plan.candidates(setting_of(occasion.sale, occasion.seen))
    say: Say = Applied if by_line or candidates.compete else _said_alone
    considered: Mapping[CurrencyId, Sequence[Said]]
    if explained:
        considered = {
            currency: [_consider(each, occasion, say) for each in rules] for currency, rules in candidates.rules.items()
        }
    else:
        considered = {
            currency: [say(each, occasion) for each in ready if each.applies(occasion)]
            for currency, ready in candidates.ready.items()
        }
    if candidates.compete:
        applied = [each for said in considered.values() for each in said if type(each) is Applied]
        if any([each.ready.competes for each in applied]):
            compete(applied, occasion, plan, by_line=by_line)
    return considered


def _consider(candidate: Candidate, occasion: Occasion, say: Say) -> Said:
    if type(candidate) is not Ready:
        return candidate
    unmet = candidate.unmet(occasion)
    return say(candidate, occasion) if unmet is None else candidate.failed(unmet.name, unmet.found(occasion))


def _said_alone(ready: Ready, occasion: Occasion) -> Said:
    """What a rule that applies says where none can prevent another: its last word, but for its caps and budget."""
    if ready.is_limited:
        return Applied(ready, occasion)
    base = ready.selection.base(occasion)
    return RuleOutcome(ready.rule.id, base, ready.gives(base))


def _earning(said: Iterable[Said], occasion: Occasion, plan: Plan) -> Earning:
    used: dict[str, int] = {}
    budgets: dict[RuleId, int] = {}
    points, outcomes = 0, []
    for each in said:
        outcome = _outcome(each, occasion, plan, used, budgets) if type(each) is Applied else each
        points += outcome.points
        outcomes.append(outcome)
    return Earning(points, tuple(outcomes), used, budgets)


def _outcome(
    each: Applied, occasion: Occasion, plan: Plan, used: dict[str, int], budgets: dict[RuleId, int]
) -> RuleOutcome:
    """What the rule pays after its caps and its budget, in this order; notes what it takes from them."""
    rule, points = each.ready.rule, each.points
    if each.failed:
        return RuleOutcome(rule.id, each.base, 0, each.failed, each.found, each.prevented)
    if not rule.caps and rule.budget is None:
        return RuleOutcome(rule.id, each.base, points)
    limits = plan.day(occasion.sale.occurred_at).limits[rule.id] if rule.caps else ()
    cut_by = ""
    for per, key, most in limits:
        room = max(0, most - occasion.seen.used.get(key, 0))
        if points > room:
            points, cut_by = room, per.value
    if rule.budget is not None and points > (left := occasion.seen.budgets.get(rule.id, rule.budget)):
        points, cut_by = max(0, left), BUDGET
    if points:
        used |= {limit.key: points for limit in limits if limit.key}
        budgets |= {rule.id: points} if rule.budget is not None else {}
    return RuleOutcome(rule.id, each.base, points, "", "", each.points - points, cut_by)
