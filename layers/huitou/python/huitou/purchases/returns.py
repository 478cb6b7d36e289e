"""What came back of a purchase: kept with it, changed by every refund of it. Pure.

A refund decides the sale again with the lines that are left (E2). So all that is kept are the quantities returned, and
the most that was ever owed or given back for them: the difference is what the next refund collects (E1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from huitou.kernel.ids import Digest
from huitou.program.model import CurrencyId
from huitou.program.rules import RuleId

if TYPE_CHECKING:
    from huitou.purchases.model import Line

Quantities = Mapping[int, int]
"""By a line's place on the bill, from 0: how much of it, in thousandths. A line that is missing is untouched."""

_NOTHING: Mapping[Any, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Returns:
    """What refunds have done to a purchase so far; every figure only grows.

    ``lines`` is what came back, ``unearned`` the part of it that came back before the purchase earned anything for
    the member that it has now (M40: it was claimed, or moved to them, later). ``owed`` points by currency, ``used``
    of caps and ``budgets`` by rule were taken or given back (E1, E12), and ``points`` of those that had paid (E3).
    ``refunds`` are those that did it, ``awaited`` those that came before the sale and are still to be booked (E19).
    """

    lines: Quantities = field(default_factory=lambda: _NOTHING)
    unearned: Quantities = field(default_factory=lambda: _NOTHING)
    owed: Mapping[CurrencyId, int] = field(default_factory=lambda: _NOTHING)
    used: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    budgets: Mapping[RuleId, int] = field(default_factory=lambda: _NOTHING)
    points: int = 0
    refunds: tuple[Digest, ...] = ()
    awaited: tuple[Digest, ...] = ()

    @property
    def as_unearned(self) -> Returns:
        """As a purchase has them that now gets its member: what came back before earns nothing, and owes nothing."""
        return Returns(self.lines, self.lines, refunds=self.refunds, awaited=self.awaited)

    @property
    def as_unclaimed(self) -> Returns:
        """As they were before."""
        return replace(self, unearned=_NOTHING)


NOTHING_RETURNED = Returns()


class LineBack(NamedTuple):
    """A line, or a part of it, that a refund returned: by its place on the bill, with the money of it."""

    line: int
    quantity: int
    amount: int


def left_of(lines: Sequence[Line], returned: Quantities) -> tuple[Line, ...]:
    """The lines that are left, with what is left of them; a line that came back whole is not among them."""
    if not returned:
        return tuple(lines)
    return tuple(
        line._replace(
            quantity=line.quantity - returned.get(index, 0),
            amount=line.amount - part_of(line.amount, line, returned.get(index, 0)),
            discount=line.discount - part_of(line.discount, line, returned.get(index, 0)),
        )
        for index, line in enumerate(lines)
        if not is_back(index, line, returned)
    )


def is_back(index: int, line: Line, returned: Quantities) -> bool:
    """Whether all of a line came back; a line without a quantity comes back whole."""
    return index in returned and returned[index] >= line.quantity


def part_of(amount: int, line: Line, quantity: int) -> int:
    """What ``quantity`` of a line is of ``amount``: rounded down, so that the parts of a line sum up to it exactly."""
    return amount if quantity >= line.quantity else amount * quantity // line.quantity


def back_of(lines: Sequence[Line], before: Quantities, after: Quantities) -> tuple[LineBack, ...]:
    """What came back between the two."""
    return tuple(
        LineBack(index, quantity - before.get(index, 0), _amount(lines, after, index) - _amount(lines, before, index))
        for index, quantity in sorted(after.items())
        if index not in before or quantity > before[index]
    )


def amount_of(lines: Sequence[Line], returned: Quantities) -> int:
    """What had been paid for all that came back."""
    return sum(_amount(lines, returned, index) for index in returned)


def _amount(lines: Sequence[Line], returned: Quantities, index: int) -> int:
    return part_of(lines[index].amount, lines[index], returned[index]) if index in returned else 0
