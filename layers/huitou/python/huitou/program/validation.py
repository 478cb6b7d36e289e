"""Whether a programme can work (M34, E30): everything that cannot is named, with its place and the reason.

`read_document` is the only way from a text to a `ProgramDocument` that may be published. It looks at the shape
first and, where that is right, at the sense; of each it reports all problems at once, so that nobody has to
publish ten times to find ten mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import get_args
from zoneinfo import ZoneInfo

from huitou.kernel.errors import FieldError, InvalidError
from huitou.kernel.money import InvalidAmountError, parse_amount
from huitou.kernel.pointers import pointer_to
from huitou.program.document import ID_PATTERN, EarningRulePart, ProgramDocument
from huitou.program.model import GROUP, Weekday
from huitou.program.shape import parse_document

MAX_BYTES = 1_000_000
"""Of the document as JSON. Thousands of stores and hundreds of rules stay far below it."""
MAX_PROBLEMS = 100
"""More are not reported at once; the count of all is."""

_ID = re.compile(ID_PATTERN)
_MONEY = re.compile(r"[A-Z]{3}")
_ZONE = re.compile(r"UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MOST_DECIMALS = 6
_LONGEST_LABEL = 80
_WEEK = 7
_WEEKDAYS = get_args(Weekday)

Path = tuple[str | int, ...]
Problems = Iterator[FieldError]


class InvalidProgramError(InvalidError):
    """The document cannot be published; ``errors`` says where and why."""

    code = "invalid_program"
    title = "The programme cannot work"


def read_document(text: str | bytes) -> ProgramDocument:
    """The document of a JSON text. Raises `InvalidProgramError` with everything that is wrong."""
    size = len(text.encode() if isinstance(text, str) else text)
    if size > MAX_BYTES:
        raise _refusal([FieldError("", f"The document has {size:,} bytes; at most {MAX_BYTES:,} are allowed.")])
    document = parse_document(text)
    if isinstance(document, tuple):
        raise _refusal(document)
    found = problems(document)
    if found:
        raise _refusal(found)
    return document


def problems(document: ProgramDocument) -> tuple[FieldError, ...]:
    """Everything in a well-formed document that cannot work; empty if it can."""
    return tuple(problem for check in _CHECKS for problem in check(document))


def _refusal(errors: Sequence[FieldError]) -> InvalidProgramError:
    count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
    return InvalidProgramError(f"The programme has {count}.", errors=errors[:MAX_PROBLEMS])


def _at(path: Path, sentence: str) -> FieldError:
    return FieldError(pointer_to(path), sentence)


# --- one thing at a time: names, places, amounts ---


def _ids(document: ProgramDocument) -> Problems:
    for kind, located in _all_ids(document).items():
        seen: dict[str, Path] = {}
        for path, name in located:
            if _ID.fullmatch(name) is None:
                yield _at(path, f"{name!r} cannot be an id: use 1 to 31 of a-z, 0-9, - and _, not - or _ first.")
            elif name in seen:
                yield _at(path, f"The {kind} {name!r} is there already, at {pointer_to(seen[name])}.")
            seen.setdefault(name, path)


def _all_ids(document: ProgramDocument) -> dict[str, list[tuple[Path, str]]]:
    return {
        "brand": [(("brands", n, "id"), part.id) for n, part in enumerate(document.brands)],
        "store": [(("stores", n, "id"), part.id) for n, part in enumerate(document.stores)],
        "channel": [(("channels", n), name) for n, name in enumerate(document.channels)],
        "currency": [(("point_currencies", n, "id"), part.id) for n, part in enumerate(document.point_currencies)],
        "rule": [(("earning", n, "id"), part.id) for n, part in enumerate(document.earning)],
    }


def _reserved(document: ProgramDocument) -> Problems:
    for n, brand in enumerate(document.brands):
        if brand.id == GROUP:
            yield _at(("brands", n, "id"), f"{GROUP!r} stands for the group as a whole; no brand can have it as id.")


def _labels(document: ProgramDocument) -> Problems:
    for path, label in _all_labels(document):
        if not label.strip() or label != label.strip():
            yield _at(path, "Write something here, without spaces around it.")
        elif len(label) > _LONGEST_LABEL:
            yield _at(path, f"This has {len(label)} characters; at most {_LONGEST_LABEL} are allowed.")
        elif not label.isprintable():
            yield _at(path, "Only characters that can be seen are allowed here.")


def _all_labels(document: ProgramDocument) -> Iterator[tuple[Path, str]]:
    yield ("name",), document.name
    for n, brand in enumerate(document.brands):
        yield ("brands", n, "name"), brand.name
    for n, store in enumerate(document.stores):
        yield ("stores", n, "name"), store.name
        yield ("stores", n, "region"), store.region
    for n, category in enumerate(document.categories):
        yield ("categories", n), category
    for n, currency in enumerate(document.point_currencies):
        yield ("point_currencies", n, "name"), currency.name
    for n, rule in enumerate(document.earning):
        yield ("earning", n, "name"), rule.name


def _time_zones(document: ProgramDocument) -> Problems:
    used: list[tuple[Path, str]] = [(("time_zone",), document.time_zone)]
    used += [
        (("stores", n, "time_zone"), store.time_zone)
        for n, store in enumerate(document.stores)
        if store.time_zone is not None
    ]
    known = {name: _is_time_zone(name) for name in {name for _, name in used}}
    for path, name in used:
        if not known[name]:
            yield _at(path, f"There is no time zone {name!r}; write one such as Asia/Taipei.")


def _is_time_zone(name: str) -> bool:
    if _ZONE.fullmatch(name) is None:
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _money(document: ProgramDocument) -> Problems:
    if _MONEY.fullmatch(document.money.currency) is None:
        yield _at(("money", "currency"), "Write three capital letters, for example TWD.")


# --- what refers to what ---


def _references(document: ProgramDocument) -> Problems:
    brands = [brand.id for brand in document.brands]
    for n, store in enumerate(document.stores):
        yield from _known(("stores", n, "brand"), "brand", store.brand, brands)
    for n, currency in enumerate(document.point_currencies):
        if currency.brand is not None:
            yield from _known(("point_currencies", n, "brand"), "brand", currency.brand, brands)
    currencies = [currency.id for currency in document.point_currencies]
    yield from _known(("home_currency",), "currency", document.home_currency, currencies)
    for n, rule in enumerate(document.earning):
        path: Path = ("earning", n)
        yield from _known((*path, "currency"), "currency", rule.currency, currencies)
        yield from _all_known((*path, "when", "brands"), "brand", rule.when.brands, brands)
        yield from _all_known((*path, "when", "channels"), "channel", rule.when.channels, document.channels)
        yield from _all_known((*path, "when", "categories"), "category", rule.when.categories, document.categories)


def _known(path: Path, kind: str, name: str, known: Collection[str]) -> Problems:
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        yield _at(path, f"There is no {kind} {name!r} in this programme.{hint}")


def _all_known(path: Path, kind: str, names: Sequence[str], known: Collection[str]) -> Problems:
    for n, name in enumerate(names):
        yield from _known((*path, n), kind, name, known)


def _repetitions(document: ProgramDocument) -> Problems:
    lists: list[tuple[Path, Sequence[str]]] = [(("categories",), document.categories)]
    for n, rule in enumerate(document.earning):
        when: Path = ("earning", n, "when")
        lists += [
            ((*when, "brands"), rule.when.brands),
            ((*when, "categories"), rule.when.categories),
            ((*when, "channels"), rule.when.channels),
            ((*when, "weekdays"), rule.when.weekdays),
        ]
    for path, names in lists:
        for n, name in enumerate(names):
            if name in names[:n]:
                yield _at((*path, n), f"{name!r} is in this list already.")


def _home_currency(document: ProgramDocument) -> Problems:
    for currency in document.point_currencies:
        if currency.id == document.home_currency and currency.brand is not None:
            yield _at(
                ("home_currency",),
                f"{currency.id!r} belongs to the brand {currency.brand!r} alone; here, name points that all share.",
            )


# --- rules that could never pay ---


def _rates(document: ProgramDocument) -> Problems:
    decimals = {currency.id: currency.exponent for currency in document.point_currencies}
    for n, rule in enumerate(document.earning):
        yield from _rate(("earning", n, "points"), rule.points, decimals.get(rule.currency, _MOST_DECIMALS))
        yield from _rate(("earning", n, "per"), rule.per, document.money.exponent)


def _rate(path: Path, text: str, exponent: int) -> Problems:
    try:
        if parse_amount(text, exponent) <= 0:
            yield _at(path, "This must be more than zero.")
    except InvalidAmountError as error:
        yield _at(path, error.detail)


def _dates(document: ProgramDocument) -> Problems:
    for n, rule in enumerate(document.earning):
        dates, path = rule.when.dates, ("earning", n, "when", "dates")
        if dates is None:
            continue
        if dates.first is None and dates.last is None:
            yield _at(path, "Name the first day (from), the last day (to) or both.")
        elif dates.first and dates.last and dates.first > dates.last:
            yield _at((*path, "to"), f"The last day, {dates.last}, lies before the first, {dates.first}.")


def _hours(document: ProgramDocument) -> Problems:
    for n, rule in enumerate(document.earning):
        hours, path = rule.when.hours, ("earning", n, "when", "hours")
        if hours is None:
            continue
        for field, text in (("from", hours.begin), ("to", hours.end)):
            if _HOUR.fullmatch(text) is None:
                yield _at((*path, field), f"{text!r} is not a time of the day such as 09:30.")
        if hours.begin == hours.end:
            yield _at((*path, "to"), "No time lies between these; leave the hours out for the whole day.")


def _foreign_brands(document: ProgramDocument) -> Problems:
    owners = {currency.id: currency.brand for currency in document.point_currencies}
    for n, rule in enumerate(document.earning):
        owner = owners.get(rule.currency)
        for position, brand in enumerate(rule.when.brands):
            if owner is not None and brand != owner:
                yield _at(
                    ("earning", n, "when", "brands", position),
                    f"{rule.currency!r} belongs to the brand {owner!r} alone; a sale of {brand!r} can never earn it.",
                )


def _days(document: ProgramDocument) -> Problems:
    for n, rule in enumerate(document.earning):
        if not _has_a_day(rule):
            yield _at(("earning", n, "when", "weekdays"), "No such weekday lies within the dates of this rule.")


def _has_a_day(rule: EarningRulePart) -> bool:
    dates, weekdays = rule.when.dates, rule.when.weekdays
    if not weekdays or dates is None or dates.first is None or dates.last is None or dates.first > dates.last:
        return True
    length = min((dates.last - dates.first).days + 1, _WEEK)
    days = {_WEEKDAYS[(dates.first + timedelta(days=n)).weekday()] for n in range(length)}
    return not days.isdisjoint(weekdays)


_CHECKS: tuple[Callable[[ProgramDocument], Problems], ...] = (
    _ids,
    _reserved,
    _labels,
    _time_zones,
    _money,
    _references,
    _repetitions,
    _home_currency,
    _rates,
    _dates,
    _hours,
    _foreign_brands,
    _days,
)
