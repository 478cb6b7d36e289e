"""Facts in columns: a year of them is read, added up and written in microseconds.

Instants are milliseconds since 1970. Rows are ordered by instant, and those of one instant by the rest, so that the
same facts make the same sheet in whatever order they came.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import add, sub
from typing import NamedTuple, TypeAlias

from huitou.kernel.facts import Fact
from huitou.kernel.instants import from_millis, to_millis
from huitou.program.tiers import Measure

Column: TypeAlias = "array[int]"
_COLUMNS = 5


class Columns(NamedTuple):
    """Facts, one in each row."""

    at: Column
    known_at: Column
    spend: Column
    visits: Column
    points: Column


class Sheet:
    """Facts. Those that were packed are unpacked when somebody asks for them, which most sales do not."""

    __slots__ = ("_columns", "_packed")

    def __init__(self, columns: Columns | None = None, packed: bytes = b"") -> None:
        self._columns = columns
        self._packed = packed

    @property
    def columns(self) -> Columns:
        if self._columns is None:
            self._columns = _unpack(self._packed)
        return self._columns

    @property
    def at(self) -> Column:
        """The instants, in order."""
        return self.columns.at

    @property
    def latest(self) -> int:
        """The last instant at which one of them happened or, if later, became known; there must be some."""
        return max(self.at[-1], *self.columns.known_at)

    def __len__(self) -> int:
        return len(self.at)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sheet) and self.columns == other.columns

    __hash__ = None  # type: ignore[assignment]  # arrays have none

    def __iter__(self) -> Iterator[Fact]:
        for at, known_at, spend, visits, points in zip(*self.columns, strict=True):
            yield Fact(from_millis(at), from_millis(known_at), spend, visits, points)

    def plus(self, facts: Iterable[Fact]) -> Sheet:
        """These and the others."""
        rows = sorted(map(_row, facts))
        if not rows:
            return self
        if self.at and rows[0][0] <= self.at[-1]:
            return _sheet(sorted([*zip(*self.columns, strict=True), *rows]))
        added = _sheet(rows).columns
        return Sheet(Columns(*(mine + more for mine, more in zip(self.columns, added, strict=True))))

    def since(self, instant: int) -> Sheet:
        """Without what happened before ``instant``."""
        first = bisect_left(self.at, instant)
        return Sheet(Columns(*(column[first:] for column in self.columns)))

    def known_at_once(self, by: int) -> Sheet:
        """What is known by ``by``, as if it had been known from its own instant on."""
        rows = zip(*self.columns, strict=True)
        return _sheet(sorted((row[0], row[0], *row[2:]) for row in rows if row[1] <= by))

    def refunds_known_at(self) -> list[int]:
        """When refunds became known, in order, each instant once."""
        rows = zip(*self.columns, strict=True)
        return sorted({known_at for _, known_at, *amounts in rows if min(amounts) < 0})

    def pack(self) -> bytes:
        """The inverse of `unpack_sheet`: from two bytes a fact to nine, as much as they have to say."""
        if self._columns is None:
            return self._packed
        at, known_at, *amounts = self._columns
        delays = array("q", map(sub, known_at, at))
        return zlib.compress(b"".join(map(_planes, (at, delays, *amounts))), wbits=-zlib.MAX_WBITS)


def unpack_sheet(packed: bytes) -> Sheet:
    """The inverse of `Sheet.pack`."""
    return Sheet(None, packed)


def _unpack(packed: bytes) -> Columns:
    text = zlib.decompress(packed, wbits=-zlib.MAX_WBITS)
    size = len(text) // _COLUMNS
    at, delays, *amounts = (_column(text[n * size : (n + 1) * size]) for n in range(_COLUMNS))
    return Columns(at, array("q", map(add, at, delays)), *amounts)


class Tally:
    """What facts of one measure come to. Gains count from their own instant on, losses from when they are known."""

    def __init__(self, sheet: Sheet, measure: Measure) -> None:
        amounts: Column = getattr(sheet.columns, measure)
        self._at: Column = sheet.at
        self._losses: list[tuple[int, int, int]] = []
        if amounts and min(amounts) < 0:
            rows = list(zip(sheet.at, sheet.columns.known_at, amounts, strict=True))
            self._losses = [row for row in rows if row[2] < 0]
            self._at = array("q", (at for at, _, amount in rows if amount >= 0))
            amounts = array("q", (amount for amount in amounts if amount >= 0))
        self._sums = [0, *accumulate(amounts)]

    def moments(self, after: int, until: int) -> Column:
        """The instants in (``after``, ``until``] at which something was gained; one may come more than once."""
        return self._at[bisect_right(self._at, after) : bisect_right(self._at, until)]

    def between(self, first: int, last: int, known: int) -> int:
        """What happened from ``first`` to ``last``, both included, as known at ``known``; never below 0."""
        total = self.gained(first, last)
        for at, known_at, amount in self._losses:
            if first <= at <= last and known_at <= known:
                total += amount
        return max(total, 0)

    def gained(self, first: int, last: int) -> int:
        """As `between`, before losses: never less."""
        return self._sums[bisect_right(self._at, last)] - self._sums[bisect_left(self._at, first)]


def _row(fact: Fact) -> tuple[int, ...]:
    at, known_at, *amounts = fact
    t = to_millis(at)
    return t, t if known_at is at else to_millis(known_at), *amounts


def _sheet(rows: Iterable[tuple[int, ...]]) -> Sheet:
    columns = list(zip(*rows, strict=True)) or [()] * _COLUMNS
    return Sheet(Columns(*(array("q", column) for column in columns)))


def _planes(column: Column) -> bytes:
    """All first bytes, then all second ones, …: the high ones of neighbours are alike, and pack to nothing."""
    raw = column.tobytes()
    return b"".join(raw[plane::8] for plane in range(8))


def _column(planes: bytes) -> Column:
    size = len(planes) // 8
    raw = bytearray(len(planes))
    for plane in range(8):
        raw[plane::8] = planes[plane * size : (plane + 1) * size]
    column = array("q")
    column.frombytes(bytes(raw))
    return column


EMPTY = _sheet(())
