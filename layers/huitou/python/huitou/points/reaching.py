"""Reaching through a merge: what names something of a member who was merged is done for whoever goes on (E15).

What was theirs keeps its name and its place, entries too; only points, debts and what is held have changed hands. So a
refund or reversal reads what happened where it is written, and books in the wallet of the survivor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import pairwise, takewhile
from typing import TypeVar

from huitou.kernel.errors import MemberMovedError
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.points.ports import WalletStore
from huitou.points.wallet import Entry
from huitou.program.model import CurrencyId

T = TypeVar("T")
Way = tuple[MemberId, ...]
"""From the member who is named, over those they were merged into, to the last, who goes on."""


def for_survivor(call: Callable[[Way], T], member: MemberId) -> T:
    """``call`` for ``member``; where that raises `MemberMovedError`, for whoever goes on with what is theirs."""
    way: Way = (member,)
    while True:
        try:
            return call(way)
        except MemberMovedError as moved:
            way = (*way, MemberId(moved.to))


def survivor_of(way: Way, named: MemberId) -> MemberId | None:
    """Who goes on; None where that is the member who was ``named``."""
    return None if way[-1] == named else way[-1]


def entries_since(wallets: WalletStore, spent: Entry, way: Way, home: CurrencyId) -> tuple[Entry, ...]:
    """What happened to the points of ``spent`` after it, for a reversal; in order, empty where no lot of it slides.

    In the wallet of who spent them until they were merged, then in the survivor's. Where they were spent under the
    name of somebody who was merged then and is not any more, it is what happened under that name since. ``home`` is
    the home currency.
    """
    if not any(change.lot.sliding_days for change in spent.changes):
        return ()
    if spent.member in way:
        way = way[way.index(spent.member) :]
        later = [_newest(wallets, spent.member, spent.currency, lambda entry: entry.version > spent.version)]
    else:
        later = [_newest(wallets, way[0], spent.currency, lambda entry: entry.recorded_at >= spent.recorded_at)]
    for before, after in pairwise(way):
        merged_at = _merged_at(wallets, before, home)
        later.append(_newest(wallets, after, spent.currency, lambda entry, at=merged_at: entry.recorded_at >= at))  # type: ignore[misc]
    return tuple(entry for entries in later for entry in entries)


def _newest(
    wallets: WalletStore, member: MemberId, currency: CurrencyId, wanted: Callable[[Entry], bool]
) -> Iterable[Entry]:
    """The newest entries, as long as they are ``wanted``, the oldest first."""
    newest_first: Iterator[Entry] = iter(
        all_items(lambda after: wallets.entries(member, currency, after=after, newest_first=True))
    )
    return reversed(list(takewhile(wanted, newest_first)))


def _merged_at(wallets: WalletStore, member: MemberId, home: CurrencyId) -> datetime:
    """Nothing is recorded any more in the wallets of who was merged."""
    wallet = wallets.load(member, home)
    if wallet is None:
        raise ValueError("Whoever was merged has a home wallet.")
    return wallet.recorded_at
