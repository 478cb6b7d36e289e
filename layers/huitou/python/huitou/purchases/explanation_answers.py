"""An explanation as callers see it (M12)."""

from __future__ import annotations

from typing import Any

from huitou.fields import View
from huitou.kernel.money import format_amount
from huitou.points.answers import EntryView, entry_view
from huitou.points.circumstances import Circumstances
from huitou.points.explanation import RuleTold
from huitou.points.phrases import Language
from huitou.program.model import PointCurrency, Program
from huitou.purchases.explaining import Explained


class RuleToldView(View):
    """What one rule had to say."""

    rule: str
    name: str
    fired: bool
    text: str
    base: str
    """The money of the lines that it counted."""
    points: str
    cut: str
    """What it would have given beyond that, had nothing prevented it."""
    cut_by: str | None
    """The period of the cap that cut it (purchase, day, month, campaign, lifetime), or budget."""
    failed: str | None
    """The condition that did not hold; excluded or outdone, where another rule pays instead."""
    asked: str | None
    """What the condition asks for."""
    found: str | None
    """What was there instead; the rule that pays instead."""


class LineToldView(View):
    """What one line of the sale brought."""

    sku: str
    category: str | None
    amount: str
    points: str


class SeenView(View):
    """The member as the decision saw it, before the sale."""

    tier: str | None
    segments: list[str]
    birthday_month: bool
    first_in_group: bool
    first_at_brand: bool
    used: dict[str, str]
    """What was used of caps, by rule and period, in points."""


class ExplanationView(View):
    """Why an entry is as it is."""

    text: str
    """All of it, one line each for the entry and for every rule."""
    language: Language
    entry: EntryView
    rules: list[RuleToldView]
    lines: list[LineToldView]
    """Of a sale: what each line brought. They sum up to the entry's points."""
    seen: SeenView | None
    program_version: int
    """The version that decided it."""


def explanation_view(explained: Explained, language: Language) -> dict[str, Any]:
    """An `ExplanationView`."""
    program = explained.program
    currency = program.currencies[explained.entry.currency]
    return {
        "text": explained.told.text,
        "language": language,
        "entry": entry_view(explained.entry, program),
        "rules": [_rule_view(told, currency, program) for told in explained.told.rules],
        "lines": [
            {
                "sku": line.sku,
                "category": line.category,
                "amount": format_amount(line.amount, program.money_exponent),
                "points": format_amount(points, currency.exponent),
            }
            for line, points in explained.lines
        ],
        "seen": _seen_view(explained.seen, currency, program) if explained.seen else None,
        "program_version": explained.entry.program_version,
    }


def _rule_view(told: RuleTold, currency: PointCurrency, program: Program) -> dict[str, Any]:
    outcome = told.outcome
    return {
        "rule": outcome.rule,
        "name": told.name,
        "fired": not outcome.failed,
        "text": told.text,
        "base": format_amount(outcome.base, program.money_exponent),
        "points": format_amount(outcome.points, currency.exponent),
        "cut": format_amount(outcome.cut, currency.exponent),
        "cut_by": outcome.cut_by or None,
        "failed": outcome.failed or None,
        "asked": told.asked or None,
        "found": outcome.found or None,
    }


def _seen_view(seen: Circumstances, currency: PointCurrency, program: Program) -> dict[str, Any]:
    """Counters of rules that pay other points are left out."""
    rules = {rule.id for rule in program.earning if rule.currency == currency.id}
    return {
        "tier": seen.tier,
        "segments": sorted(seen.segments),
        "birthday_month": seen.birthday_month,
        "first_in_group": seen.first_in_group,
        "first_at_brand": seen.first_at_brand,
        "used": {
            key: format_amount(used, currency.exponent)
            for key, used in sorted(seen.used.items())
            if key.rpartition("/")[0] in rules
        },
    }
