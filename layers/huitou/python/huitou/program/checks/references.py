"""What refers to what: everything that is named is there, and named once in a list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from huitou.program.checks.findings import Names, Path, Problems, at, twice
from huitou.program.checks.segment_parts import segment_ids
from huitou.program.document import ProgramDocument


def places(document: ProgramDocument) -> Problems:
    """The brands of stores and points, and the home currency."""
    brands = Names("brand", (brand.id for brand in document.brands))
    for n, store in enumerate(document.stores):
        yield from brands.check(("stores", n, "brand"), store.brand)
    for n, currency in enumerate(document.point_currencies):
        if currency.brand is not None:
            yield from brands.check(("point_currencies", n, "brand"), currency.brand)
    currencies = Names("currency", (currency.id for currency in document.point_currencies))
    yield from currencies.check(("home_currency",), document.home_currency)


def conditions(document: ProgramDocument) -> Problems:
    """What rules name under ``when``, and the points that they pay."""
    currencies = Names("currency", (currency.id for currency in document.point_currencies))
    known = named_under(document)
    for n, rule in enumerate(document.earning):
        yield from currencies.check(("earning", n, "currency"), rule.currency)
        for field, names in known.items():
            yield from names.check_all(("earning", n, "when", field), getattr(rule.when, field))


def named_under(document: ProgramDocument) -> dict[str, Names]:
    """What can be named, by the field of a condition that names it. Articles are too many to be listed."""
    levels = document.tiers.levels if document.tiers else ()
    return {
        "brands": Names("brand", (brand.id for brand in document.brands)),
        "stores": Names("store", (store.id for store in document.stores)),
        "regions": Names("region", (store.region for store in document.stores)),
        "channels": Names("channel", document.channels),
        "categories": Names("category", document.categories),
        "payments": Names("way of paying", document.payments),
        "tiers": Names("tier", (level.id for level in levels)),
        "segments": Names("segment", (name for _, name in segment_ids(document))),
    }


def repetitions(document: ProgramDocument) -> Problems:
    """Nothing is in a list twice."""
    for path, names in _lists(document):
        yield from twice(path, names)


_LISTS = (
    "brands",
    "stores",
    "regions",
    "channels",
    "payments",
    "categories",
    "skus",
    "weekdays",
    "tiers",
    "segments",
)
"""Of a condition."""


def _lists(document: ProgramDocument) -> Iterator[tuple[Path, Sequence[str]]]:
    yield ("categories",), document.categories
    yield ("payments",), document.payments
    for n, rule in enumerate(document.earning):
        yield from ((("earning", n, "when", field), getattr(rule.when, field)) for field in _LISTS)
        yield ("earning", n, "of"), rule.of
        yield ("earning", n, "excludes"), rule.excludes


def home_currency(document: ProgramDocument) -> Problems:
    """Every member has points that all brands share."""
    for currency in document.point_currencies:
        if currency.id == document.home_currency and currency.brand is not None:
            yield at(
                ("home_currency",),
                f"{currency.id!r} belongs to the brand {currency.brand!r} alone; here, name points that all share.",
            )
