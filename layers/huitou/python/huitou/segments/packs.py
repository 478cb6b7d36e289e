"""What a member did, packed: a quarter of a year in one item, for those who look at it again and again. Pure.

The idea: a purchase is kept for its refund, its receipt and the person, and weighs some hundred bytes; what segments
ask of it is a tenth of that. So what lies back a little is copied into packs, and whoever judges a member reads these
and the few purchases since. A copy must never be believed when it is wrong, and costs nothing at a sale: the home
wallet, which is written with whatever a member does, says up to which instant packs are true, and whatever changes
something before that instant sets it back to there, in the same commit (`points.wallet.noted`). What is in packs from
that instant on, is nothing. Packs are made by who keeps positions, over the very wallet that was read.

Packs hold what facts need, no more: of lines, those that the programme's segments ask for. A pack that does not know
the lines which another programme asks for tells nothing, and the purchases themselves are read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice, pairwise
from typing import Any, NamedTuple

from huitou.kernel.instants import from_millis, to_millis
from huitou.program.model import LinesAsked
from huitou.purchases.model import Purchase, Visit
from huitou.segments.facts import Deed, DeedLine, told_of

WORTH_PACKING = 16
"""So many purchases and visits that lie loose; they cost a read unit or two each time that somebody looks."""
LEFT_LOOSE = 4
"""The latest, of which one is refunded soonest: what is refunded is loose again, and all that came after it."""
MOST_PACKS = 90
"""In one commit; what does not fit is packed the next time."""
MOST_DEEDS = 5_000
"""In one pack, far within what an item holds. Whoever does more in a quarter of a year is read as it is kept."""
FORMAT = 1
MONTHS = 3


class Pack(NamedTuple):
    """What a member did in a quarter, in the order of time, with the lines that were ``asked`` for then.

    ``asked`` is None where the pack was written in a format of another time: then it tells nothing.
    """

    quarter: int
    asked: LinesAsked | None
    deeds: tuple[Deed, ...]

    def tells(self, asked: LinesAsked) -> bool:
        """Whether it knows the lines that are asked for."""
        return self.asked is not None and self.asked.contains(asked)

    def told(self, asked: LinesAsked) -> Sequence[Deed]:
        """Its deeds, of which it `tells` what is asked of their lines."""
        if asked == self.asked:
            return self.deeds
        return [deed._replace(lines=told_of(deed.lines, asked)) if deed.lines else deed for deed in self.deeds]


class Kept(NamedTuple):
    """What is kept of what a member did: in packs, and loose, in the order of time."""

    packs: Sequence[Pack]
    purchases: Sequence[Purchase]
    visits: Sequence[Visit]

    @property
    def is_worth_packing(self) -> bool:
        return len(self.purchases) + len(self.visits) >= WORTH_PACKING


class Packing(NamedTuple):
    """Packs to be kept by their quarters (None: to be removed), which are then true ``until`` that instant."""

    until: datetime
    packs: Mapping[int, Pack | None]


def quarter_of(at: datetime) -> int:
    """The number of a quarter of a year of UTC, counted from the year 0 on."""
    at = at.astimezone(UTC)
    return (at.year * 12 + at.month - 1) // MONTHS


def beginning_of(quarter: int) -> datetime:
    """Its first instant."""
    year, month = divmod(quarter * MONTHS, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def repacked(
    kept: Kept, loose: Iterable[Deed], packed_until: datetime | None, asked: LinesAsked, stale: Iterable[int] = ()
) -> Packing | None:
    """What to pack of all that is ``kept`` of a member; None where that is nothing.

    ``loose`` is what the purchases and visits come to, with the lines that are ``asked`` for. Packs of ``stale``
    quarters are replaced, or removed, as are those from ``packed_until`` on, where they have not been true any more.
    """
    until = _until(kept)
    if until is None or (packed_until is not None and until <= packed_until):
        return None
    first = quarter_of(packed_until) if packed_until else 0
    touched = [pack for pack in kept.packs if pack.quarter >= first]
    deeds = [deed for pack in touched for deed in pack.told(asked) if packed_until and deed.at < packed_until]
    deeds += (deed for deed in loose if deed.at < until)
    packs: dict[int, Pack | None] = dict.fromkeys([*stale, *(pack.quarter for pack in touched)])
    for quarter, done in groupby(sorted(deeds, key=lambda deed: deed.at), lambda deed: quarter_of(deed.at)):
        packs[quarter] = Pack(quarter, asked, tuple(done))
    return _fitting(Packing(until, dict(sorted(packs.items()))), packed_until)


def _until(kept: Kept) -> datetime | None:
    ats = sorted([*(each.occurred_at for each in kept.purchases), *(each.occurred_at for each in kept.visits)])
    return ats[-LEFT_LOOSE] if len(ats) >= WORTH_PACKING else None


def _fitting(packing: Packing, packed_until: datetime | None) -> Packing | None:
    """As much as fits, from the beginning on."""
    for number, (quarter, pack) in enumerate(packing.packs.items()):
        if number == MOST_PACKS or (pack is not None and len(pack.deeds) > MOST_DEEDS):
            until = beginning_of(quarter)
            if not number or (packed_until is not None and until <= packed_until):
                return None
            return Packing(until, dict(islice(packing.packs.items(), number)))
    return packing


# --- as bytes ---


def pack(pack: Pack) -> bytes:
    """Deflated JSON, column by column: what deeds have in common, such as the place, is written once and numbered."""
    if pack.asked is None:
        raise ValueError("A pack that tells nothing is not kept.")
    places, kinds = _Numbers(), _Numbers()
    ats = [to_millis(deed.at) for deed in pack.deeds]
    columns = [
        [ats[0], *(later - earlier for earlier, later in pairwise(ats))] if ats else [],
        [places.of(_place(deed)) for deed in pack.deeds],
        [deed.spend for deed in pack.deeds],
        [[part for line in deed.lines for part in (kinds.of(line[:2]), line.amount)] for deed in pack.deeds],
    ]
    categories, skus = pack.asked
    asked = [None if categories is None else sorted(categories), sorted(skus)]
    written = json.dumps(
        [FORMAT, asked, list(places), list(kinds), *columns], separators=(",", ":"), ensure_ascii=False
    )
    return zlib.compress(written.encode(), 9, wbits=-zlib.MAX_WBITS)


def unpack(quarter: int, packed: bytes) -> Pack:
    """The inverse of `pack`."""
    form, *content = json.loads(zlib.decompress(packed, wbits=-zlib.MAX_WBITS))
    if form != FORMAT:
        return Pack(quarter, None, ())
    (categories, skus), places, kinds, *columns = content
    asked = LinesAsked(None if categories is None else frozenset(categories), frozenset(skus))
    known = [(*place, frozenset(payments), discounted) for *place, payments, discounted in places]
    return Pack(quarter, asked, tuple(_deeds(known, kinds, zip(*columns, strict=True))))


def _deeds(
    places: Sequence[tuple[Any, ...]], kinds: Sequence[tuple[str, str | None]], rows: Iterable[Any]
) -> Iterator[Deed]:
    at = 0
    for step, number, spend, parts in rows:
        at += step
        brand, store, is_purchase, channel, payments, discounted = places[number]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        lines = tuple(DeedLine(kinds[kind][0], kinds[kind][1], amount) for kind, amount in pairs)
        yield Deed(from_millis(at), brand, store, is_purchase, channel, spend, lines, payments, discounted)


def _place(deed: Deed) -> tuple[Any, ...]:
    payments = tuple(sorted(deed.payments))
    return deed.brand, deed.store, deed.is_purchase, deed.channel, payments, deed.discounted


class _Numbers(dict[tuple[Any, ...], int]):
    """Numbers what it is shown, from 0 on."""

    def of(self, value: tuple[Any, ...]) -> int:
        return self.setdefault(value, len(self))
