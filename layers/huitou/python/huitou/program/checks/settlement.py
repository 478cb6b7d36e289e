"""Prices between brands, and what open points are worth."""

from __future__ import annotations

from datetime import date

from huitou.kernel.pointers import pointer_to
from huitou.program.checks.findings import (
    MOST_DECIMALS,
    Names,
    Path,
    Problems,
    at,
    decimals,
    not_negative,
    owners,
    positive,
)
from huitou.program.document import ProgramDocument
from huitou.program.document_terms import PricePart, WorthPart
from huitou.program.model import GROUP

_FIRST_YEAR, _LAST_YEAR = 2000, 2999


def prices(document: ProgramDocument) -> Problems:
    """Two brands, one price at a time, for points that the one can have honoured for the other."""
    parties = Names("brand", [brand.id for brand in document.brands] + [GROUP])
    owner_of = owners(document)
    seen: dict[tuple[str, str, str, date], Path] = {}
    for n, part in enumerate(document.settlement.prices):
        path: Path = ("settlement", "prices", n)
        yield from parties.check((*path, "issuer"), part.issuer)
        yield from parties.check((*path, "honoured_by"), part.honoured_by)
        if part.issuer == part.honoured_by:
            yield at((*path, "honoured_by"), "A brand owes itself nothing for its own points.")
        owner = owner_of.get(part.currency, part.honoured_by)
        if owner != part.honoured_by:
            yield at((*path, "honoured_by"), f"{part.currency!r} can be used at {owner!r} only.")
        key = part.currency, part.issuer, part.honoured_by, part.since
        if key in seen:
            yield at(path, f"There is a price of this pair from {part.since} on already, at {pointer_to(seen[key])}.")
        seen.setdefault(key, path)


def worths(document: ProgramDocument) -> Problems:
    """One worth at a time; and one at all, where there are prices: it holds for the pairs that have none."""
    seen: dict[tuple[str, date], Path] = {}
    for n, part in enumerate(document.settlement.worth):
        path: Path = ("settlement", "worth", n)
        key = part.currency, part.since
        if key in seen:
            yield at(path, f"These have a worth from {part.since} on already, at {pointer_to(seen[key])}.")
        seen.setdefault(key, path)
    worth = {part.currency for part in document.settlement.worth}
    priced = dict.fromkeys(part.currency for part in document.settlement.prices)
    for currency in priced:
        if currency not in worth:
            yield at(("settlement", "worth"), f"Say what {currency!r} is worth: it holds for pairs without a price.")


def values(document: ProgramDocument) -> Problems:
    """Points, money and day of each price and each worth."""
    currencies = Names("currency", (currency.id for currency in document.point_currencies))
    exponents = decimals(document)
    parts: list[tuple[Path, PricePart | WorthPart]] = [
        *((("settlement", "prices", n), part) for n, part in enumerate(document.settlement.prices)),
        *((("settlement", "worth", n), part) for n, part in enumerate(document.settlement.worth)),
    ]
    for path, part in parts:
        yield from currencies.check((*path, "currency"), part.currency)
        yield from positive((*path, "points"), part.points, exponents.get(part.currency, MOST_DECIMALS))
        yield from not_negative((*path, "money"), part.money, document.money.exponent)
        if not _FIRST_YEAR <= part.since.year <= _LAST_YEAR:
            yield at((*path, "since"), f"Name a day of the years {_FIRST_YEAR} to {_LAST_YEAR}.")
