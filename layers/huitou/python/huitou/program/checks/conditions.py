"""Conditions under which a rule could never pay."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import get_args

from huitou.program.checks.findings import Path, Places, Problems, at, owners, positive
from huitou.program.document import ProgramDocument
from huitou.program.document_parts import DateRangePart, TimeRangePart
from huitou.program.document_rules import EarningRulePart
from huitou.program.rules import Weekday

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_WEEK = 7
_WEEKDAYS = get_args(Weekday)


def dates(document: ProgramDocument) -> Problems:
    """A range of days has one."""
    for n, rule in enumerate(document.earning):
        yield from date_range(("earning", n, "when", "dates"), rule.when.dates)


def date_range(path: Path, asked: DateRangePart | None) -> Problems:
    """A problem unless a day lies between these."""
    if asked is None:
        return
    if asked.first is None and asked.last is None:
        yield at(path, "Name the first day (from), the last day (to) or both.")
    elif asked.first and asked.last and asked.first > asked.last:
        yield at((*path, "to"), f"The last day, {asked.last}, lies before the first, {asked.first}.")


def hours(document: ProgramDocument) -> Problems:
    """A time of the day is one, and not empty."""
    for n, rule in enumerate(document.earning):
        if rule.when.hours is not None:
            yield from time_range(("earning", n, "when", "hours"), rule.when.hours)


def time_range(path: Path, asked: TimeRangePart, otherwise: str = "leave the hours out for the whole day") -> Problems:
    """A problem unless a time lies between these; ``otherwise`` is what to do if none should."""
    for field, text in (("from", asked.begin), ("to", asked.end)):
        yield from time_of_day((*path, field), text)
    if asked.begin == asked.end:
        yield at((*path, "to"), f"No time lies between these; {otherwise}.")


def time_of_day(path: Path, text: str) -> Problems:
    """A problem unless this is one."""
    if _HOUR.fullmatch(text) is None:
        yield at(path, f"{text!r} is not a time of the day such as 09:30.")


def weekdays(document: ProgramDocument) -> Problems:
    """One of the weekdays lies within the dates."""
    for n, rule in enumerate(document.earning):
        if not _has_a_day(rule):
            yield at(("earning", n, "when", "weekdays"), "No such weekday lies within the dates of this rule.")


def _has_a_day(rule: EarningRulePart) -> bool:
    asked, wanted = rule.when.dates, rule.when.weekdays
    if not wanted or asked is None or asked.first is None or asked.last is None or asked.first > asked.last:
        return True
    length = min((asked.last - asked.first).days + 1, _WEEK)
    days = {_WEEKDAYS[(asked.first + timedelta(days=n)).weekday()] for n in range(length)}
    return not days.isdisjoint(wanted)


def minimums(document: ProgramDocument) -> Problems:
    """A minimum is an amount of money."""
    for n, rule in enumerate(document.earning):
        if rule.when.minimum is not None:
            yield from positive(("earning", n, "when", "minimum"), rule.when.minimum, document.money.exponent)


def foreign_brands(document: ProgramDocument) -> Problems:
    """Points of one brand are earned there."""
    owner_of = owners(document)
    for n, rule in enumerate(document.earning):
        owner = owner_of.get(rule.currency)
        for position, brand in enumerate(rule.when.brands):
            if owner is not None and brand != owner:
                yield at(
                    ("earning", n, "when", "brands", position),
                    f"{rule.currency!r} belongs to the brand {owner!r} alone; a sale of {brand!r} can never earn it.",
                )


def foreign_stores(document: ProgramDocument) -> Problems:
    """The stores and regions of a rule are some of its brands."""
    owner_of, places = owners(document), Places(document)
    for n, rule in enumerate(document.earning):
        owner = owner_of.get(rule.currency)
        brands = set(rule.when.brands) or ({owner} if owner else set())
        yield from places.check(("earning", n, "when"), rule.when, brands, "this rule")
