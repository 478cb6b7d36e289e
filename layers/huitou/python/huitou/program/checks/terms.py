"""What points are worth at tills and in other points."""

from __future__ import annotations

from fractions import Fraction

from huitou.kernel.errors import FieldError
from huitou.kernel.pointers import pointer_to
from huitou.program.checks.findings import MOST_DECIMALS, Names, Path, Problems, at, decimals, owners, positive, units
from huitou.program.document import ProgramDocument
from huitou.program.document_terms import ConversionPart, MoneyOffPart


def money_off(document: ProgramDocument) -> Problems:
    """Each brand takes each kind of points at one rate, and only points that it can take."""
    brands = Names("brand", (brand.id for brand in document.brands))
    currencies = Names("currency", (currency.id for currency in document.point_currencies))
    exponents, owner_of = decimals(document), owners(document)
    seen: dict[tuple[str, str], Path] = {}
    for n, part in enumerate(document.money_off):
        path: Path = ("money_off", n)
        yield from brands.check((*path, "brand"), part.brand)
        yield from currencies.check((*path, "currency"), part.currency)
        yield from _amounts(path, part, exponents.get(part.currency, MOST_DECIMALS), document.money.exponent)
        owner = owner_of.get(part.currency, part.brand)
        if owner != part.brand:
            yield at((*path, "brand"), f"{part.currency!r} belongs to the brand {owner!r} alone.")
        pair = part.brand, part.currency
        if pair in seen:
            yield at(path, f"{part.brand!r} takes {part.currency!r} already, at {pointer_to(seen[pair])}.")
        seen.setdefault(pair, path)


def _amounts(path: Path, part: MoneyOffPart, exponent: int, money_exponent: int) -> Problems:
    yield from positive((*path, "points"), part.points, exponent)
    yield from positive((*path, "money"), part.money, money_exponent)
    if part.minimum is None:
        return
    yield from positive((*path, "minimum"), part.minimum, exponent)
    step, minimum = units(part.points, exponent), units(part.minimum, exponent)
    if step is not None and minimum is not None and step > 0 and minimum % step:
        yield at((*path, "minimum"), f"Only multiples of {part.points} points can be used; write one.")


def conversions(document: ProgramDocument) -> Problems:
    """Points become other points, some of them, at one rate."""
    currencies = Names("currency", (currency.id for currency in document.point_currencies))
    exponents = decimals(document)
    seen: dict[tuple[str, str], Path] = {}
    for n, part in enumerate(document.conversions):
        path: Path = ("conversions", n)
        yield from currencies.check((*path, "from"), part.source)
        yield from currencies.check((*path, "to"), part.target)
        yield from positive((*path, "give"), part.give, exponents.get(part.source, MOST_DECIMALS))
        yield from _got((*path, "get"), part, exponents.get(part.target, MOST_DECIMALS))
        if part.source == part.target:
            yield at((*path, "to"), "These are the same points.")
        pair = part.source, part.target
        if pair in seen:
            yield at(path, f"There is a rate from {pair[0]!r} to {pair[1]!r} already, at {pointer_to(seen[pair])}.")
        seen.setdefault(pair, path)


def _got(path: Path, part: ConversionPart, exponent: int) -> Problems:
    if units(part.get, MOST_DECIMALS) == 0:
        yield at(path, f"{part.give} points would become nothing.")
    elif units(part.get, exponent) is None and units(part.get, MOST_DECIMALS) is not None:
        yield at(path, f"{part.target!r} has {exponent} decimals, so {part.get} would be rounded: give and get more.")
    else:
        yield from positive(path, part.get, exponent)


def conversion_circles(document: ProgramDocument) -> Problems:
    """Nobody gets more points out of a circle of conversions than went in.

    The best product of rates to each currency is improved edge by edge (Bellman and Ford, with products in place of
    sums and exact fractions); what can still be improved after as many rounds as there are currencies lies on, or
    behind, a circle that makes points.
    """
    rates = [(n, part, rate) for n, part in enumerate(document.conversions) if (rate := _rate(part)) is not None]
    best = {name: Fraction(1) for _, part, _ in rates for name in (part.source, part.target)}
    came_by: dict[str, tuple[int, ConversionPart]] = {}
    improved = ""
    for _ in best:
        improved = ""
        for n, part, rate in rates:
            product = best[part.source] * rate
            if product > best[part.target]:
                best[part.target], came_by[part.target], improved = product, (n, part), part.target
        if not improved:
            return
    if improved:
        yield _circle(improved, came_by)


def _circle(name: str, came_by: dict[str, tuple[int, ConversionPart]]) -> FieldError:
    for _ in came_by:  # so many steps back lead into the circle
        name = came_by[name][1].source
    circle, steps = [name], list[int]()
    while not steps or circle[-1] != name:
        n, part = came_by[circle[-1]]
        steps.append(n)
        circle.append(part.source)
    shown = " → ".join(reversed(circle))
    return at(("conversions", min(steps)), f"{shown} would make points out of nothing.")


def _rate(part: ConversionPart) -> Fraction | None:
    give, get = units(part.give, MOST_DECIMALS), units(part.get, MOST_DECIMALS)
    if not give or not get or give < 0 or get < 0 or part.source == part.target:
        return None
    return Fraction(get, give)
