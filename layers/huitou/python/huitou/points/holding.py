"""Points that wait for a till: held, captured or released (E5, E17).

Held points have left their lots, so that nothing else can spend them, and come back to them if they are not
captured. A hold ends by itself; `Ledger.settle` books that in its place among what time does.
"""

from __future__ import annotations

from huitou.kernel.errors import ConflictError, InvalidError
from huitou.kernel.ids import Digest
from huitou.kernel.money import format_amount
from huitou.points.ledger import Ledger
from huitou.points.moves import Capture, PlaceHold, Release
from huitou.points.wallet import EntryType, Hold, LotChange, spending_order

MOST_HOLDS = 10
"""At once, so that the wallet stays small, and what ends at one instant fits into one commit."""


class HoldEndedError(ConflictError):
    """The hold was captured or released, or has ended by itself: nothing is held under this id."""

    code = "hold_ended"
    title = "The hold has ended"


class TooManyHoldsError(ConflictError):
    """More than `MOST_HOLDS` at once."""

    code = "too_many_holds"
    title = "Too many holds at once"


class CaptureExceedsHoldError(InvalidError):
    """More is to be captured than is held; ``extra`` says how much is, as a decimal string."""

    code = "capture_exceeds_hold"
    title = "More than is held"


def place_hold(ledger: Ledger, command: PlaceHold) -> None:
    """Raises `InsufficientPointsError`, `OutstandingDebtError`, `TooManyHoldsError`."""
    if len(ledger.holds) >= MOST_HOLDS:
        raise TooManyHoldsError(f"A member can have {MOST_HOLDS} holds at once.")
    parts = tuple(ledger.spend(command.points, command.identity_of))
    ledger.holds[command.id] = Hold(command.id, command.brand, parts, command.ends_at)
    ledger.book(EntryType.HOLD, parts, command.cause, command.brand, about=command.id, ends_at=command.ends_at)


def capture(ledger: Ledger, command: Capture) -> None:
    """Raises `HoldEndedError`, `CaptureExceedsHoldError`."""
    hold = _open(ledger, command.hold)
    if command.points > hold.points:
        held = format_amount(hold.points, ledger.currency.exponent)
        raise CaptureExceedsHoldError(f"{held} points are held.", extra={"held": held})
    captured, kept = _split(hold, command.points)
    ledger.holds[hold.id] = hold._replace(parts=kept)
    ledger.book(EntryType.CAPTURE, captured, command.cause, hold.brand, about=hold.id)
    if kept:
        ledger.release(hold.id, command.cause, ledger.now)
        ledger.expire(ledger.now)
    else:
        del ledger.holds[hold.id]


def release(ledger: Ledger, command: Release) -> None:
    """Raises `HoldEndedError`."""
    ledger.release(_open(ledger, command.hold).id, command.cause, ledger.now)
    ledger.expire(ledger.now)


def _open(ledger: Ledger, key: Digest) -> Hold:
    hold = ledger.holds.get(key)
    if hold is None:
        raise HoldEndedError("Nothing is held under this id any more.")
    return hold


def _split(hold: Hold, points: int) -> tuple[tuple[LotChange, ...], tuple[LotChange, ...]]:
    """The parts that are captured, in the order of E6, and those that are not."""
    captured, kept = [], []
    for part in sorted(hold.parts, key=lambda part: spending_order(part.lot)):
        amount = min(points, -part.amount)
        points -= amount
        if amount:
            captured.append(part._replace(amount=-amount))
        if amount < -part.amount:
            kept.append(part._replace(amount=part.amount + amount))
    return tuple(captured), tuple(kept)
