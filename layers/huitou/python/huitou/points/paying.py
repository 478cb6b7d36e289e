"""What points are worth at a till (M9), and how many of them can pay a bill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from huitou.kernel.errors import FieldError, InvalidError
from huitou.kernel.money import format_amount
from huitou.points.commands import InvalidCommandError, PointsCommand
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.terms import MoneyOff


class PointsCannotPayError(InvalidError):
    """Points that cannot pay like this under the programme of the sale; ``errors`` names each fault."""

    code = "points_cannot_pay"
    title = "The points cannot pay like this"


@dataclass(frozen=True, slots=True)
class Payable:
    """How many points of one currency a bill takes at a brand.

    ``most`` respects step, share and what can be spent; it is 0 where the least is more. ``money`` is what it is worth.
    """

    terms: MoneyOff
    spendable: int | None
    """None: nobody's points, any number of them."""
    most: int
    money: int


def money_off(points: int, brand: BrandId, currency: CurrencyId, program: Program) -> int | None:
    """What ``points`` take off a bill, in the smallest unit of money; None where they are worth none there."""
    terms = program.money_off.get((brand, currency))
    return points // terms.points * terms.money if terms else None


def payable(terms: MoneyOff, bill: int, spendable: int | None) -> Payable:
    """The most that can pay ``bill`` (smallest unit of money)."""
    steps = bill * terms.share // 100 // terms.money
    if spendable is not None:
        steps = min(steps, spendable // terms.points)
    if steps * terms.points < terms.minimum:
        steps = 0
    return Payable(terms, spendable, steps * terms.points, steps * terms.money)


def require_terms(order: PointsCommand, program: Program) -> None:
    """Of a redemption or hold: what it pays of a bill, and how long it may wait (E17). Raises `InvalidCommandError`.

    It is for the attempt that books it: a repeat is answered whatever the terms are by then (E14).
    """
    faults: list[FieldError] = []
    if order.bill is not None:
        faults += faults_of_paying(order.points, order.bill, order.brand, order.currency, program)
    if order.lasts is not None and order.lasts > program.hold_limit:
        longest = program.hold_limit // timedelta(minutes=1)
        faults.append(FieldError("/ends_in_minutes", f"must be at most {longest}"))
    if faults:
        raise InvalidCommandError("The points cannot be spent like this.", errors=faults)


def faults_of_paying(
    points: int, bill: int, brand: BrandId, currency: CurrencyId, program: Program
) -> Iterable[FieldError]:
    """Why ``points`` cannot pay a part of ``bill``, each reason at its place; none, where they can."""
    terms = program.money_off.get((brand, currency))
    if terms is None:
        yield FieldError("/currency", "these points take no money off at this brand")
        return
    exponent = program.currencies[currency].exponent
    if points % terms.points:
        yield FieldError("/points", f"must be a multiple of {format_amount(terms.points, exponent)}")
    if points < terms.minimum:
        yield FieldError("/points", f"must be at least {format_amount(terms.minimum, exponent)}")
    if points // terms.points * terms.money * 100 > bill * terms.share:
        most = format_amount(payable(terms, bill, None).most, exponent)
        yield FieldError("/points", f"may pay {terms.share} per cent of the bill: at most {most}")
