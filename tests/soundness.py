"""The proof that entries tell the whole story (E13): they lead to what a wallet holds, and no point is lost or made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.points.replay import Replayed, replay
from huitou.points.wallet import Entry, EntryType, Wallet


class Totals(NamedTuple):
    """What became of all points of a member and currency, in smallest units.

    E13: ``issued + received + debt == spendable + pending + held + redeemed + expired + adjusted + taken_back + sent``
    at any instant.
    """

    issued: int = 0
    received: int = 0
    """From other members and by conversion."""
    redeemed: int = 0
    """Net of what came back."""
    expired: int = 0
    """Net of what was reinstated."""
    adjusted: int = 0
    """Taken by hand."""
    taken_back: int = 0
    """By refunds, with what became debt."""
    sent: int = 0
    """To other members and by conversion."""


def totals(entries: Iterable[Entry]) -> Totals:
    """Sums the entries by what they did."""
    sums = dict.fromkeys(Totals._fields, 0)
    for entry in entries:
        match entry.type:
            case EntryType.ADJUST:
                sums["issued" if entry.amount > 0 else "adjusted"] += abs(entry.amount)
            case EntryType.TAKE_BACK:
                sums["taken_back"] += entry.debt - entry.amount
            case EntryType.HAND_OVER:
                sums["sent"] += _beside_lots(entry) - entry.amount
            case EntryType.TAKE_OVER:
                sums["received"] += entry.amount + _beside_lots(entry)
            case _ if total := _TOTAL_OF.get(entry.type):
                name, sign = total
                sums[name] += sign * entry.amount
    return Totals(**sums)


def _beside_lots(entry: Entry) -> int:
    """What changes hands beside lots: what is held counts, what is owed counts against it."""
    return sum(hold.points for hold in entry.holds) - sum(debt.points for debt in entry.debts)


_TOTAL_OF = {
    EntryType.EARN: ("issued", 1),
    EntryType.RECEIVE: ("received", 1),
    EntryType.CONVERT_IN: ("received", 1),
    EntryType.REDEEM: ("redeemed", -1),
    EntryType.CAPTURE: ("redeemed", -1),
    EntryType.REVERSE: ("redeemed", -1),
    EntryType.GIVE_BACK: ("redeemed", -1),
    EntryType.EXPIRE: ("expired", -1),
    EntryType.REINSTATE: ("expired", -1),
    EntryType.SEND: ("sent", -1),
    EntryType.CONVERT_OUT: ("sent", -1),
}
"""The others leave the totals as they are: points begin, wait, return or pay a debt."""


def discrepancies(wallet: Wallet, entries: list[Entry], zone_of: Callable[[int], ZoneInfo]) -> list[str]:
    """What contradicts E13, in words; empty for a sound wallet. ``entries`` are all there are, in order."""
    found = []
    replayed, stored = replay(entries, zone_of), Replayed(wallet.lots, wallet.holds, wallet.debts)
    if replayed != stored:
        found.append(f"the entries lead to {replayed}, the wallet holds {stored}")
    sums, debt = totals(entries), sum(debt.points for debt in wallet.debts)
    kept = sum(lot.remaining for lot in wallet.lots) + sum(hold.points for hold in wallet.holds)
    came = sums.issued + sums.received + debt
    if came != kept + sums.redeemed + sums.expired + sums.adjusted + sums.taken_back + sums.sent:
        found.append(f"{came} came or are owed, which is not {kept} kept plus {sums}")
    if any(lot.remaining <= 0 for lot in wallet.lots) or any(debt.points <= 0 for debt in wallet.debts):
        found.append("a lot or a debt comes to nothing or less")
    return found
