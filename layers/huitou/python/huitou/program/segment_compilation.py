"""From the segments of a published document to predicates; as `compilation`, from the stored form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

from huitou.kernel.channels import MessageChannel
from huitou.kernel.money import parse_amount
from huitou.program.looking_back import in_order
from huitou.program.model import GROUP, BrandId, CurrencyId
from huitou.program.predicates import (
    EVERYTHING,
    Age,
    Alive,
    AllOf,
    AnniversaryNear,
    AnyOf,
    Behaviour,
    BirthdayMonth,
    BirthdayNear,
    Bounds,
    Consents,
    Ever,
    ExpiringPoints,
    HasPoints,
    InSegment,
    InTier,
    Joined,
    LastDays,
    Not,
    Only,
    Overdue,
    Predicate,
    ProfileIs,
    Quantity,
    RfmClass,
    Segment,
    Share,
    Since,
    Tagged,
    ThisPeriod,
    TierAtRisk,
    UsualHour,
    Window,
)
from huitou.program.rules import SegmentId

Stored = Mapping[str, Any]
Number = Callable[[Any], Fraction | int]
Reader = Callable[[Any, "_Context"], Predicate]
"""Makes a predicate of what is asked."""

DECIMALS = 2
"""Of what is neither money nor points: percentages, days between purchases, times of an interval."""
_LAST_DAYS = re.compile(r"last ([1-9][0-9]*) days?", re.ASCII)
_BOUNDS = ("at_least", "at_most", "more_than", "less_than")


class Units(Protocol):
    """Turns decimal strings into smallest units."""

    def money(self, text: str) -> int: ...

    def points(self, text: str, currency: CurrencyId) -> int: ...


def compile_segments(
    entries: Iterable[Stored | SegmentId], units: Units, home_currency: CurrencyId
) -> Mapping[SegmentId, Segment]:
    """By id, each after those that it names."""
    parts = list(entries)
    tagging = [entry for entry in parts if not isinstance(entry, str) and entry.get("tag")]
    return MappingProxyType(in_order(_segment(entry, units, home_currency, tagging) for entry in parts))


def _segment(entry: Stored | SegmentId, units: Units, home_currency: CurrencyId, tagging: Sequence[Stored]) -> Segment:
    if isinstance(entry, str):
        return Segment(entry, entry, None, None)
    context = _Context(units, home_currency, entry["brand"], tagging)
    when = _predicate(entry["when"], context) if entry["when"] else None
    return Segment(entry["id"], entry["name"], entry["brand"], when, entry.get("tag"))


def read_window(text: str) -> Window | None:
    """The window that ``text`` names; None where it names none."""
    if match := _LAST_DAYS.fullmatch(text):
        return LastDays(int(match[1]))
    return _WINDOWS.get(text)


_WINDOWS: Mapping[str, Window] = {
    "ever": Ever(),
    "this month": ThisPeriod("month"),
    "this year": ThisPeriod("year"),
}


class _Context(NamedTuple):
    """What a condition means depends on whose segment it is part of."""

    units: Units
    home_currency: CurrencyId
    brand: BrandId | None
    tagging: Sequence[Stored]
    """The segments whose members carry a tag."""


def _predicate(part: Stored, context: _Context) -> Predicate:
    """What the one thing that is written asks."""
    ((kind, asked),) = part.items()
    return _READERS[kind](asked, context)


def _counted(quantity: Quantity) -> Reader:
    return lambda part, _: Behaviour(quantity, _bounds(part, int), _window(part), _only(part))


def _money(quantity: Quantity) -> Reader:
    return lambda part, context: Behaviour(quantity, _bounds(part, context.units.money), _window(part), _only(part))


def _since(which: Literal["first", "last"], of: Literal["purchase", "visit"]) -> Reader:
    return lambda part, _: Since(which, of, *_days(part), only=_only(part))


def _profile(field: Literal["gender", "language", "home_store"]) -> Reader:
    return lambda values, _: ProfileIs(field, frozenset(values))


def _usual_hour(part: Stored, _: _Context) -> UsualHour:
    begin, end = (time.fromisoformat(part[field]) for field in ("from", "to"))
    return UsualHour(begin, end, _window(part), _only(part))


def _days_since_joining(part: Stored, context: _Context) -> Joined:
    brands = part["brands"] or ([context.brand] if context.brand else [])
    return Joined(frozenset(brands), *_days(part))


def _tagged(names: Sequence[str], context: _Context) -> Predicate:
    """By hand, or by being in a segment that the asking one may see (E31)."""
    by_hand = Tagged(frozenset(names))
    by_rule = [part for part in context.tagging if part["tag"] in names and part["brand"] in {None, context.brand}]
    return AnyOf((by_hand, InSegment(frozenset(part["id"] for part in by_rule)))) if by_rule else by_hand


def _consent(part: Stored, context: _Context) -> Consents:
    return Consents(MessageChannel(part["channel"]), part["purpose"], part["brand"] or context.brand or GROUP)


def _points(part: Stored, context: _Context) -> tuple[CurrencyId, Bounds]:
    currency = part["currency"] or context.home_currency
    return currency, _bounds(part, lambda text: context.units.points(text, currency))


def _expiring_points(part: Stored, context: _Context) -> ExpiringPoints:
    currency, bounds = _points(part, context)
    return ExpiringPoints(currency, part["within_days"], bounds)


def _bounds(part: Stored, number: Number) -> Bounds:
    if part["exactly"] is not None:
        value = number(part["exactly"])
        return Bounds(value, value)
    return Bounds(*(None if part[bound] is None else number(part[bound]) for bound in _BOUNDS))


def _days(part: Stored) -> tuple[int | None, int | None]:
    """The least and the most of whole days."""
    if part["exactly"] is not None:
        return part["exactly"], part["exactly"]
    least = part["at_least"] if part["more_than"] is None else part["more_than"] + 1
    most = part["at_most"] if part["less_than"] is None else part["less_than"] - 1
    return least, most


def _decimal(text: str) -> Fraction:
    return Fraction(parse_amount(text, DECIMALS), 10**DECIMALS)


def _percent(text: str) -> Fraction:
    return _decimal(text) / 100


def _window(part: Stored) -> Window:
    window = read_window(part["in"])
    if window is None:
        raise LookupError(f"A published document has the window {part['in']!r}.")
    return window


def _only(part: Stored) -> Only:
    asked = part["of"]
    if asked is None:
        return EVERYTHING
    lists = ("brands", "stores", "regions", "channels", "payments", "categories", "skus")
    return Only(**{field: frozenset(asked[field]) for field in lists}, discounted=asked["discounted"])


_READERS: Mapping[str, Reader] = {
    "all": lambda parts, context: AllOf(tuple(_predicate(part, context) for part in parts)),
    "any": lambda parts, context: AnyOf(tuple(_predicate(part, context) for part in parts)),
    "not": lambda part, context: Not(_predicate(part, context)),
    "purchases": _counted("purchases"),
    "visits": _counted("visits"),
    "spend": _money("spend"),
    "average_basket": _money("average_basket"),
    "brands": _counted("brands"),
    "stores": _counted("stores"),
    "categories": _counted("categories"),
    "interval": lambda part, _: Behaviour("interval", _bounds(part, _decimal), _window(part), _only(part)),
    "share": lambda part, _: Share(_bounds(part, _percent), _window(part), _only(part)),
    "days_since_first_purchase": _since("first", "purchase"),
    "days_since_last_purchase": _since("last", "purchase"),
    "days_since_first_visit": _since("first", "visit"),
    "days_since_last_visit": _since("last", "visit"),
    "usual_hour": _usual_hour,
    "overdue": lambda part, _: Overdue(_decimal(part["at_least"])),
    "alive": lambda part, _: Alive(_bounds(part, _percent)),
    "rfm": lambda part, _: RfmClass(*(frozenset(part[axis]) for axis in ("recency", "frequency", "money"))),
    "age": lambda part, _: Age(_bounds(part, int)),
    "birthday": lambda part, _: BirthdayNear(part["days_before"], part["days_after"]),
    "birthday_month": lambda *_: BirthdayMonth(),
    "anniversary": lambda part, _: AnniversaryNear(part["days_before"], part["days_after"]),
    "joined": lambda brands, _: Joined(frozenset(brands)),
    "days_since_joining": _days_since_joining,
    "days_since_enrolment": lambda part, _: Joined(frozenset(), *_days(part)),
    "gender": _profile("gender"),
    "language": _profile("language"),
    "home_store": _profile("home_store"),
    "tags": _tagged,
    "consent": _consent,
    "points": lambda part, context: HasPoints(*_points(part, context)),
    "expiring_points": _expiring_points,
    "tiers": lambda tiers, _: InTier(frozenset(tiers)),
    "tier_at_risk": lambda part, _: TierAtRisk(part["within_days"]),
    "segments": lambda segments, _: InSegment(frozenset(segments)),
}
