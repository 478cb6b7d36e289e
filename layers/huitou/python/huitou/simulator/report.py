"""What a simulation found, as it is written: a JSON document, the same bytes for the same input."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.simulator.account import Account, Issue
from huitou.simulator.comparing import BRAND, SEGMENT, Affected, Comparison, Figures, worths
from huitou.simulator.history import Telling
from huitou.simulator.report_campaigns import campaigns_told
from huitou.simulator.sides import SILENT, Sides

NO_SPENDINGS = "Members use no points: the source does not say when they did. So more expires, and more is open."
NO_RETURNS = "Nothing is refunded, held, sent, converted, given by hand or brought along from another system."
RETURNS = (
    "What came back counts as never bought. Nothing is held, sent, converted, given by hand or brought along from "
    "another system."
)
AS_IF_ALWAYS = "Each programme counts as if it had always held."
BUDGETS = "Budgets are given out member by member, not in the order of time: {rules} ran out."
IN_GROUPS = (
    "A member counts at each brand at which they bought, and in each segment that they are in at the end under the "
    "programme before."
)
AS_NOW = (
    "For segments, what members say of themselves, their tags and consents, and what is known of all members together "
    "is as it is now, where the source tells it."
)
SPOKEN = (
    "Campaigns begin as if the programme had held since the time began that is replayed, tell and give members what "
    "they would have told and given them, and change nothing of what members do.",
    "What providers turn down, and addresses that are suppressed, nobody knows. Only SMS has a price.",
)
AGREED = (
    "So many of a hundred members have agreed to all messages, and can be reached by each channel: {percent}. Nobody "
    "has said in which language they read."
)
RECORDED = "Who has agreed to messages, and how they are reached, is as it is now."
UNSPENT = "Points that were used in the past are used again as far as they are there."


class Report:
    """A comparison put into words and decimal strings."""

    def __init__(self, comparison: Comparison, sides: Sides, until: datetime) -> None:
        self._comparison = comparison
        self._sides = sides
        self._before = sides.before
        self._after = sides.after
        self._until = until

    def document(self, source: str, tells: Telling) -> dict[str, Any]:
        """All of it. ``source`` says what was replayed."""
        comparison = self._comparison
        return {
            "source": source,
            "until": format_instant(self._until),
            "programs": {"before": self._before.name, "after": self._after.name},
            "assumptions": list(self._assumptions(tells)),
            "members": self._members(),
            "sales": _pair(self._sales(comparison.before), self._sales(comparison.after)),
            "points": [self._points(issue) for issue in self._issues()],
            "rules": [self._rule(rule) for rule in self._rules()],
            "tiers": self._tiers(),
            "brands": [self._brand(*each) for each in self._groups(BRAND)],
            "segments": self._segments(),
            "campaigns": campaigns_told(comparison, self._sides),
            "most_affected": self._most_affected(),
        }

    def _assumptions(self, tells: Telling) -> Iterable[str]:
        yield AS_IF_ALWAYS
        yield UNSPENT if tells.spendings else NO_SPENDINGS
        yield RETURNS if tells.returns else NO_RETURNS
        yield IN_GROUPS
        if self._before.segments or self._after.segments:
            yield AS_NOW
        if self._sides.spoken != SILENT:
            yield from SPOKEN
            yield RECORDED if tells.agreed_percent is None else AGREED.format(percent=tells.agreed_percent)
        short = sorted(self._comparison.before.short.keys() | self._comparison.after.short.keys())
        if short:
            yield BUDGETS.format(rules=", ".join(short))

    def _members(self) -> dict[str, int]:
        found = self._comparison
        return {"replayed": found.after.members, "gaining": found.gaining, "losing": found.losing}

    def _groups(self, kind: str) -> Iterable[tuple[str | None, Report]]:
        """The same of each group of this kind, by its id; who is in none comes last."""
        found = [(name, group) for (each, name), group in self._comparison.groups.items() if each == kind]
        for name, group in sorted(found, key=lambda each: (each[0] is None, each[0] or "")):
            yield name, Report(group, self._sides, self._until)

    def _brand(self, brand: str | None, of: Report) -> dict[str, Any]:
        """What the brand gave, and to whom."""
        sales = (figures.sales_at[brand or ""] for figures in (of._comparison.before, of._comparison.after))
        points = [of._points(issue) for issue in of._issues() if issue[1] == brand]
        return {"brand": brand, **of._difference(_pair(*sales), points)}

    def _segments(self) -> dict[str, Any]:
        found = self._comparison
        named = {**self._after.segments, **self._before.segments}
        listed = [*self._before.segments, *(each for each in self._after.segments if each not in self._before.segments)]
        return {
            "at_the_end": [
                {
                    "segment": segment,
                    "name": named[segment].name,
                    **_pair(found.before.segments[segment], found.after.segments[segment]),
                    "entering": found.entering[segment],
                    "leaving": found.leaving[segment],
                }
                for segment in sorted(listed)
            ],
            "members_elsewhere": found.resettled,
            "differences": [
                {
                    "segment": segment,
                    **of._difference(
                        _pair(of._comparison.before.sales, of._comparison.after.sales),
                        list(map(of._points, of._issues())),
                    ),
                }
                for segment, of in self._groups(SEGMENT)
                if self._before.segments
            ],
        }

    def _difference(self, sales: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        found = self._comparison
        return {
            "members": self._members(),
            "sales": sales,
            "points": points,
            "moves_up": _pair(found.before.ups, found.after.ups),
            "moves_down": _pair(found.before.downs, found.after.downs),
            "most_affected": self._most_affected(),
        }

    def _sales(self, figures: Figures) -> dict[str, int]:
        return {"counted": figures.sales, "unknown_place": figures.unknown}

    def _issues(self) -> Sequence[Issue]:
        sides = self._comparison.before, self._comparison.after
        return sorted({issue for side in sides for issue in side.issued})

    def _points(self, issue: Issue) -> dict[str, Any]:
        """Of one currency and the brand that gave the points."""
        currency, issuer = issue
        decimals, sides = self._decimals(currency), (self._comparison.before, self._comparison.after)
        moved = {name: [getattr(side, name)[issue] for side in sides] for name in ("issued", "redeemed", "expired")}
        still_open = [side.open[issue] for side in sides]
        liability = [self._value(number, issue, points) for number, points in enumerate(still_open)]
        return {
            "currency": currency,
            "issuer": issuer,
            **{name: _amounts(points, decimals) for name, points in moved.items()},
            "open": _amounts(still_open, decimals),
            "liability": _amounts(liability, self._after.money_exponent),
        }

    def _value(self, side: int, issue: Issue, points: int) -> int | None:
        """What open points are worth, in smallest units of money, rounded half up; None where nothing says it."""
        worth = worths((self._before, self._after)[side], self._until).get(issue[0])
        if worth is None:
            return None
        exact = worth * points
        return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)

    def _rules(self) -> Sequence[str]:
        """As the programmes list them, new ones last."""
        listed = [rule.id for program in (self._before, self._after) for rule in program.earning]
        return list(dict.fromkeys(listed))

    def _rule(self, rule: str) -> dict[str, Any]:
        found = next(each for program in (self._after, self._before) for each in program.earning if each.id == rule)
        before, after = self._comparison.before, self._comparison.after
        return {
            "rule": rule,
            "currency": found.currency,
            "sales": _pair(before.times[rule], after.times[rule]),
            "points": _amounts((before.points[rule], after.points[rule]), self._decimals(found.currency)),
        }

    def _tiers(self) -> dict[str, Any]:
        comparison = self._comparison
        policies = [program.tiers for program in (self._before, self._after) if program.tiers]
        levels = list(dict.fromkeys(level.id for policy in policies for level in policy.levels))
        moved = [(*pair, count) for pair, count in comparison.moved.items() if pair[0] != pair[1]]
        return {
            "at_the_end": [
                {"tier": level, **_pair(comparison.before.tiers[level], comparison.after.tiers[level])}
                for level in levels
            ],
            "moves_up": _pair(comparison.before.ups, comparison.after.ups),
            "moves_down": _pair(comparison.before.downs, comparison.after.downs),
            "members_elsewhere": [
                {"before": was, "after": now, "members": count}
                for was, now, count in sorted(moved, key=lambda each: (-each[2], each[0] or "", each[1] or ""))
            ],
        }

    def _most_affected(self) -> list[dict[str, Any]]:
        return [self._affected(each) for each in self._comparison.affected]

    def _affected(self, each: Affected) -> dict[str, Any]:
        accounts = each.before, each.after
        currencies = sorted({currency for account in accounts for currency, _ in account.issued})
        issued = {currency: [_issued(account, currency) for account in accounts] for currency in currencies}
        return {
            "member": each.name,
            "issued": {currency: _amounts(points, self._decimals(currency)) for currency, points in issued.items()},
            "tier": _pair(each.before.tier, each.after.tier),
            "segments": _pair(*(sorted(account.segments) for account in accounts)),
        }

    def _decimals(self, currency: str) -> int:
        known = self._after.currencies.get(currency) or self._before.currencies[currency]
        return known.exponent


def written(document: Mapping[str, Any]) -> str:
    """The document as text."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _issued(account: Account, currency: str) -> int:
    return sum(points for (each, _), points in account.issued.items() if each == currency)


def _pair(before: Any, after: Any) -> dict[str, Any]:
    return {"before": before, "after": after}


def _amounts(pair: Sequence[int | None], decimals: int) -> dict[str, str | None]:
    """Before and after as decimal strings, with how much more it is after; null where there is none."""
    before, after = pair
    more = None if before is None or after is None else after - before
    amounts = {"before": before, "after": after, "more": more}
    return {name: None if units is None else format_amount(units, decimals) for name, units in amounts.items()}
