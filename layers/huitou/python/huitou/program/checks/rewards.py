"""What a rule pays, and the caps and budgets that must leave room for it."""

from __future__ import annotations

from huitou.kernel.money import InvalidAmountError, parse_amount
from huitou.program.checks.findings import MOST_DECIMALS, Names, Path, Problems, at, decimals, positive, units
from huitou.program.compilation import TIMES_DECIMALS
from huitou.program.document import ProgramDocument
from huitou.program.document_rules import EarningRulePart

_ONCE = 10**TIMES_DECIMALS
_MOST_TIMES = 100


def rewards(document: ProgramDocument) -> Problems:
    """Each rule is a rate, a bonus or a multiplier, and pays something."""
    exponents = decimals(document)
    for n, rule in enumerate(document.earning):
        path: Path = ("earning", n)
        if rule.times is not None:
            yield from _multiplier(path, rule, rule.times)
        else:
            yield from _points(path, rule, exponents.get(rule.currency, MOST_DECIMALS), document.money.exponent)


def _multiplier(path: Path, rule: EarningRulePart, times: str) -> Problems:
    for field in ("points", "per"):
        if getattr(rule, field) is not None:
            yield at((*path, field), "A rule pays points or multiplies (times), not both.")
    try:
        hundredths = parse_amount(times, TIMES_DECIMALS)
    except InvalidAmountError as error:
        yield at((*path, "times"), error.detail)
        return
    if hundredths <= _ONCE:
        yield at((*path, "times"), "This must be more than 1: `times: 2` pays double.")
    elif hundredths > _MOST_TIMES * _ONCE:
        yield at((*path, "times"), f"This must be at most {_MOST_TIMES}.")


def _points(path: Path, rule: EarningRulePart, exponent: int, money_exponent: int) -> Problems:
    if rule.points is None:
        yield at((*path, "points"), "Say how many points it pays, or how many times it multiplies (times).")
    else:
        yield from positive((*path, "points"), rule.points, exponent)
    if rule.per is not None:
        yield from positive((*path, "per"), rule.per, money_exponent)
    if rule.of:
        yield at((*path, "of"), "Only a multiplier (times) names the rates that it multiplies.")


def multiplied_rates(document: ProgramDocument) -> Problems:
    """A multiplier has rates of its own currency to multiply."""
    rules = {rule.id: rule for rule in document.earning}
    known = Names("rule", rules)
    paid_by_rates = {rule.currency for rule in document.earning if _is_rate(rule)}
    for n, rule in enumerate(document.earning):
        if rule.times is None:
            continue
        if not rule.of and rule.currency not in paid_by_rates:
            yield at(("earning", n, "times"), f"No rate pays {rule.currency!r}: there is nothing to multiply.")
        for position, name in enumerate(rule.of):
            path: Path = ("earning", n, "of", position)
            yield from known.check(path, name)
            if name in rules:
                yield from _multiplied(path, rule, rules[name])


def _multiplied(path: Path, rule: EarningRulePart, other: EarningRulePart) -> Problems:
    if not _is_rate(other):
        yield at(path, f"{other.id!r} is no rate (points per money); only rates can be multiplied.")
    elif other.currency != rule.currency:
        yield at(path, f"{other.id!r} pays {other.currency!r}; this rule multiplies {rule.currency!r} only.")
    elif other.id in rule.excludes:
        yield at(path, f"This rule excludes {other.id!r}, so it cannot multiply it.")


def _is_rate(rule: EarningRulePart) -> bool:
    return rule.times is None and rule.points is not None and rule.per is not None


def caps(document: ProgramDocument) -> Problems:
    """A cap or budget leaves room for one grant, and counts over something."""
    exponents = decimals(document)
    for n, rule in enumerate(document.earning):
        exponent = exponents.get(rule.currency, MOST_DECIMALS)
        for position, cap in enumerate(rule.caps):
            path: Path = ("earning", n, "caps", position)
            yield from _room((*path, "points"), "cap", cap.points, rule, exponent)
            if cap.per in {other.per for other in rule.caps[:position]}:
                yield at((*path, "per"), f"There is a cap per {cap.per} already.")
            if cap.per == "campaign" and (rule.when.dates is None or rule.when.dates.first is None):
                yield at((*path, "per"), "A campaign has a first day: name it under `when`, `dates`, `from`.")
        if rule.budget is not None:
            yield from _room(("earning", n, "budget"), "budget", rule.budget, rule, exponent)


def _room(path: Path, kind: str, text: str, rule: EarningRulePart, exponent: int) -> Problems:
    yield from positive(path, text, exponent)
    limit, grant = units(text, exponent), units(rule.points, exponent)
    if limit is not None and grant is not None and 0 < limit < grant:
        yield at(path, f"One grant of this rule is {rule.points} points; this {kind} is below it.")
