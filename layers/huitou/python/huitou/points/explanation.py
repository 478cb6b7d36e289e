"""An entry in words (M12): what it did, and for points that were earned, what every rule had to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from huitou.kernel.money import format_amount
from huitou.points.phrases import Language, Words, words_of
from huitou.points.wallet import BUDGET, CAMPAIGN, EXCLUDED, OUTDONE, Entry, EntryType, RuleOutcome
from huitou.program.model import GROUP, Program
from huitou.program.rules import Bonus, Condition, EarningRule, Multiplier, Rate

PERCENT = 2
"""Decimals of a multiplier."""


@dataclass(frozen=True, slots=True)
class RuleTold:
    """One rule: what it said, in words, with ``asked`` of the condition that did not hold as it is written."""

    outcome: RuleOutcome
    name: str
    asked: str
    text: str


@dataclass(frozen=True, slots=True)
class EntryTold:
    """An entry and its rules in words; ``text`` is all of it."""

    text: str
    rules: tuple[RuleTold, ...]


def tell(entry: Entry, program: Program, language: Language) -> EntryTold:
    """``program`` is the version that the entry names: it knows its rules and their names."""
    teller = _Teller(program, words_of(language), entry)
    rules = tuple(map(teller.rule, entry.explanation))
    return EntryTold("\n".join([teller.sentence(), *(rule.text for rule in rules), *teller.version()]), rules)


class _Teller:
    def __init__(self, program: Program, words: Words, entry: Entry) -> None:
        self._program = program
        self._words = words
        self._entry = entry
        self._currency = program.currencies[entry.currency]
        self._rules = {rule.id: rule for rule in program.earning}

    def sentence(self) -> str:
        """What the entry did, and the reason if one was given."""
        entry = self._entry
        zone = self._program.zone
        taken = abs(entry.amount)
        said = self._words.entries[_case(entry)].format(
            brand=self._brand(entry.brand),
            currency=self._currency.name,
            points=self._points(taken),
            at=entry.effective_at.astimezone(zone).strftime(self._words.clock),
            ends_at=entry.ends_at.astimezone(zone).strftime(self._words.clock) if entry.ends_at else "",
            owed=self._points(taken + entry.waived + entry.debt),
            waived=self._points(entry.waived),
            debt=self._points(entry.debt),
            owing=self._points(entry.balance.debt),
        )
        return "\n".join([said, *([self._words.entries["reason"].format(reason=entry.reason)] if entry.reason else [])])

    def version(self) -> list[str]:
        """By which version the rules decided, where any were asked."""
        entry = self._entry
        return [self._words.rules["version"].format(version=entry.program_version)] if entry.explanation else []

    def rule(self, outcome: RuleOutcome) -> RuleTold:
        rule = self._rules.get(outcome.rule)
        name = self._name(outcome.rule)
        if outcome.failed in {EXCLUDED, OUTDONE}:
            text = self._words.rules[outcome.failed].format(name=name, other=self._name(outcome.found))
            return RuleTold(outcome, name, "", text)
        if outcome.failed:
            asked = self._asked(outcome.failed, rule.when) if rule else ""
            text = self._words.rules["failed"].format(name=name, why=self._why(outcome, rule, asked))
            return RuleTold(outcome, name, asked, text)
        return RuleTold(outcome, name, "", " ".join([self._gave(outcome, rule, name), *self._cut(outcome, rule)]))

    def _gave(self, outcome: RuleOutcome, rule: EarningRule | None, name: str) -> str:
        blanks: dict[str, str] = {}
        match rule and rule.reward:
            case Rate(points, per):
                phrase, blanks = "rate", {"of": self._points(points), "per": self._money(per)}
            case Bonus():
                phrase = "bonus"
            case Multiplier(times):
                phrase, blanks = "multiplier", {"times": _plain(format_amount(times, PERCENT))}
            case _:
                phrase = "gone"
        return self._words.rules[phrase].format(
            name=name, points=self._points(outcome.points), base=self._money(outcome.base), **blanks
        )

    def _cut(self, outcome: RuleOutcome, rule: EarningRule | None) -> list[str]:
        if not outcome.cut_by:
            return []
        limits = [cap.points for cap in rule.caps if cap.per == outcome.cut_by] if rule else []
        limit = self._points(min(limits)) if limits and outcome.cut_by != BUDGET else ""
        whole, cut = self._points(outcome.points + outcome.cut), self._points(outcome.cut)
        return [
            self._words.rules["cut"].format(
                whole=whole, cut=cut, cut_by=self._words.cuts[outcome.cut_by].format(limit=limit)
            )
        ]

    def _why(self, outcome: RuleOutcome, rule: EarningRule | None, asked: str) -> str:
        phrase = outcome.failed
        if rule and phrase == "first_purchase" and rule.when.first_purchase == "brand":
            phrase = "first_purchase.brand"
        found = self._found(outcome) or self._words.nothing
        return self._words.conditions[phrase].format(asked=asked, found=found)

    def _found(self, outcome: RuleOutcome) -> str:
        match outcome.failed:
            case "brands" | "first_purchase":
                return self._brand(outcome.found)
            case "tiers":
                return self._tier(outcome.found)
            case "weekdays":
                return self._words.weekdays.get(outcome.found, outcome.found)
            case "minimum":
                return self._money(int(outcome.found))
            case "stores":
                return self._store(outcome.found)
        return outcome.found

    def _asked(self, condition: str, when: Condition) -> str:
        match condition:
            case "brands":
                return self._list(map(self._brand, when.brands))
            case "stores":
                return self._list(map(self._store, when.stores))
            case "tiers":
                return self._list(map(self._tier, when.tiers))
            case "minimum":
                return self._money(when.minimum)
        return self._asked_of_time(condition, when)

    def _asked_of_time(self, condition: str, when: Condition) -> str:
        match condition:
            case "dates":
                return f"{when.first_day or ''} – {when.last_day or ''}".strip()
            case "hours" if when.hours:
                return " – ".join(f"{hour:%H:%M}" for hour in when.hours)
            case "weekdays":
                days = self._words.weekdays
                return self._words.comma.join(days[day] for day in days if day in when.weekdays)
            case "categories" | "skus":
                return self._list([*when.categories, *when.skus])
        asked: Any = getattr(when, condition)
        return self._list(asked) if isinstance(asked, frozenset) else ""

    def _list(self, names: Iterable[str]) -> str:
        return self._words.comma.join(sorted(names))

    def _name(self, rule: str) -> str:
        return self._rules[rule].name if rule in self._rules else rule

    def _brand(self, id_: str) -> str:
        brand = self._program.brands.get(id_)
        return self._words.group if id_ == GROUP else brand.name if brand else id_

    def _store(self, id_: str) -> str:
        store = self._program.stores.get(id_)
        return store.name if store else id_

    def _tier(self, id_: str) -> str:
        levels = self._program.tiers.levels if self._program.tiers else ()
        return next((level.name for level in levels if level.id == id_), id_)

    def _points(self, points: int) -> str:
        return format_amount(points, self._currency.exponent)

    def _money(self, money: int) -> str:
        return f"{self._program.money} {format_amount(money, self._program.money_exponent)}"


def _case(entry: Entry) -> str:
    """Which sentence an entry takes."""
    by_hand = entry.cause.type != "clock"
    match entry.type:
        case EntryType.EARN if not entry.amount:
            return "earn.nothing"
        case EntryType.ADJUST if entry.cause.type in {"opening", CAMPAIGN}:
            return f"adjust.{entry.cause.type}"
        case EntryType.ADJUST:
            return "adjust.given" if entry.amount > 0 else "adjust.taken"
        case EntryType.EXPIRE if by_hand:
            return "expire.by_hand"
        case EntryType.RELEASE if not by_hand:
            return "release.ended"
    return entry.type.value


def _plain(decimal: str) -> str:
    """``2.50`` → ``2.5``, ``3.00`` → ``3``."""
    return decimal.rstrip("0").rstrip(".")
