"""Facts in columns: a year of them is read, added up and written in microseconds.

Instants are milliseconds since 1970. Rows are ordered by instant, and those of one instant by the rest, so that the
same facts make the same sheet in whatever order they came.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from huitou.kernel.facts import Fact
from huitou.kernel.instants import from_millis, to_millis
from huitou.program.tiers import Measure

Column = array[int]
_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Sheet:
    """Facts, one in each row."""

    at: Column
    known_at: Column
    spend: Column
    visits: Column
    points: Column

    def __len__(self) -> int:
        return len(self.at)

    def __iter__(self) -> Iterator[Fact]:
        for at, known_at, *amounts in zip(self.at, self.known_at, self.spend, self.visits, self.points, strict=True):
            yield Fact(from_millis(at), from_millis(known_at), *amounts)

    def plus(self, facts: Iterable[Fact]) -> Sheet:
        """These and the others."""
        rows = sorted((to_millis(fact.at), to_millis(fact.known_at), *fact[2:]) for fact in facts)
        if not rows:
            return self
        if self.at and rows[0][0] <= self.at[-1]:
            mine = zip(self.at, self.known_at, self.spend, self.visits, self.points, strict=True)
            return _sheet(sorted([*mine, *rows]))
        added = _sheet(rows)
        return Sheet(
            self.at + added.at,
            self.known_at + added.known_at,
            self.spend + added.spend,
            self.visits + added.visits,
            self.points + added.points,
        )

    def since(self, instant: int) -> Sheet:
        """Without what happened before ``instant``."""
        first = bisect_left(self.at, instant)
        return Sheet(
            self.at[first:], self.known_at[first:], self.spend[first:], self.visits[first:], self.points[first:]
        )

    def known_at_once(self, by: int) -> Sheet:
        """What is known by ``by``, as if it had been known from its own instant on."""
        mine = zip(self.at, self.known_at, self.spend, self.visits, self.points, strict=True)
        return _sheet(sorted((row[0], row[0], *row[2:]) for row in mine if row[1] <= by or min(row[2:]) >= 0))

    def refunds_known_at(self) -> list[int]:
        """When refunds became known, in order, each instant once."""
        amounts = zip(self.at, self.known_at, self.spend, self.visits, self.points, strict=True)
        return sorted({max(at, known_at) for at, known_at, *rest in amounts if min(rest) < 0})

    def column(self, measure: Measure) -> Column:
        """What is measured."""
        measured: Column = getattr(self, measure)
        return measured

    def pack(self) -> bytes:
        """The inverse of `unpack_sheet`: about nine bytes a fact."""
        delays = array("q", (known_at - at for at, known_at in zip(self.at, self.known_at, strict=True)))
        columns = (self.at, delays, self.spend, self.visits, self.points)
        return zlib.compress(b"".join(_planes(column) for column in columns), wbits=-zlib.MAX_WBITS)


def unpack_sheet(packed: bytes) -> Sheet:
    """The inverse of `Sheet.pack`."""
    text = zlib.decompress(packed, wbits=-zlib.MAX_WBITS)
    size = len(text) // _COLUMNS
    at, delays, spend, visits, points = (_column(text[n * size : (n + 1) * size]) for n in range(_COLUMNS))
    known_at = array("q", (instant + delay for instant, delay in zip(at, delays, strict=True)))
    return Sheet(at, known_at, spend, visits, points)


class Tally:
    """What facts of one measure come to. Gains count from their own instant on, losses from when they are known."""

    def __init__(self, sheet: Sheet, measure: Measure) -> None:
        amounts = sheet.column(measure)
        self._at: Column = sheet.at
        self._losses: list[tuple[int, int, int]] = []
        if amounts and min(amounts) < 0:
            rows = list(zip(sheet.at, sheet.known_at, amounts, strict=True))
            self._losses = [(at, max(at, known_at), amount) for at, known_at, amount in rows if amount < 0]
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


def _sheet(rows: Iterable[tuple[int, ...]]) -> Sheet:
    columns = list(zip(*rows, strict=True)) or [()] * _COLUMNS
    at, known_at, spend, visits, points = (array("q", column) for column in columns)
    return Sheet(at, known_at, spend, visits, points)


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
