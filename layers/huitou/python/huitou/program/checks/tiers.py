"""Tiers that nobody could reach, and times that do not fit together."""

from __future__ import annotations

from huitou.program.checks.findings import Path, Problems, at, decimals, not_negative, units
from huitou.program.document import ProgramDocument
from huitou.program.document_tiers import CalendarWindowPart, RollingWindowPart, TiersPart

_SHORTEST_MONTH = 28
_YEAR = 365


def thresholds(document: ProgramDocument) -> Problems:
    """The first tier is everybody's, and each further one begins above the one before: their bounds never overlap."""
    if document.tiers is None:
        return
    exponent = _exponent(document, document.tiers)
    highest = None
    for n, level in enumerate(document.tiers.levels):
        path: Path = ("tiers", "levels", n, "threshold")
        yield from not_negative(path, level.threshold, exponent)
        threshold = units(level.threshold, exponent)
        if threshold is None or threshold < 0:
            continue
        if n == 0 and threshold > 0:
            yield at(path, "The first tier begins at 0, so that everybody has one.")
        elif highest is not None and threshold <= highest[0]:
            yield at(path, f"{highest[1]!r} begins at {highest[2]}; this must be more, or nobody could reach it.")
        if highest is None or threshold > highest[0]:
            highest = (threshold, level.id, level.threshold)


def _exponent(document: ProgramDocument, tiers: TiersPart) -> int:
    if tiers.measure == "spend":
        return document.money.exponent
    return 0 if tiers.measure == "visits" else decimals(document).get(document.home_currency, 0)


def tier_names(document: ProgramDocument) -> Problems:
    """Members can tell the tiers apart."""
    seen: set[str] = set()
    for n, level in enumerate(document.tiers.levels if document.tiers else ()):
        if level.name in seen:
            yield at(("tiers", "levels", n, "name"), f"Another tier is called {level.name!r} already.")
        seen.add(level.name)


def periods(document: ProgramDocument) -> Problems:
    """Grace and warning end before the next review."""
    if document.tiers is None:
        return
    days = _shortest_period(document.tiers)
    for field in ("grace_days", "warning_days"):
        given = getattr(document.tiers, field)
        if given > days:
            yield at(
                ("tiers", field), f"Reviews may be {days} days apart: {given} days would reach over more than one."
            )


def _shortest_period(tiers: TiersPart) -> int:
    match tiers.window:
        case RollingWindowPart(days=days):
            return days
        case CalendarWindowPart(months=months):
            return months * _SHORTEST_MONTH
    return _YEAR
