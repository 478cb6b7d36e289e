"""Two members who are one person, in the ledger: lots, holds and debts change hands, nothing else does (E15).

What leaves is booked in one wallet, what arrives in the other, both in one commit: the changes of the two entries are
the same lots in the same order. That is how a merge is undone: each lot goes back to the place that it had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from huitou.kernel.ids import Digest
from huitou.points.ledger import Ledger
from huitou.points.moves import HandOver, TakeOver
from huitou.points.wallet import Debt, Entry, EntryType, Hold, Lot, LotChange, Origin, Wallet, with_debt, without_debts
from huitou.program.model import GROUP


def hand_over(ledger: Ledger, command: HandOver) -> None:
    """Books nothing where there is nothing to hand over."""
    holds = tuple(hold for hold in ledger.holds.values() if command.holds is None or hold.id in command.holds)
    debts = ledger.debts if command.debts is None else command.debts
    leaving = {part.lot.number: LotChange(0, replace(part.lot, remaining=0)) for hold in holds for part in hold.parts}
    for number, lot in ledger.lots.items():
        if command.lots is None or number in command.lots:
            leaving[number] = lot.change(-lot.remaining)
    if not (leaving or debts):
        return
    for hold in holds:
        del ledger.holds[hold.id]
    ledger.debts = without_debts(ledger.debts, debts)
    changes = [leaving[number] for number in sorted(leaving)]
    ledger.book(EntryType.HAND_OVER, changes, command.cause, GROUP, about=command.to, holds=holds, debts=tuple(debts))


def take_over(ledger: Ledger, command: TakeOver) -> None:
    """Books what was handed over; what is owed is not repaid by it."""
    lots = {part.lot.number: _placed(ledger, part.lot, command) for part in command.parts}
    changes = [_arrived(lots[part.lot.number], -part.amount) for part in command.parts]
    holds = tuple(_renumbered(hold, lots) for hold in command.holds)
    ledger.holds |= {hold.id: hold for hold in holds}
    for debt in command.debts:
        ledger.debts = with_debt(ledger.debts, *debt)
    ledger.book(
        EntryType.TAKE_OVER,
        changes,
        command.cause,
        GROUP,
        about=command.sender,
        holds=holds,
        debts=command.debts,
    )


class Return(NamedTuple):
    """What is left to give back of what was taken over, and where it belongs."""

    lots: frozenset[int]
    holds: frozenset[Digest]
    debts: tuple[Debt, ...]
    places: Mapping[int, Lot]


def what_remains(wallet: Wallet, handed: Entry, taken: Entry) -> Return:
    """Of the lots in ``taken``, which ``handed`` says where they were: those still there, and holds on them alone.

    A hold that other lots have a part in stays; what it holds of these lots counts as used.
    """
    places = {new.lot.number: old.lot for old, new in zip(handed.changes, taken.changes, strict=True)}
    holds = frozenset(hold.id for hold in wallet.holds if {part.lot.number for part in hold.parts} <= places.keys())
    owed = {(debt.purchase, debt.issuer): debt.points for debt in wallet.debts}
    debts = (debt._replace(points=min(debt.points, owed.get(debt[:2], 0))) for debt in taken.debts)
    lots = frozenset(lot.number for lot in wallet.lots if lot.number in places)
    return Return(lots, holds, tuple(debt for debt in debts if debt.points), places)


def _placed(ledger: Ledger, lot: Lot, command: TakeOver) -> Lot:
    """The lot under the number that it has here."""
    place = command.places.get(lot.number)
    if place:
        return replace(lot, number=place.number, origin=place.origin)
    origin = lot.origin or Origin(command.sender, lot.number)
    return replace(lot, number=ledger.next_number(), origin=origin)


def _arrived(lot: Lot, points: int) -> LotChange:
    return LotChange(points, replace(lot, remaining=points))


def _renumbered(hold: Hold, lots: Mapping[int, Lot]) -> Hold:
    parts = (part._replace(lot=_as(part.lot, lots[part.lot.number])) for part in hold.parts)
    return hold._replace(parts=tuple(parts))


def _as(lot: Lot, here: Lot) -> Lot:
    return replace(lot, number=here.number, origin=here.origin)
