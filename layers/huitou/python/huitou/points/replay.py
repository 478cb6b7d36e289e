"""The proof that entries tell the whole story (E13), and balances of the past.

Replaying a wallet's entries in the order of their versions gives its lots back; replaying those known or
effective by some instant gives the balance of then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.points.expiry import follow, slide
from huitou.points.wallet import Entry, EntryType, Lot, LotChange, Wallet

ACTIVITIES = frozenset({EntryType.EARN, EntryType.REDEEM, EntryType.VISIT})


class Totals(NamedTuple):
    """What became of all points of a member and currency, in smallest units.

    E13: ``issued == spendable + pending + redeemed + expired + taken`` at any instant.
    """

    issued: int
    redeemed: int
    """Net of reversals."""
    expired: int
    taken: int
    """By adjustment."""


def replay(entries: Iterable[Entry], zone_of: Callable[[int], ZoneInfo]) -> tuple[Lot, ...]:
    """The open lots, by number. ``entries`` come in the order of their versions.

    ``zone_of`` gives the time zone of a programme version: sliding ends are days of that programme.
    """
    lots: dict[int, Lot] = {}
    last_activity: datetime | None = None
    for entry in entries:
        for change in entry.changes:
            _apply(change, lots)
        if entry.type in ACTIVITIES:
            last_activity = max(entry.effective_at, last_activity or entry.effective_at)
            lots = {lot.number: lot for lot in slide(lots.values(), last_activity, zone_of(entry.program_version))}
    return tuple(lots[number] for number in sorted(lots))


def _apply(change: LotChange, lots: dict[int, Lot]) -> None:
    """By its amount, not by the lot as it was then: of a replay up to some instant, later entries are left out."""
    number = change.lot.number
    lot = lots.get(number) or replace(change.lot, remaining=0)
    lots[number] = replace(lot, remaining=lot.remaining + change.amount, pending=change.lot.pending)
    if lots[number].remaining == 0:
        del lots[number]


def kept_alive(lot: Lot, entries: Iterable[Entry], zone: ZoneInfo) -> Lot:
    """``lot`` with the end that the activities in ``entries`` (in order) gave it; once it is over, it stays over."""
    for entry in entries:
        if lot.has_expired(entry.recorded_at):
            break
        if entry.type in ACTIVITIES:
            lot = follow(lot, entry.effective_at, zone)
    return lot


def totals(entries: Iterable[Entry]) -> Totals:
    """Sums the entries by what they did."""
    issued = redeemed = expired = taken = 0
    for entry in entries:
        match entry.type:
            case EntryType.EARN:
                issued += entry.amount
            case EntryType.ADJUST if entry.amount > 0:
                issued += entry.amount
            case EntryType.ADJUST:
                taken -= entry.amount
            case EntryType.REDEEM | EntryType.REVERSE:
                redeemed -= entry.amount
            case EntryType.EXPIRE:
                expired -= entry.amount
            case EntryType.ACTIVATE | EntryType.VISIT:
                pass
    return Totals(issued, redeemed, expired, taken)


def discrepancies(wallet: Wallet, entries: list[Entry], zone_of: Callable[[int], ZoneInfo]) -> list[str]:
    """What contradicts E13, in words; empty for a sound wallet. ``entries`` are all there are, in order."""
    found = []
    replayed = replay(entries, zone_of)
    if replayed != wallet.lots:
        found.append(f"the entries lead to {replayed}, the wallet holds {wallet.lots}")
    held = sum(lot.remaining for lot in wallet.lots)
    sums = totals(entries)
    if sums.issued != held + sums.redeemed + sums.expired + sums.taken:
        found.append(f"issued {sums.issued} is not held {held} plus {sums}")
    if any(lot.remaining <= 0 for lot in wallet.lots):
        found.append("a lot holds nothing or less")
    return found
