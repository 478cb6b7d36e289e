"""What the checks share: places, sentences, and the reading of names and amounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter

from huitou.kernel.errors import FieldError
from huitou.kernel.money import InvalidAmountError, parse_amount
from huitou.kernel.pointers import pointer_to
from huitou.program.document import ProgramDocument
from huitou.program.document_rules import ConditionsPart
from huitou.program.document_segments import OnlyPart

Path = tuple[str | int, ...]
Problems = Iterator[FieldError]

MOST_DECIMALS = 6
"""Of any amount; what is asked where the currency that says how many is itself unknown."""
_MOST_HINTS = 10
_MOST_CIRCLES = 10
"""More are not looked for at once."""
_MOST_NAMES_TO_COMPARE = 2000
"""Looking for a name that is like another one takes its time: no document shall cost seconds by its mistakes."""


def at(path: Path, sentence: str) -> FieldError:
    """A problem at one place."""
    return FieldError(pointer_to(path), sentence)


class Names:
    """The names of one kind that a programme knows; for some wrong ones it finds what may have been meant."""

    def __init__(self, kind: str, names: Iterable[str]) -> None:
        self._kind = kind
        self._names = dict.fromkeys(names)
        self._hints = _MOST_HINTS if len(self._names) <= _MOST_NAMES_TO_COMPARE else 0

    def check(self, path: Path, name: str) -> Problems:
        """A problem if there is no such thing."""
        if name not in self._names:
            yield at(path, f"There is no {self._kind} {name!r} in this programme.{self._hint(name)}")

    def check_all(self, path: Path, names: Sequence[str]) -> Problems:
        """A problem for each that is not there."""
        for n, name in enumerate(names):
            yield from self.check((*path, n), name)

    def _hint(self, name: str) -> str:
        if self._hints == 0:
            return ""
        self._hints -= 1
        close = get_close_matches(name, self._names, n=1)
        return f" Did you mean {close[0]!r}?" if close else ""


class Places:
    """Which stores and regions are whose."""

    def __init__(self, document: ProgramDocument) -> None:
        self._stores = {store.id: store for store in document.stores}
        self._regions: dict[str, set[str]] = defaultdict(set)
        for store in document.stores:
            self._regions[store.region].add(store.brand)

    def check(self, path: Path, asked: ConditionsPart | OnlyPart, brands: Collection[str], whose: str) -> Problems:
        """A problem for each store and region that is none of ``brands``, where these are known."""
        for n, name in enumerate(asked.stores):
            store = self._stores.get(name)
            if store is None:
                continue
            if brands and store.brand not in brands:
                yield at((*path, "stores", n), f"{name!r} is a store of {store.brand!r}, not of the brands of {whose}.")
            elif asked.regions and store.region not in asked.regions:
                yield at((*path, "stores", n), f"{name!r} lies in {store.region!r}, not in the regions of {whose}.")
        for n, region in enumerate(asked.regions):
            if brands and region in self._regions and self._regions[region].isdisjoint(brands):
                yield at((*path, "regions", n), f"No store of the brands of {whose} lies in {region!r}.")

    def brand_of(self, store: str) -> str | None:
        """Whose it is; None where there is no such store."""
        return self._stores[store].brand if store in self._stores else None


def twice(path: Path, names: Sequence[object]) -> Problems:
    """A problem for each that is in this list already."""
    seen: set[object] = set()
    for n, name in enumerate(names):
        if name in seen:
            yield at((*path, n), f"{name!r} is in this list already.")
        seen.add(name)


def circles(named: Mapping[str, Collection[str]]) -> Iterator[list[str]]:
    """Some of the circles in which things name each other; each ends with the one with which it begins."""
    rest = {name: set(others) for name, others in named.items()}
    for _ in range(_MOST_CIRCLES):
        try:
            TopologicalSorter(rest).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            yield circle
            rest[circle[0]].discard(circle[1])
        else:
            return


def units(text: str | None, exponent: int) -> int | None:
    """The amount in smallest units; None where it cannot be read, which another check says."""
    if text is None:
        return None
    try:
        return parse_amount(text, exponent)
    except InvalidAmountError:
        return None


def positive(path: Path, text: str, exponent: int) -> Problems:
    """A problem unless this is an amount above zero."""
    yield from _amount(path, text, exponent, least=1, otherwise="This must be more than zero.")


def not_negative(path: Path, text: str, exponent: int) -> Problems:
    """A problem unless this is an amount, or zero."""
    yield from _amount(path, text, exponent, least=0, otherwise="This must not be negative.")


def _amount(path: Path, text: str, exponent: int, *, least: int, otherwise: str) -> Problems:
    try:
        if parse_amount(text, exponent) < least:
            yield at(path, otherwise)
    except InvalidAmountError as error:
        yield at(path, error.detail)


def decimals(document: ProgramDocument) -> dict[str, int]:
    """How many each kind of points has."""
    return {currency.id: currency.exponent for currency in document.point_currencies}


def owners(document: ProgramDocument) -> dict[str, str]:
    """The brands of the points that one brand keeps for itself."""
    return {currency.id: currency.brand for currency in document.point_currencies if currency.brand is not None}
