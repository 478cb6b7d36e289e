"""What a member did, and who was merged into them (E15): read from packs and from what lies loose beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from huitou.kernel.calendars import add_days
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.points.wallet import Wallet
from huitou.program.model import NO_LINES, LinesAsked, Program
from huitou.segments.facts import Deed
from huitou.segments.loading import deed_of_purchase, deed_of_visit
from huitou.segments.packs import Kept, repacked
from huitou.segments.ports import Deeds


class Past(NamedTuple):
    """All deeds, in the order of time; and in whose partitions so much lies loose that it is worth packing."""

    deeds: list[Deed]
    worth_packing: tuple[MemberId, ...]


def read_past(store: Deeds, home: Wallet, program: Program, start: datetime) -> Past:
    """What the owner of ``home`` did, at least as far back as the programme's windows look from ``start``."""
    days = program.looks_back_days
    if days == 0:
        return Past([], ())
    # A day more: where clocks change, so many days back does not lead to all that lasts so many days (E9).
    since = None if days is None else add_days(start, -days - 1, program.zone)
    return _read(store, home, since, program.lines_asked)


def read_since(store: Deeds, home: Wallet, since: datetime) -> list[Deed]:
    """What the owner of ``home`` did from ``since`` on, in the order of time; without any lines."""
    return _read(store, home, since, NO_LINES).deeds


def _read(store: Deeds, home: Wallet, since: datetime | None, asked: LinesAsked) -> Past:
    found: list[Deed] = []
    worth: list[MemberId] = []
    for member in (home.member, *home.absorbed):
        until = home.packed_until if member == home.member else store.packed_until(member, home.currency)
        kept, until = _telling(store, member, since, until, asked)
        found += _packed(kept, since, until, asked)
        found += _loose(kept, asked)
        worth += [member] if kept.is_worth_packing else []
    return Past(sorted(found, key=attrgetter("at")), tuple(worth))


def packed(store: Deeds, home: Wallet, program: Program) -> list[Write]:
    """Packs what the owner of ``home`` did, but for the latest; nothing, where that is not worth it."""
    asked, until = program.lines_asked, home.packed_until
    kept = store.read(home.member, None, until)
    stale = [] if _tells(kept, asked) else [pack.quarter for pack in kept.packs]
    if stale:
        kept, until = store.read(home.member, None, None), None
    packing = repacked(kept, _loose(kept, asked), until, asked, stale)
    return store.pack(home, packing) if packing else []


def _telling(
    store: Deeds, member: MemberId, since: datetime | None, packed_until: datetime | None, asked: LinesAsked
) -> tuple[Kept, datetime | None]:
    """What is kept, and up to when it is packed: not at all, where packs do not tell all that is asked."""
    kept = store.read(member, since, packed_until)
    return (kept, packed_until) if _tells(kept, asked) else (store.read(member, since, None), None)


def _tells(kept: Kept, asked: LinesAsked) -> bool:
    return all(pack.tells(asked) for pack in kept.packs)


def _packed(kept: Kept, since: datetime | None, until: datetime | None, asked: LinesAsked) -> Iterator[Deed]:
    for pack in kept.packs:
        yield from (
            deed
            for deed in pack.told(asked)
            if (since is None or since <= deed.at) and until is not None and deed.at < until
        )


def _loose(kept: Kept, asked: LinesAsked) -> Iterator[Deed]:
    done = (*(deed_of_purchase(each, asked) for each in kept.purchases), *map(deed_of_visit, kept.visits))
    return (deed for deed in done if deed is not None)
