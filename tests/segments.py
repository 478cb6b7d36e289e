"""Segments for tests, as the programme document writes them: predicates turned back into what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from huitou.program import predicates as p
from huitou.program.model import GROUP
from tests.builders import document
from tests.predicates import LISTS, TIERS

AXES = ("recency", "frequency", "money")
DECIMALS = {"points": 0, "beans": 1}
"""Of the points of `document`."""
LEVELS = [{"id": name, "name": name, "threshold": str(n * 1000)} for n, name in enumerate(TIERS)]


def segment(when: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A segment of the group."""
    return {"id": "some", "name": "Some", "when": when, **changes}


def with_segments(*entries: Any, **changes: Any) -> dict[str, Any]:
    """`document` with these segments, tiers, and the lists that `tests.predicates` name."""
    tiers = {"measure": "spend", "window": {"type": "rolling", "days": 365}, "levels": LEVELS}
    return document(**{"segments": [*entries, *LISTS], "tiers": tiers, **changes})


def written(asked: p.Predicate) -> dict[str, Any]:
    """How a marketer writes a predicate; compiled, it is that predicate again."""
    match asked:
        case p.AllOf(of=parts):
            return {"all": [written(part) for part in parts]}
        case p.AnyOf(of=parts):
            return {"any": [written(part) for part in parts]}
        case p.Not(of=part):
            return {"not": written(part)}
    kind, content = _LEAVES[type(asked)](asked)
    return {kind: content}


def _behaviour(leaf: p.Behaviour) -> tuple[str, Any]:
    number = {"spend": str, "average_basket": str, "interval": _decimal}.get(leaf.quantity, int)
    return leaf.quantity, {**_bounds(leaf.bounds, number), **_where(leaf)}


def _usual_hour(leaf: p.UsualHour) -> tuple[str, Any]:
    return "usual_hour", {"from": f"{leaf.begin:%H:%M}", "to": f"{leaf.end:%H:%M}", **_where(leaf)}


def _joined(leaf: p.Joined) -> tuple[str, Any]:
    brands, days = sorted(leaf.brands), _days(leaf)
    if not brands:
        return "days_since_enrolment", days
    return ("days_since_joining", {**days, "brands": brands}) if days else ("joined", brands)


def _consents(leaf: p.Consents) -> tuple[str, Any]:
    brand = {} if leaf.brand == GROUP else {"brand": leaf.brand}
    return "consent", {"channel": leaf.channel, "purpose": leaf.purpose, **brand}


_LEAVES: Mapping[type[p.Predicate], Callable[[Any], tuple[str, Any]]] = {
    p.Behaviour: _behaviour,
    p.Share: lambda leaf: ("share", {**_bounds(leaf.bounds, _percent), **_where(leaf)}),
    p.Since: lambda leaf: (f"days_since_{leaf.which}_{leaf.of}", {**_days(leaf), **_where(leaf)}),
    p.UsualHour: _usual_hour,
    p.Overdue: lambda leaf: ("overdue", {"at_least": _decimal(leaf.least)}),
    p.Alive: lambda leaf: ("alive", _bounds(leaf.bounds, _percent)),
    p.RfmClass: lambda leaf: ("rfm", {axis: sorted(getattr(leaf, axis)) for axis in AXES}),
    p.Age: lambda leaf: ("age", _bounds(leaf.bounds, int)),
    p.BirthdayNear: lambda leaf: ("birthday", {"days_before": leaf.before, "days_after": leaf.after}),
    p.BirthdayMonth: lambda _: ("birthday_month", True),
    p.AnniversaryNear: lambda leaf: ("anniversary", {"days_before": leaf.before, "days_after": leaf.after}),
    p.Joined: _joined,
    p.ProfileIs: lambda leaf: (leaf.field, sorted(leaf.values)),
    p.Tagged: lambda leaf: ("tags", sorted(leaf.names)),
    p.Consents: _consents,
    p.HasPoints: lambda leaf: ("points", _points(leaf.currency, leaf.bounds)),
    p.ExpiringPoints: lambda leaf: (
        "expiring_points",
        {**_points(leaf.currency, leaf.bounds), "within_days": leaf.days},
    ),
    p.InTier: lambda leaf: ("tiers", sorted(leaf.tiers)),
    p.TierAtRisk: lambda leaf: ("tier_at_risk", {"within_days": leaf.days}),
    p.InSegment: lambda leaf: ("segments", sorted(leaf.segments)),
}


def _points(currency: str, bounds: p.Bounds) -> dict[str, Any]:
    exponent = DECIMALS[currency]
    return {"currency": currency, **_bounds(bounds, lambda units: f"{units / 10**exponent:.{exponent}f}")}


def _bounds(bounds: p.Bounds, number: Any) -> dict[str, Any]:
    if bounds.least is not None and bounds.least == bounds.most:
        return {"exactly": number(bounds.least)}
    fields = ("at_least", "at_most", "more_than", "less_than")
    return {field: number(bound) for field, bound in zip(fields, bounds, strict=True) if bound is not None}


def _days(leaf: p.Since | p.Joined) -> dict[str, int]:
    return {name: days for name, days in (("at_least", leaf.least), ("at_most", leaf.most)) if days is not None}


def _where(leaf: p.Behaviour | p.Share | p.Since | p.UsualHour) -> dict[str, Any]:
    where: dict[str, Any] = {} if isinstance(leaf, p.Since) else {"in": _window(leaf.window)}
    if leaf.only != p.EVERYTHING:
        lists = ("brands", "stores", "regions", "channels", "payments", "categories", "skus")
        asked = {field: sorted(getattr(leaf.only, field)) for field in lists}
        where["of"] = {field: names for field, names in asked.items() if names}
        if leaf.only.discounted is not None:
            where["of"]["discounted"] = leaf.only.discounted
    return where


def _window(window: p.Window) -> str:
    match window:
        case p.LastDays(days=days):
            return f"last {days} days"
        case p.ThisPeriod(period=period):
            return f"this {period}"
    return "ever"


def _decimal(value: Fraction) -> str:
    return f"{float(value):.2f}"


def _percent(value: Fraction) -> str:
    return _decimal(value * 100)
