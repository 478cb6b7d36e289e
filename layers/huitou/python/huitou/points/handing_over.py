"""Two members who are one person, in the ledger: lots, holds and debts change hands, nothing else does (E15).

What leaves is booked in one wallet, what arrives in the other, both in one commit: the changes of the two entries are
the same lots in the same order. That is how a merge is undone: each lot goes back to the place that it had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.values import changed
from huitou.points.ledger import Ledger, came_with
from huitou.points.moves import HandOver, TakeOver
from huitou.points.wallet import Debt, Entry, EntryType, Hold, Lot, LotChange, Origin, Wallet, with_debt, without_debts
from huitou.program.model import GROUP

NEW = 0
"""The number of a lot that has none yet."""


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


class Pair(NamedTuple):
    """The two entries of a transfer."""

    handed: Entry
    taken: Entry


def what_remains(wallet: Wallet, absorbed: Wallet, whose: Collection[MemberId], pair: Pair | None) -> Return:
    """What ``wallet`` still has of what belongs into ``absorbed``; ``whose`` are its member and those merged into them.

    ``pair`` is how they came; None where they brought no points. It is the lots that continue one of theirs, also those
    that a refund or reversal opened anew, the holds that came, and what is owed for their purchases. A hold that was
    placed since stays, and what it holds counts as used.
    """
    came = pair.taken.holds if pair else ()
    holds = frozenset(hold.id for hold in wallet.holds) & {hold.id for hold in came}
    held = (part.lot for hold in wallet.holds if hold.id in holds for part in hold.parts)
    theirs = [lot for lot in (*wallet.lots, *held) if came_with(lot) in whose]
    numbers = frozenset(lot.number for lot in theirs)
    debts = tuple(debt for debt in wallet.debts if debt.purchase.partition("-")[0] in whose)
    places = _places(theirs, absorbed.member, pair)
    return Return(numbers & {lot.number for lot in wallet.lots}, holds, debts, places)


def lots_from(wallet: Wallet, member: MemberId, numbers: Iterable[int]) -> frozenset[int]:
    """The numbers that lots of ``member`` have in the wallet that took them over; their own, where it is theirs."""
    if member == wallet.member:
        return frozenset(numbers)
    wanted = {Origin(member, number) for number in numbers}
    return frozenset(lot.number for lot in wallet.lots if lot.origin in wanted)


def with_share(wallet: Wallet, points: int, whose: MemberId | None) -> Wallet:
    """A wallet of somebody absorbed, when the survivor gets ``points`` for something of ``whose``.

    It counts what came, and where it is theirs, the lot has its number there.
    """
    has_lot = points > 0 and wallet.member == whose
    return changed(wallet, next_lot=wallet.next_lot + has_lot, earned_since=wallet.earned_since + points)


def as_booked_here(entry: Entry, wallet: Wallet, absorbed: Collection[MemberId]) -> tuple[Entry, Wallet]:
    """A redemption of another wallet as if it had been made here, for who reverses it; and the wallet, ready for it.

    The other wallet is that of somebody who was merged into this member, or of whom they were merged into then.
    ``absorbed`` are those who are merged into them now. Lots that are not here get numbers of their own; that of
    somebody who is not ``absorbed`` continues nothing any more.
    """
    numbers = {lot.origin: lot.number for lot in wallet.lots if lot.origin}
    next_lot, changes = wallet.next_lot, []
    for change in entry.changes:
        origin = change.lot.origin or Origin(entry.member, change.lot.number)
        if origin.member == wallet.member:
            numbers[origin] = origin.number
        elif origin not in numbers and entry.member == wallet.member:
            numbers[origin] = change.lot.number
        elif origin not in numbers:
            numbers[origin], next_lot = next_lot, next_lot + 1
        continued = origin if origin.member in absorbed else None
        changes.append(change._replace(lot=replace(change.lot, number=numbers[origin], origin=continued)))
    return replace(entry, changes=tuple(changes)), replace(wallet, next_lot=next_lot)


def _places(lots: Collection[Lot], member: MemberId, pair: Pair | None) -> Mapping[int, Lot]:
    """Where each of ``lots`` belongs, by its number: where it was, else where that lot of ``member`` was.

    A place has one lot: of two that continue the same, one is a new lot there.
    """
    moved = zip(pair.handed.changes, pair.taken.changes, strict=True) if pair else ()
    was = {new.lot.number: old.lot for old, new in moved}
    places = {lot.number: was[lot.number] for lot in lots if lot.number in was}
    taken = {place.number for place in places.values()}
    for lot in lots:
        if lot.number not in places and lot.origin and lot.origin.member == member:
            number = NEW if lot.origin.number in taken else lot.origin.number
            places[lot.number] = replace(lot, number=number, origin=None)
            taken.add(number)
    return places


def _placed(ledger: Ledger, lot: Lot, command: TakeOver) -> Lot:
    """The lot under the number that it has here."""
    place = command.places.get(lot.number)
    if place:
        return replace(lot, number=place.number or ledger.next_number(), origin=place.origin)
    origin = lot.origin or Origin(command.sender, lot.number)
    return replace(lot, number=ledger.next_number(), origin=origin)


def _arrived(lot: Lot, points: int) -> LotChange:
    return LotChange(points, replace(lot, remaining=points))


def _renumbered(hold: Hold, lots: Mapping[int, Lot]) -> Hold:
    parts = (part._replace(lot=_as(part.lot, lots[part.lot.number])) for part in hold.parts)
    return hold._replace(parts=tuple(parts))


def _as(lot: Lot, here: Lot) -> Lot:
    return replace(lot, number=here.number, origin=here.origin)
