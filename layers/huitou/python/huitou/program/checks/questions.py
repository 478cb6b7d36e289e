"""What segments ask that nobody could answer with yes: bounds, windows, hours and words that cannot be."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from huitou.kernel.words import LANGUAGE_PATTERN, PURPOSE_PATTERN, TAG_PATTERN
from huitou.program.checks.conditions import time_range
from huitou.program.checks.findings import Path, Problems, at, decimals, not_negative, positive, units
from huitou.program.checks.segment_parts import Question, questions, segments
from huitou.program.document import ProgramDocument, StorePart
from huitou.program.document_segments import MOST_DAYS, AmountBoundsPart, OnlyPart, WholeBoundsPart
from huitou.program.predicates import LastDays
from huitou.program.segment_compilation import DECIMALS, read_window

_LOWER, _UPPER = ("at_least", "more_than"), ("at_most", "less_than")
_BOUNDS = (*_LOWER, *_UPPER, "exactly")
_OLDEST = 130
_FRACTIONS = frozenset({"average_basket", "interval", "share", "alive"})
"""Between any two of these lies another; all others are counted in whole units."""
_PERCENTAGES = frozenset({"share", "alive"})
_MONEY = frozenset({"spend", "average_basket"})


def bounds(document: ProgramDocument) -> Problems:
    """Some number keeps the bounds of each question."""
    for question in questions(document):
        if isinstance(question.asked, AmountBoundsPart | WholeBoundsPart):
            yield from _bounds(document, question)


def _bounds(document: ProgramDocument, question: Question) -> Problems:
    path, asked = question.path, question.asked
    exponent = _exponent(document, question)
    written = {name: str(bound) for name in _BOUNDS if (bound := getattr(asked, name)) is not None}
    if not written and question.kind != "days_since_joining":
        yield at(path, f"Say how much: {', '.join(_BOUNDS[:-1])} or exactly.")
    for name, text in written.items():
        yield from not_negative((*path, name), text, exponent)
    if clash := _clash(written):
        yield at((*path, clash[-1]), f"Write only one of these: {', '.join(clash)}.")
        return
    read = {name: number for name, text in written.items() if (number := units(text, exponent)) is not None}
    highest = _highest(document, question)
    ceiling = None if highest is None else highest * 10**exponent
    if min(read.values(), default=0) >= 0 and not _can_be(read, ceiling, fractions=question.kind in _FRACTIONS):
        words = " and ".join(f"{name.replace('_', ' ')} {text}" for name, text in written.items())
        yield at(path, f"This can never be {words}{'' if highest is None else f': it is at most {highest}'}.")


def _clash(written: Collection[str]) -> tuple[str, ...]:
    """Bounds of which one alone can be meant; empty where there are none."""
    if "exactly" in written and len(written) > 1:
        return tuple(written)
    return next((side for side in (_LOWER, _UPPER) if set(side) <= set(written)), ())


def _exponent(document: ProgramDocument, question: Question) -> int:
    """How many decimals its bounds may have."""
    if isinstance(question.asked, WholeBoundsPart):
        return 0
    if question.kind in _MONEY:
        return document.money.exponent
    if question.kind in {"points", "expiring_points"}:
        return decimals(document).get(question.asked.currency or document.home_currency, 0)
    return DECIMALS


def _highest(document: ProgramDocument, question: Question) -> int | None:
    """The most that can ever be; None where there is no such thing."""
    kind, only = question.kind, question.only or OnlyPart()
    if kind in _PERCENTAGES:
        return 100
    if kind == "age":
        return _OLDEST
    if kind.startswith("days_since_"):
        return MOST_DAYS
    if kind == "brands":
        return len(only.brands or document.brands)
    if kind == "stores":
        return sum(_counts(store, only, question.segment.brand) for store in document.stores)
    return len(only.categories) if kind == "categories" and only.categories and not only.skus else None


def _counts(store: StorePart, only: OnlyPart, brand: str | None) -> bool:
    brands = only.brands or ((brand,) if brand else ())
    asked: tuple[tuple[str, Collection[str]], ...] = (
        (store.id, only.stores),
        (store.region, only.regions),
        (store.brand, brands),
    )
    return all(not names or name in names for name, names in asked)


def _can_be(read: Mapping[str, int], ceiling: int | None, *, fractions: bool) -> bool:
    """Whether a number lies within; counted in halves of a unit, so that one lies between any two."""
    step = 1 if fractions else 2
    exactly = read.get("exactly", 0)
    least = max(2 * read.get("at_least", exactly), 2 * read.get("more_than", -1) + step)
    most = [2 * read[name] for name in ("at_most", "exactly") if name in read]
    most += [2 * read["less_than"] - step] if "less_than" in read else []
    most += [] if ceiling is None else [2 * ceiling]
    return least <= min(most, default=least)


def windows(document: ProgramDocument) -> Problems:
    """Every window is one, and not too long."""
    for question in questions(document):
        text = getattr(question.asked, "window", None)
        if text is None:
            continue
        window, path = read_window(text), (*question.path, "in")
        if window is None:
            yield at(path, f"{text!r} is no window: write `last 90 days`, `this month`, `this year` or `ever`.")
        elif isinstance(window, LastDays) and window.days > MOST_DAYS:
            yield at(path, f"A window has at most {MOST_DAYS} days; `ever` looks at all there is.")


def purchases(document: ProgramDocument) -> Problems:
    """Where it is said which purchases count, something is said."""
    for question in questions(document):
        if question.only == OnlyPart():
            yield at((*question.path, "of"), "Say which purchases count, for example `brands: [maru]`.")


def times(document: ProgramDocument) -> Problems:
    """Usual hours are whole ones; birthdays, rhythms, classes and tiers say something."""
    for question in questions(document):
        path, asked = question.path, question.asked
        match question.kind:
            case "usual_hour":
                yield from time_range(path, asked)
                yield from _whole_hours(path, {"from": asked.begin, "to": asked.end})
            case "overdue":
                yield from positive((*path, "at_least"), asked.at_least, DECIMALS)
            case "rfm" if not (asked.recency or asked.frequency or asked.money):
                yield at(path, "Say which classes of recency, frequency or money, for example `recency: [4, 5]`.")
            case "birthday_month" if asked is False:
                yield at(path, "Write true, or put it under `not`.")
            case "tier_at_risk" if document.tiers is None:
                yield at(path, "There are no tiers.")


def _whole_hours(path: Path, written: Mapping[str, str]) -> Problems:
    for field, text in written.items():
        if text[-3:-2] == ":" and not text.endswith(":00"):
            yield at((*path, field), "It is known by the hour only: write a full hour, for example 18:00.")


_WORDS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "language": (re.compile(LANGUAGE_PATTERN), "a language; write one such as zh-TW or en"),
    "tags": (re.compile(TAG_PATTERN), "a tag: use up to 64 letters, digits, _ . : and -"),
}
_PURPOSE = re.compile(PURPOSE_PATTERN)


def words(document: ProgramDocument) -> Problems:
    """What is compared with a member's record is written as it could stand there."""
    for path, segment in segments(document):
        if segment.tag is not None:
            yield from _spelled((*path, "tag"), "tags", segment.tag)
    for question in questions(document):
        if question.kind in _WORDS:
            for n, word in enumerate(question.asked):
                yield from _spelled((*question.path, n), question.kind, word)
        if question.kind == "consent" and _PURPOSE.fullmatch(question.asked.purpose) is None:
            yield at((*question.path, "purpose"), "A purpose is a word such as marketing: a-z, 0-9 and _.")


def _spelled(path: Path, kind: str, word: str) -> Problems:
    pattern, otherwise = _WORDS[kind]
    if pattern.fullmatch(word) is None:
        yield at(path, f"{word!r} is not {otherwise}.")
