"""What points are worth on a day, and what brands pay each other for them (M13)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import TypeVar

from huitou.program.model import BrandId, CurrencyId
from huitou.program.terms import Price, Settlement, Worth

Dated = TypeVar("Dated", Price, Worth)


def worth(terms: Settlement, currency: CurrencyId, day: date) -> Fraction:
    """Money for one point, both in smallest units; 0 before the first worth that is stated."""
    return _latest((each for each in terms.worth if each.currency == currency), day)


def worth_since(terms: Settlement, currency: CurrencyId, day: date) -> date | None:
    """From when on points are worth what they are worth on ``day``; None before the first worth that is stated."""
    return max((each.since for each in terms.worth if each.currency == currency and each.since <= day), default=None)


def price(terms: Settlement, currency: CurrencyId, issuer: BrandId, honoured_by: BrandId, day: date) -> Fraction:
    """What ``issuer`` pays ``honoured_by`` for one point; where the pair has no price on that day, its worth."""
    pair = [
        each
        for each in terms.prices
        if (each.currency, each.issuer, each.honoured_by) == (currency, issuer, honoured_by)
    ]
    if any(each.since <= day for each in pair):
        return _latest(pair, day)
    return worth(terms, currency, day)


def _latest(dated: Iterable[Dated], day: date) -> Fraction:
    held = [each for each in dated if each.since <= day]
    if not held:
        return Fraction(0)
    latest = max(held, key=lambda each: each.since)
    return Fraction(latest.money, latest.points)
