"""What refunds and reversals do to points: take back what was earned (E1), give back what was spent (E3, E4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from huitou.points.expiry import expiration
from huitou.points.ledger import Ledger
from huitou.points.moves import GiveBack, Reinstate, Reverse, TakeBack
from huitou.points.replay import kept_alive
from huitou.points.wallet import EntryType, LotChange, draw
from huitou.program.model import RollingDays
from huitou.program.terms import RefundPolicy


def share_to_return(used: int, returned: int, total: int, already: int) -> int:
    """E3: how many of the ``used`` points a refund gives back.

    ``returned`` is the money returned so far, with this refund, of ``total``; ``already`` the points returned before.
    """
    return used * returned // total - already


def take_back(ledger: Ledger, command: TakeBack) -> None:
    """E1: owed = taken + waived + debt.

    The purchase's own lots give first, the pending ones before all; with `RefundPolicy.CLAMP` then the other lots of
    the same issuer, spendable or pending, in the order of E6.
    """
    own = [ledger.lots[number] for number in command.lots if number in ledger.lots]
    changes: list[LotChange] = []
    for lots in ([lot for lot in own if lot.pending], [lot for lot in own if not lot.pending]):
        changes += draw(lots, command.owed - _points(changes))
    if command.policy is RefundPolicy.CLAMP:
        others = [lot for lot in ledger.lots.values() if lot.issuer == command.brand and lot.number not in command.lots]
        changes += draw(others, command.owed - _points(changes))
    missing = command.owed - _points(changes)
    debt = missing if command.policy is RefundPolicy.DEBT else 0
    ledger.count({key: -points for key, points in command.used.items()})
    ledger.book(
        EntryType.TAKE_BACK,
        changes,
        command.cause,
        command.brand,
        waived=missing - debt,
        debt=debt,
        about=command.purchase,
        last_activity=command.last_activity,
    )


def give_back(ledger: Ledger, command: GiveBack) -> None:
    """E3: to the lots they came from, last taken first."""
    parts = _last_taken(command.redemption.changes, command.already, command.points)
    _return(ledger, EntryType.GIVE_BACK, parts, command)


def reverse(ledger: Ledger, command: Reverse) -> None:
    """E4: all that refunds have not given back yet."""
    parts = _last_taken(command.redemption.changes, command.already, _points(command.redemption.changes))
    _return(ledger, EntryType.REVERSE, parts[::-1], command)


def reinstate(ledger: Ledger, command: Reinstate) -> None:
    """As new lots: their days count from now, whatever became of the old ones."""
    given = [_by_courtesy(ledger, part, command.days) for part in command.expired.changes]
    ledger.book(
        EntryType.REINSTATE,
        given,
        command.cause,
        command.brand,
        reason=command.reason,
        actor=command.actor,
        about=command.expired.id,
    )
    ledger.repay(given, command.cause, command.brand)


def _return(ledger: Ledger, kind: EntryType, parts: Iterable[LotChange], command: GiveBack | Reverse) -> None:
    """E4: points that come back after their end are over when they come, all in one entry.

    Where the programme grants courtesy days, they come as new lots instead.
    """
    activities, courtesy = (command.redemption, *command.since), ledger.program.courtesy_days
    returned = []
    for part in parts:
        change = ledger.returned(part, kept_alive(part.lot, activities, ledger.program.zone))
        if courtesy and change.lot.has_expired(ledger.now):
            change = _by_courtesy(ledger, part, courtesy)
        returned.append(change)
    ledger.book(kind, returned, command.cause, command.brand, about=command.redemption.id)
    ledger.repay(returned, command.cause, command.brand)
    ledger.expire(ledger.now)


def _by_courtesy(ledger: Ledger, part: LotChange, days: int) -> LotChange:
    """Points that are over, as a new lot for so many days, of the same issuer and age."""
    end = expiration(RollingDays(days), ledger.now, ledger.program.zone)
    return ledger.add(-part.amount, part.lot.issuer, min(part.lot.active_at, ledger.now), end)


def _last_taken(changes: Sequence[LotChange], already: int, points: int) -> list[LotChange]:
    """The parts to return, last taken first, behind the ``already`` returned ones."""
    parts = []
    for change in reversed(changes):
        skipped = min(already, -change.amount)
        part = min(points, -change.amount - skipped)
        already -= skipped
        points -= part
        if part:
            parts.append(change._replace(amount=-part))
    return parts


def _points(taken: Iterable[LotChange]) -> int:
    return -sum(change.amount for change in taken)
