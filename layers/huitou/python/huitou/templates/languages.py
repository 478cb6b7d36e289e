"""Languages, as texts and members' profiles name them by BCP 47, and how each writes days and numbers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import format_decimal


@lru_cache(maxsize=256)
def script_of(language: str) -> str | None:
    """By ISO 15924: the one that is written out, else the usual one by CLDR, as Hant for zh-TW; None: nobody knows."""
    word, *rest = language.replace("-", "_").split("_")
    others = list(takewhile(lambda each: len(each) > 1, rest))  # a single letter begins what says neither
    for each in others:
        if len(each) == 4 and each.isalpha():
            return each.title()
    usual = get_global("likely_subtags")
    place = next((each.upper() for each in others if len(each) == 2), "")
    full = usual.get(f"{word.lower()}_{place}") or usual.get(word.lower())
    return full.split("_")[1] if full else None


def direction_of(language: str) -> str:
    """``ltr`` or ``rtl``, as HTML has it."""
    return _locale(language).text_direction


def day_in(language: str, day: date) -> str:
    """December 31, 2026."""
    return format_date(day, "long", locale=_locale(language))


def number_in(language: str, number: Decimal | int) -> str:
    """12,345."""
    return format_decimal(number, locale=_locale(language))


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale:
    """The nearest that the tables know."""
    for tag in (language, language.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
