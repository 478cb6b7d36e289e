"""Points that leave a wallet for another: gifts between members, and conversions (M6, M11, E11).

What leaves is booked in one wallet, what arrives in the other, both in one commit. Each lot keeps its issuer, and no
journey makes points live longer: what has travelled has a fixed end and follows no activity, neither of the member
who gave it nor of the one who got it.
"""

from __future__ import annotations

from huitou.kernel.errors import InvalidError
from huitou.kernel.money import format_amount
from huitou.points.expiry import earlier, expiration
from huitou.points.ledger import Ledger
from huitou.points.moves import ConvertIn, ConvertOut, Receive, Send
from huitou.points.wallet import EntryType, LotChange


class NothingToConvertError(InvalidError):
    """Fewer points than convert evenly (E11)."""

    code = "nothing_to_convert"
    title = "Too few points to convert"


def send(ledger: Ledger, command: Send) -> None:
    """Raises `InsufficientPointsError`, `OutstandingDebtError`."""
    ledger.book(EntryType.SEND, ledger.spend(command.points), command.cause, command.brand, about=command.to)


def receive(ledger: Ledger, command: Receive) -> None:
    """Books what was sent."""
    received = [_arrived(ledger, part, -part.amount) for part in command.parts]
    ledger.book(EntryType.RECEIVE, received, command.cause, command.brand, about=command.sender)
    ledger.repay(received, command.cause, command.brand)


def convert_out(ledger: Ledger, command: ConvertOut) -> None:
    """Raises `NothingToConvertError`, `InsufficientPointsError`, `OutstandingDebtError`."""
    give = command.conversion.give
    points = command.points // give * give
    if points == 0:
        least = format_amount(give, ledger.currency.exponent)
        raise NothingToConvertError(f"Points convert in multiples of {least}.")
    ledger.book(EntryType.CONVERT_OUT, ledger.spend(points), command.cause, command.brand)


def convert_in(ledger: Ledger, command: ConvertIn) -> None:
    """E11: a point made of two lots ends with the one that ends first.

    Parts come in the order of E6, and each gets the new points up to it, rounded up, that those before did not get.
    """
    give, get = command.conversion.give, command.conversion.get
    came = given = 0
    received = []
    for part in command.parts:
        came -= part.amount
        points = -(-came * get // give) - given
        given += points
        if points:
            received.append(_arrived(ledger, part, points))
    ledger.book(EntryType.CONVERT_IN, received, command.cause, command.brand)
    ledger.repay(received, command.cause, command.brand)


def _arrived(ledger: Ledger, part: LotChange, points: int) -> LotChange:
    source, policy = part.lot, ledger.currency.expiry
    end = earlier(source.expires_at, expiration(policy, ledger.now, ledger.program.zone))
    return ledger.add(points, source.issuer, source.active_at, end)
