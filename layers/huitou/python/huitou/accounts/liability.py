"""What is open at an instant, and how issue cohorts fare until then, told from the entries of one wallet.

Both count what had been recorded by the instant asked about, so that the answer about a past instant never changes,
and carry time on to it: points whose end has come are over, booked or not. So they equal the wallet of that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.accounts.model import Tally, last_month, month_of
from huitou.points.replay import Replayed, replay
from huitou.points.wallet import Entry, EntryType, Lot, lots_at

ZoneOf = Callable[[int], ZoneInfo]
"""The time zone of a programme version: sliding ends are days of that programme."""


class Open(NamedTuple):
    """Points that may still be spent, and debts, of one issuer."""

    spendable: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0


class Cohort(NamedTuple):
    """What became of points that began in the same month.

    ``issued + received == redeemed + expired + taken_back + repaid + adjusted + sent + open``, for each cohort.
    """

    issued: int = 0
    received: int = 0
    """From other members, by conversion, by a merge."""
    redeemed: int = 0
    """Net of what came back."""
    expired: int = 0
    """The breakage: net of what was reinstated."""
    taken_back: int = 0
    """By refunds."""
    repaid: int = 0
    """What paid debts."""
    adjusted: int = 0
    """Taken by hand."""
    sent: int = 0
    """To other members, by conversion, by a merge."""
    open: int = 0
    """Spendable, pending or held."""


def count_open(entries: Sequence[Entry], at: datetime, zone: ZoneInfo, zone_of: ZoneOf) -> Tally:
    """By currency, issuer and the month in which they are valid last (in ``zone``; empty: without end), an `Open`.

    Debts have no end and stand with the points that have none.
    """
    tally, known = Tally(), _known(entries, at)
    if not known:
        return tally
    replayed, currency = replay(known, zone_of), known[0].currency
    for lot in lots_at(replayed.lots, replayed.holds, at):
        if lot.has_expired(at):
            continue
        left = Open(spendable=lot.remaining) if lot.active_at <= at else Open(pending=lot.remaining)
        tally.add((currency, lot.issuer, last_month(lot.expires_at, zone)), left)
    for lot, points in _held(replayed, at):
        tally.add((currency, lot.issuer, last_month(lot.expires_at, zone)), Open(held=points))
    for debt in replayed.debts:
        tally.add((currency, debt.issuer, ""), Open(debt=debt.points))
    return tally


def count_cohorts(entries: Sequence[Entry], at: datetime, zone: ZoneInfo, zone_of: ZoneOf) -> Tally:
    """By currency, issuer and the month in which the points began to be valid, a `Cohort`.

    A lot keeps its beginning wherever it travels, and so does what is given back for it: nothing changes cohorts.
    """
    tally, known = Tally(), _known(entries, at)
    if not known:
        return tally
    replayed, currency = replay(known, zone_of), known[0].currency

    def add(lot: Lot, **counted: int) -> None:
        tally.add((currency, lot.issuer, month_of(lot.active_at, zone)), Cohort(**counted))

    for entry in known:
        for lot, points in _moved(entry):
            column, sign = _column(entry.type, points)
            add(lot, **{column: sign * points})
    for lot in lots_at(replayed.lots, replayed.holds, at):
        add(lot, **{"expired" if lot.has_expired(at) else "open": lot.remaining})
    for lot, points in _held(replayed, at):
        add(lot, open=points)
    return tally


def _known(entries: Iterable[Entry], at: datetime) -> list[Entry]:
    return [entry for entry in entries if entry.recorded_at <= at]


def _held(replayed: Replayed, at: datetime) -> list[tuple[Lot, int]]:
    return [(part.lot, -part.amount) for hold in replayed.holds if hold.ends_at > at for part in hold.parts]


def _moved(entry: Entry) -> list[tuple[Lot, int]]:
    """The points that came or went, for good; what is only held stays."""
    if entry.type in {EntryType.HOLD, EntryType.RELEASE}:
        return []
    moved = [(change.lot, change.amount) for change in entry.changes if change.amount]
    sign = 1 if entry.type is EntryType.TAKE_OVER else -1
    return moved + [(part.lot, -sign * part.amount) for hold in entry.holds for part in hold.parts]


def _column(kind: EntryType, points: int) -> tuple[str, int]:
    if kind is EntryType.ADJUST:
        return ("issued", 1) if points > 0 else ("adjusted", -1)
    return _COLUMNS.get(kind) or (("received", 1) if points > 0 else ("sent", -1))


_COLUMNS: Mapping[EntryType, tuple[str, int]] = {
    EntryType.EARN: ("issued", 1),
    EntryType.REDEEM: ("redeemed", -1),
    EntryType.CAPTURE: ("redeemed", -1),
    EntryType.REVERSE: ("redeemed", -1),
    EntryType.GIVE_BACK: ("redeemed", -1),
    EntryType.TAKE_BACK: ("taken_back", -1),
    EntryType.REPAY: ("repaid", -1),
    EntryType.EXPIRE: ("expired", -1),
    EntryType.REINSTATE: ("expired", -1),
}
"""What is in none of them has travelled."""
