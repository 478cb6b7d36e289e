"""A part of a sale that points pay (M9): what they are worth there, and the command that spends them."""

from __future__ import annotations

from collections.abc import Iterable

from huitou.kernel.errors import FieldError
from huitou.kernel.ids import MemberId
from huitou.points.decisions import Capture, Redeem
from huitou.points.paying import PointsCannotPayError, faults_of_paying, money_off
from huitou.points.wallet import Cause
from huitou.program.model import Program
from huitou.purchases.model import POINTS, PointsPaid, Purchase


def priced(purchase: Purchase, program: Program) -> PointsPaid | None:
    """What points pay of ``purchase`` under the programme that decides it; None where they pay nothing.

    Where means of payment are named, the points are one of them. Raises `PointsCannotPayError`.
    """
    paid = purchase.paid
    if paid is None:
        return None
    money = money_off(paid.points, purchase.brand, paid.currency, program) or 0
    faults = [*_faults(purchase, paid, money, program)]
    if faults:
        raise PointsCannotPayError("The points cannot pay like this.", errors=faults)
    return paid._replace(money=money)


def spending(paid: PointsPaid, purchase: Purchase, cause: Cause, identity_of: MemberId | None) -> Capture | Redeem:
    """Of what was held for it, or of what can be spent; see `Redeem`."""
    if paid.hold:
        return Capture(paid.hold, paid.points, cause)
    return Redeem(paid.points, purchase.brand, cause, identity_of)


def _faults(purchase: Purchase, paid: PointsPaid, money: int, program: Program) -> Iterable[FieldError]:
    for fault in faults_of_paying(paid.points, purchase.total, purchase.brand, paid.currency, program):
        yield FieldError(f"/redemption{fault.pointer}", fault.message)
    named = sum(payment.amount for payment in purchase.payments if payment.method == POINTS)
    if purchase.payments and named != money:
        yield FieldError("/payments", f"the part paid with {POINTS} is not what these are worth")
