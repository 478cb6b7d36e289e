"""Lots, holds, debts, counts and facts as text: a usual wallet, twenty lots and all, is one write unit.

Numbers are written to the base of 36, instants in milliseconds since 1970, or, behind a ``+``, in whole minutes:
most points end at midnight. Parts are separated by colons, things by blanks.

A lot is ``number:remaining:active_at:expires_at``, an end that never comes left empty; one that is still pending ends
in ``:p``, a sliding one in ``:s<days>``, one that came by a merge in ``:o<its number there>``. Lots follow the brand
that issued them, and those that came the member whose they were, behind a ``~``: each is said once for all lots up to
the next. ``maru 15:yq:mn8x4vmo:+hrkao ~01J… 16:…:o3 17:…:o4``
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import TypeVar

from huitou.kernel.facts import Fact
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import from_millis, to_millis
from huitou.points.wallet import Debt, Hold, Lot, LotChange, Origin

T = TypeVar("T")

LOTS_PER_ITEM = 20
"""As many as fit into one write unit (1 KB) with the rest of the wallet."""
LOTS_PER_PAGE = 16
"""How many of the older ones are laid aside at once."""
_MINUTE = 60_000
_MEMBER = "~"
"""No brand's id begins with it."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = [high + low for high in _DIGITS for low in _DIGITS]


def pack_lots(lots: Iterable[Lot]) -> str:
    """The inverse of `unpack_lots`."""
    ordered = sorted(lots, key=attrgetter("issuer", "number"))
    return _grouped((lot, _pack(lot)) for lot in ordered)


def unpack_lots(text: str) -> tuple[Lot, ...]:
    """The lots, by number."""
    return tuple(sorted(_ungrouped(text, _unpack), key=attrgetter("number")))


def pack_changes(changes: Iterable[LotChange]) -> str:
    """Each change as its signed amount, ``@`` and the lot, in their order: ``maru -dw@15:yq:…``."""
    return _grouped((change.lot, f"{_b36(change.amount)}@{_pack(change.lot)}") for change in changes)


def unpack_changes(text: str) -> tuple[LotChange, ...]:
    """The inverse of `pack_changes`."""
    return tuple(_ungrouped(text, _unpack_change))


def pack_holds(holds: Iterable[Hold]) -> str:
    """Each hold as its id, brand, end and parts, by slashes; holds are separated by bars."""
    return "|".join(
        f"{hold.id}/{hold.brand}/{_b36(to_millis(hold.ends_at))}/{pack_changes(hold.parts)}" for hold in holds
    )


def unpack_holds(text: str) -> tuple[Hold, ...]:
    """The inverse of `pack_holds`."""
    return tuple(map(_unpack_hold, filter(None, text.split("|"))))


def pack_debts(debts: Iterable[Debt]) -> str:
    """Each debt as ``purchase:issuer:points``."""
    return " ".join(f"{debt.purchase}:{debt.issuer}:{_b36(debt.points)}" for debt in debts)


def unpack_debts(text: str) -> tuple[Debt, ...]:
    """The inverse of `pack_debts`."""
    parted = (debt.split(":") for debt in text.split())
    return tuple(Debt(purchase, issuer, int(points, 36)) for purchase, issuer, points in parted)


def pack_counts(counts: Mapping[str, int]) -> str:
    """Each as ``name:count``."""
    return " ".join(f"{name}:{_b36(count)}" for name, count in counts.items())


def unpack_counts(text: str) -> dict[str, int]:
    """The inverse of `pack_counts`."""
    parted = (count.split(":") for count in text.split())
    return {name: int(count, 36) for name, count in parted}


def pack_facts(facts: Iterable[Fact]) -> str:
    """Each as ``at:spend:visits:points``, and ``:known_at`` where that is not the same as ``at``."""
    return " ".join(map(_pack_fact, facts))


def unpack_facts(text: str) -> tuple[Fact, ...]:
    """The inverse of `pack_facts`."""
    return tuple(map(_unpack_fact, text.split()))


def _grouped(texts: Iterable[tuple[Lot, str]]) -> str:
    """Each behind its brand, and the member of its origin, which are not repeated."""
    words, brand, member = [], "", ""
    for lot, text in texts:
        if lot.issuer != brand:
            brand = lot.issuer
            words.append(brand)
        if lot.origin and lot.origin.member != member:
            member = lot.origin.member
            words.append(_MEMBER + member)
        words.append(text)
    return " ".join(words)


def _ungrouped(text: str, unpack: Callable[[str, str, str], T]) -> Iterator[T]:
    brand = member = ""
    for word in text.split():
        if ":" in word:
            yield unpack(word, brand, member)
        elif word[0] == _MEMBER:
            member = word[1:]
        else:
            brand = word


def _pack(lot: Lot) -> str:
    end = "" if lot.expires_at is None else _instant(to_millis(lot.expires_at))
    marks = (":p" if lot.pending else "") + (f":s{lot.sliding_days}" if lot.sliding_days else "")
    if lot.origin:
        marks += f":o{_b36(lot.origin.number)}"
    return f"{_b36(lot.number)}:{_b36(lot.remaining)}:{_instant(to_millis(lot.active_at))}:{end}{marks}"


def _unpack(text: str, issuer: str, member: str) -> Lot:
    number, remaining, active_at, end, *marks = text.split(":")
    sliding_days, origin = 0, None
    for mark in marks:
        if mark[0] == "s":
            sliding_days = int(mark[1:])
        elif mark[0] == "o":
            origin = Origin(MemberId(member), int(mark[1:], 36))
    return Lot(
        number=int(number, 36),
        remaining=int(remaining, 36),
        active_at=from_millis(_millis(active_at)),
        expires_at=from_millis(_millis(end)) if end else None,
        issuer=issuer,
        sliding_days=sliding_days,
        pending="p" in marks,
        origin=origin,
    )


def _unpack_change(text: str, issuer: str, member: str) -> LotChange:
    amount, lot = text.split("@")
    return LotChange(int(amount, 36), _unpack(lot, issuer, member))


def _unpack_hold(text: str) -> Hold:
    key, brand, ends_at, parts = text.split("/")
    return Hold(Digest(key), brand, unpack_changes(parts), from_millis(int(ends_at, 36)))


def _pack_fact(fact: Fact) -> str:
    parts = [to_millis(fact.at), fact.spend, fact.visits, fact.points]
    if fact.known_at != fact.at:
        parts.append(to_millis(fact.known_at))
    return ":".join(map(_b36, parts))


def _unpack_fact(text: str) -> Fact:
    at, spend, visits, points, *known_at = (int(part, 36) for part in text.split(":"))
    instant = from_millis(at)
    return Fact(instant, from_millis(known_at[0]) if known_at else instant, spend, visits, points)


def _instant(millis: int) -> str:
    minutes, rest = divmod(millis, _MINUTE)
    return _b36(millis) if rest else f"+{_b36(minutes)}"


def _millis(text: str) -> int:
    return int(text[1:], 36) * _MINUTE if text[0] == "+" else int(text, 36)


def _b36(number: int) -> str:
    """Two digits at a time."""
    sign, number = ("-", -number) if number < 0 else ("", number)
    digits = ""
    while number >= 1296:
        number, pair = divmod(number, 1296)
        digits = _PAIRS[pair] + digits
    return sign + (_PAIRS[number] if number >= 36 else _DIGITS[number]) + digits
