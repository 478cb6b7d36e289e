"""Lots as text: twenty in a kilobyte, so that a usual wallet is one write unit.

A lot is ``number:remaining:active_at:expires_at:issuer``, numbers in hexadecimal, instants in milliseconds,
an end that never comes left empty. A lot still pending ends in ``:p``, a sliding one in ``:s<days>``. Lots are
separated by blanks: ``29:4e2:159584c2bd0:15a2fd7f380:maru 2a:…``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from huitou.kernel.facts import Fact
from huitou.kernel.ids import Digest
from huitou.kernel.instants import from_millis, to_millis
from huitou.points.wallet import Debt, Hold, Lot, LotChange

LOTS_PER_ITEM = 20
"""As many as fit into one write unit (1 KB) with the rest of the wallet."""
LOTS_PER_PAGE = 16
"""How many of the older ones are laid aside at once."""


def pack_lots(lots: Iterable[Lot]) -> str:
    """The inverse of `unpack_lots`."""
    return " ".join(map(_pack, lots))


def unpack_lots(text: str) -> tuple[Lot, ...]:
    """The inverse of `pack_lots`."""
    return tuple(map(_unpack, text.split()))


def pack_changes(changes: Iterable[LotChange]) -> str:
    """Each change as its signed amount, ``@`` and the lot: ``-1f4@29:2ee:…``."""
    return " ".join(f"{change.amount:x}@{_pack(change.lot)}" for change in changes)


def unpack_changes(text: str) -> tuple[LotChange, ...]:
    """The inverse of `pack_changes`."""
    parted = (change.split("@") for change in text.split())
    return tuple(LotChange(int(amount, 16), _unpack(lot)) for amount, lot in parted)


def pack_holds(holds: Iterable[Hold]) -> str:
    """Each hold as its id, brand, end and parts, by slashes; holds are separated by bars."""
    return "|".join(f"{hold.id}/{hold.brand}/{to_millis(hold.ends_at):x}/{pack_changes(hold.parts)}" for hold in holds)


def unpack_holds(text: str) -> tuple[Hold, ...]:
    """The inverse of `pack_holds`."""
    return tuple(map(_unpack_hold, filter(None, text.split("|"))))


def pack_debts(debts: Iterable[Debt]) -> str:
    """Each debt as ``purchase:issuer:points``."""
    return " ".join(f"{debt.purchase}:{debt.issuer}:{debt.points:x}" for debt in debts)


def unpack_debts(text: str) -> tuple[Debt, ...]:
    """The inverse of `pack_debts`."""
    parted = (debt.split(":") for debt in text.split())
    return tuple(Debt(purchase, issuer, int(points, 16)) for purchase, issuer, points in parted)


def pack_counts(counts: Mapping[str, int]) -> str:
    """Each as ``name:count``."""
    return " ".join(f"{name}:{count:x}" for name, count in counts.items())


def unpack_counts(text: str) -> dict[str, int]:
    """The inverse of `pack_counts`."""
    parted = (count.split(":") for count in text.split())
    return {name: int(count, 16) for name, count in parted}


def pack_facts(facts: Iterable[Fact]) -> str:
    """Each as ``at:known_at:spend:visits:points``; ``known_at`` is left empty where it is the same as ``at``."""
    return " ".join(map(_pack_fact, facts))


def unpack_facts(text: str) -> tuple[Fact, ...]:
    """The inverse of `pack_facts`."""
    return tuple(map(_unpack_fact, text.split()))


def _unpack_hold(text: str) -> Hold:
    key, brand, ends_at, parts = text.split("/")
    return Hold(Digest(key), brand, unpack_changes(parts), from_millis(int(ends_at, 16)))


def _pack_fact(fact: Fact) -> str:
    known = "" if fact.known_at == fact.at else f"{to_millis(fact.known_at):x}"
    return f"{to_millis(fact.at):x}:{known}:{fact.spend:x}:{fact.visits:x}:{fact.points:x}"


def _unpack_fact(text: str) -> Fact:
    at, known, *counts = text.split(":")
    instant = from_millis(int(at, 16))
    spend, visits, points = (int(count, 16) for count in counts)
    return Fact(instant, from_millis(int(known, 16)) if known else instant, spend, visits, points)


def _pack(lot: Lot) -> str:
    end = "" if lot.expires_at is None else f"{to_millis(lot.expires_at):x}"
    marks = (":p" if lot.pending else "") + (f":s{lot.sliding_days}" if lot.sliding_days else "")
    return f"{lot.number:x}:{lot.remaining:x}:{to_millis(lot.active_at):x}:{end}:{lot.issuer}{marks}"


def _unpack(text: str) -> Lot:
    number, remaining, active_at, end, issuer, *marks = text.split(":")
    return Lot(
        number=int(number, 16),
        remaining=int(remaining, 16),
        active_at=from_millis(int(active_at, 16)),
        expires_at=from_millis(int(end, 16)) if end else None,
        issuer=issuer,
        sliding_days=next((int(mark[1:]) for mark in marks if mark[0] == "s"), 0),
        pending="p" in marks,
    )
