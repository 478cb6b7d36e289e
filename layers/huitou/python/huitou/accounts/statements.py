"""The monthly statement between brands: exact sums, whole money, and closed months that never change (M13).

A statement is told by difference: all movements known now that took effect up to its month, less what the months
before it say. So a closed month never changes, whatever becomes known later; what comes late goes, marked, into the
first open month, and nothing is lost or told twice, however late it was written.

Money is rounded once for each pair, currency and reason, on the sum of all months: a month's amount is the rounded sum
up to it, less the rounded sum before it. So the months of a pair add up to its exact total, to half a unit, and both
ends of a line show the same amount: the balances of a statement sum to zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from huitou.accounts.model import Key, Month, Tally, rounded
from huitou.kernel.ids import Digest
from huitou.program.model import BrandId, CurrencyId


class Line(NamedTuple):
    """``payer`` owes ``payee`` ``amount`` for ``points``; negative where more was undone than done."""

    month: Month
    """In which it took effect: earlier than the statement's own where it came late."""
    currency: CurrencyId
    payer: BrandId
    payee: BrandId
    reason: str
    points: int
    exact: Fraction
    amount: int
    """Smallest units of money."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the brands and the group owe each other for a month."""

    month: Month
    lines: tuple[Line, ...]

    def balances(self) -> Mapping[BrandId, int]:
        """What each gets (or owes, below zero), in smallest units of money; they sum to zero."""
        sums: dict[BrandId, int] = {}
        for line in self.lines:
            sums[line.payer] = sums.get(line.payer, 0) - line.amount
            sums[line.payee] = sums.get(line.payee, 0) + line.amount
        return dict(sorted(sums.items()))


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A statement that is final. ``after`` is the month closed before it."""

    statement: Statement
    after: Month | None
    account: Digest
    """The report that it was closed with."""
    closed_at: datetime
    closed_by: str
    reason: str | None = None


def next_month(month: Month) -> Month:
    """The month after."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def tally_of(statement: Statement) -> Tally:
    """The statement's lines as sums by key: how it is kept."""
    return Tally({line[:5]: line[5:] for line in statement.lines})


def statement_from(month: Month, kept: Tally) -> Statement:
    """The inverse of `tally_of`."""
    return Statement(month, tuple(_line(key, *values) for key, values in sorted(kept.sums.items())))


def statement_of(month: Month, movements: Tally, closed: Sequence[Statement]) -> Statement:
    """The statement of an open ``month``, if all months before it were closed as they stand now.

    ``movements`` are all there are; ``closed`` are the closed months, in order. The first month that is ever closed
    takes in all before it.
    """
    told = _Told()
    for each in closed:
        told.add(each.lines)
    if closed:
        between = next_month(closed[-1].month)
        while between < month:
            told.add(_lines(between, movements, told))
            between = next_month(between)
    return Statement(month, tuple(_lines(month, movements, told)))


class _Told:
    """What earlier statements say: points and exact money by line, rounded and exact sums by pair."""

    def __init__(self) -> None:
        self.by_line = Tally()
        self.exact: dict[tuple[str, ...], Fraction] = {}
        self.amount: dict[tuple[str, ...], int] = {}

    def add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            pair = line[1:5]
            self.by_line.add(line[:5], (line.points, line.exact))
            self.exact[pair] = self.exact.get(pair, Fraction(0)) + line.exact
            self.amount[pair] = self.amount.get(pair, 0) + line.amount


def _lines(month: Month, movements: Tally, told: _Told) -> list[Line]:
    return list(_differences(month, movements, told))


def _differences(month: Month, movements: Tally, told: _Told) -> Iterator[Line]:
    news, exact, amounts = Tally(), dict(told.exact), dict(told.amount)
    for key, values in movements.sums.items():
        if key[0] <= month:
            news.add(key, values)
    for key, values in told.by_line.sums.items():
        news.add(key, tuple(-value for value in values))
    for (effect, currency, payer, payee, reason), (points, money) in news.rows():
        pair = (currency, payer, payee, reason)
        exact[pair] = exact.get(pair, Fraction(0)) + money
        amount = rounded(exact[pair]) - amounts.get(pair, 0)
        amounts[pair] = amounts.get(pair, 0) + amount
        yield Line(effect, currency, payer, payee, reason, int(points), Fraction(money), amount)


def _line(key: Key, points: int | Fraction, exact: int | Fraction, amount: int | Fraction) -> Line:
    month, currency, payer, payee, reason = key
    return Line(month, currency, payer, payee, reason, int(points), Fraction(exact), int(amount))
