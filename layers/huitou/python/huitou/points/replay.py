"""Balances of the past, and all else that a wallet's entries tell: which is the whole story (E13).

Replaying them in the order of their versions gives its lots, holds and debts back; replaying those known or effective
by some instant gives the balance of then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.kernel.ids import Digest
from huitou.kernel.instants import EPOCH
from huitou.points.expiry import follow, withdraw
from huitou.points.wallet import Debt, Entry, EntryType, Hold, Lot, LotChange, repaid, with_debt, without_debts

ACTIVITIES = frozenset({EntryType.EARN, EntryType.REDEEM, EntryType.CAPTURE, EntryType.VISIT})


class Replayed(NamedTuple):
    """What entries lead to; lots by number, holds and debts as they arose."""

    lots: tuple[Lot, ...]
    holds: tuple[Hold, ...]
    debts: tuple[Debt, ...]


def replay(entries: Iterable[Entry], zone_of: Callable[[int], ZoneInfo]) -> Replayed:
    """What is there after ``entries``, which come in the order of their versions.

    ``zone_of`` gives the time zone of a programme version: sliding ends are days of that programme.
    """
    replaying = _Replay(zone_of)
    for entry in entries:
        replaying.apply(entry)
    lots = replaying.lots
    return Replayed(tuple(lots[number] for number in sorted(lots)), tuple(replaying.holds.values()), replaying.debts)


class _Replay:
    """By amounts, not by lots as they were then: of a replay up to some instant, later entries are left out."""

    def __init__(self, zone_of: Callable[[int], ZoneInfo]) -> None:
        self._zone_of = zone_of
        self.lots: dict[int, Lot] = {}
        self.holds: dict[Digest, Hold] = {}
        self.debts: tuple[Debt, ...] = ()
        self._last_activity: datetime | None = None

    def apply(self, entry: Entry) -> None:
        if entry.type is not EntryType.CAPTURE:
            for change in entry.changes:
                self._change_lot(change)
        if entry.type in _OF_HOLDS:
            self._change_hold(entry)
        elif entry.type in _OF_MERGES:
            self._change_hands(entry)
        if entry.type in ACTIVITIES:
            self._be_active(entry)
        if entry.last_activity is not None:
            self._withdraw_activity(entry, entry.last_activity)
        if entry.debt:
            self._change_debts(entry)

    def _change_debts(self, entry: Entry) -> None:
        if entry.debt > 0:
            self.debts = with_debt(self.debts, entry.about or "", entry.brand, entry.debt)
        else:
            self.debts = repaid(self.debts, -entry.debt)

    def _change_lot(self, change: LotChange) -> None:
        number = change.lot.number
        lot = self.lots.get(number) or replace(change.lot, remaining=0)
        self.lots[number] = replace(lot, remaining=lot.remaining + change.amount, pending=change.lot.pending)
        if self.lots[number].remaining == 0:
            del self.lots[number]

    def _change_hold(self, entry: Entry) -> None:
        key = Digest(entry.about or "")
        if entry.type is EntryType.HOLD and entry.ends_at is not None:
            self.holds[key] = Hold(key, entry.brand, entry.changes, entry.ends_at)
        elif key in self.holds:
            hold = self.holds.pop(key)
            gone = {change.lot.number: abs(change.amount) for change in entry.changes}
            parts = [part._replace(amount=part.amount + gone.get(part.lot.number, 0)) for part in hold.parts]
            if left := tuple(part for part in parts if part.amount):
                self.holds[key] = hold._replace(parts=left)

    def _change_hands(self, entry: Entry) -> None:
        if entry.type is EntryType.TAKE_OVER:
            self.holds |= {hold.id: hold for hold in entry.holds}
            for debt in entry.debts:
                self.debts = with_debt(self.debts, *debt)
        else:
            gone = {hold.id for hold in entry.holds}
            self.holds = {key: hold for key, hold in self.holds.items() if key not in gone}
            self.debts = without_debts(self.debts, entry.debts)

    def _be_active(self, entry: Entry) -> None:
        at, zone = entry.effective_at, self._zone_of(entry.program_version)
        latest = self._last_activity = max(at, self._last_activity or at)
        brought = {change.lot.number for change in entry.changes}
        self._change_ends(entry, lambda lot: follow(lot, latest if lot.number in brought else at, zone))

    def _withdraw_activity(self, entry: Entry, last_activity: datetime) -> None:
        zone = self._zone_of(entry.program_version)
        self._last_activity = last_activity
        self._change_ends(entry, lambda lot: withdraw(lot, last_activity, entry.recorded_at, zone))

    def _change_ends(self, entry: Entry, change: Callable[[Lot], Lot]) -> None:
        self.lots = {number: change(lot) if lot.sliding_days else lot for number, lot in self.lots.items()}
        for key, hold in self.holds.items():
            parts = (
                part if part.lot.has_expired(entry.recorded_at) else part._replace(lot=change(part.lot))
                for part in hold.parts
            )
            self.holds[key] = hold._replace(parts=tuple(parts))


_OF_HOLDS = frozenset({EntryType.HOLD, EntryType.CAPTURE, EntryType.RELEASE})
_OF_MERGES = frozenset({EntryType.HAND_OVER, EntryType.TAKE_OVER})


def kept_alive(lot: Lot, entries: Iterable[Entry], zone: ZoneInfo) -> Lot:
    """``lot`` with the end that the activities in ``entries`` (in order) gave it; once it is over, it stays over."""
    for entry in entries:
        if lot.has_expired(entry.recorded_at):
            break
        if entry.type in ACTIVITIES:
            lot = follow(lot, entry.effective_at, zone)
        if entry.last_activity is not None:
            lot = withdraw(lot, entry.last_activity, entry.recorded_at, zone)
    return lot


def activity_without(purchase: str, newest_first: Iterable[Entry]) -> datetime:
    """E5: the latest activity that still counts when ``purchase`` is refunded whole; `EPOCH` where none is left.

    Purchases refunded whole before do not count either. Of the wallet's entries, the newest first, no more are taken
    than have to be: what was recorded before an activity happened is no later one.
    """
    latest, withdrawn = EPOCH, {purchase}
    for recorded_at, entries in groupby(newest_first, key=attrgetter("recorded_at")):
        if recorded_at <= latest:
            break
        together = list(entries)
        withdrawn.update(entry.about for entry in together if entry.last_activity is not None and entry.about)
        counting = (entry.effective_at for entry in together if _is_activity(entry, withdrawn))
        latest = max((latest, *counting))
    return latest


def _is_activity(entry: Entry, withdrawn: Collection[str]) -> bool:
    return entry.type in ACTIVITIES and not (entry.cause.type == "purchase" and entry.cause.id in withdrawn)
