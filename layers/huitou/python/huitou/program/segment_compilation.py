"""From the segments of a published document to predicates; as `compilation`, from the stored form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import time
from fractions import Fraction
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol

from huitou.kernel.money import parse_amount
from huitou.program.looking_back import in_order
from huitou.program.model import GROUP, BrandId, CurrencyId
from huitou.program.predicates import (
    EVERYTHING,
    Age,
    Alive,
    AllOf,
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
    RfmClass,
    Segment,
    Share,
    Since,
    Tagged,
    ThisPeriod,
    UsualHour,
    Window,
)
from huitou.program.rules import SegmentId

Stored = Mapping[str, Any]
Number = Callable[[Any], Fraction | int]

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
    return MappingProxyType(in_order(_segment(entry, units, home_currency) for entry in entries))


def _segment(entry: Stored | SegmentId, units: Units, home_currency: CurrencyId) -> Segment:
    if isinstance(entry, str):
        return Segment(entry, entry, None, None)
    when = _Compiler(units, home_currency, entry["brand"]).predicate(entry["when"]) if entry["when"] else None
    return Segment(entry["id"], entry["name"], entry["brand"], when)


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


class _Compiler:
    """Reads the conditions of one segment; ``brand`` is whose it is."""

    def __init__(self, units: Units, home_currency: CurrencyId, brand: BrandId | None) -> None:
        self._units = units
        self._home_currency = home_currency
        self._brand = brand
        amounts: Mapping[str, Number] = {"spend": units.money, "average_basket": units.money, "interval": _decimal}
        counts = ("purchases", "visits", "brands", "stores", "categories")
        self._readers: Mapping[str, Callable[[Any], Predicate]] = {
            "all": lambda parts: AllOf(tuple(map(self.predicate, parts))),
            "any": lambda parts: AnyOf(tuple(map(self.predicate, parts))),
            "not": lambda part: Not(self.predicate(part)),
            **{name: partial(_behaviour, name, int) for name in counts},
            **{name: partial(_behaviour, name, number) for name, number in amounts.items()},
            "share": lambda part: Share(_bounds(part, _percent), _window(part), _only(part)),
            **{
                f"days_since_{which}_{of}": partial(_since, which, of)
                for which in ("first", "last")
                for of in ("purchase", "visit")
            },
            "usual_hour": _usual_hour,
            "overdue": lambda part: Overdue(_decimal(part["at_least"])),
            "alive": lambda part: Alive(_bounds(part, _percent)),
            "rfm": lambda part: RfmClass(*(frozenset(part[axis]) for axis in ("recency", "frequency", "money"))),
            "age": lambda part: Age(_bounds(part, int)),
            "birthday": lambda part: BirthdayNear(part["days_before"], part["days_after"]),
            "birthday_month": lambda _: BirthdayMonth(),
            "joined": lambda brands: Joined(frozenset(brands)),
            "days_since_joining": self._days_since_joining,
            "days_since_enrolment": lambda part: Joined(frozenset(), *_days(part)),
            "gender": lambda values: ProfileIs("gender", frozenset(values)),
            "language": lambda values: ProfileIs("language", frozenset(values)),
            "home_store": lambda values: ProfileIs("home_store", frozenset(values)),
            "tags": lambda names: Tagged(frozenset(names)),
            "consent": self._consent,
            "points": lambda part: HasPoints(*self._points(part)),
            "expiring_points": self._expiring_points,
            "tiers": lambda tiers: InTier(frozenset(tiers)),
            "segments": lambda segments: InSegment(frozenset(segments)),
        }

    def predicate(self, part: Stored) -> Predicate:
        """What the one thing that is written asks."""
        ((kind, asked),) = part.items()
        return self._readers[kind](asked)

    def _days_since_joining(self, part: Stored) -> Joined:
        brands = part["brands"] or ([self._brand] if self._brand else [])
        return Joined(frozenset(brands), *_days(part))

    def _consent(self, part: Stored) -> Consents:
        return Consents(part["channel"], part["purpose"], part["brand"] or self._brand or GROUP)

    def _points(self, part: Stored) -> tuple[CurrencyId, Bounds]:
        currency = part["currency"] or self._home_currency
        return currency, _bounds(part, lambda text: self._units.points(text, currency))

    def _expiring_points(self, part: Stored) -> ExpiringPoints:
        currency, bounds = self._points(part)
        return ExpiringPoints(currency, part["within_days"], bounds)


def _behaviour(quantity: Any, number: Number, part: Stored) -> Behaviour:
    return Behaviour(quantity, _bounds(part, number), _window(part), _only(part))


def _since(which: Any, of: Any, part: Stored) -> Since:
    return Since(which, of, *_days(part), only=_only(part))


def _usual_hour(part: Stored) -> UsualHour:
    begin, end = (time.fromisoformat(part[field]) for field in ("from", "to"))
    return UsualHour(begin, end, _window(part), _only(part))


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
