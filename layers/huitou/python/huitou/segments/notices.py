"""Points that end soon: which are announced, when, and what is remembered of it (M8).

The idea: an end is announced once, at the same local time so many days before it as the programme says, with all points
that will be gone by it. Points that come later than that are announced when they can be spent. What was announced is
remembered until the end is there; so nobody hears of it twice, because somebody looked again or because more points end
with it. Points that are spent before are never spoken of, and an end that moves on, since the member stays, is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from huitou.points.outlook import NEVER
from huitou.points.wallet import Wallet
from huitou.program.model import CurrencyId, Program
from huitou.segments.having import pieces_of
from huitou.segments.local_days import local_days
from huitou.standing.position import Expiring, Position


class Notices(NamedTuple):
    """What has been announced of ends that are ahead, and what will be next if nothing else happens."""

    announced: tuple[Expiring, ...]
    next: Expiring | None


def announce(
    before: Position | None, wallets: Mapping[CurrencyId, Wallet], program: Program, since: datetime, now: datetime
) -> Notices:
    """Announces what is due at ``now``, each at its own instant.

    What should have been announced by the last look, and was not, became known since: it is, at ``since``.
    """
    known = before.expiring if before else ()
    looked_at = before.through if before else since
    ends = sorted(_unannounced(wallets, program, known, now), key=attrgetter("at"))
    due = [each if each.at > looked_at else each._replace(at=since) for each in ends if each.at <= now]
    kept = [each for each in known if each.ends_at > now]
    return Notices((*kept, *due), next((each for each in ends if each.at > now), None))


def _unannounced(
    wallets: Mapping[CurrencyId, Wallet], program: Program, known: Iterable[Expiring], now: datetime
) -> Iterator[Expiring]:
    """Each end that is ahead and was not announced: with the instant at which it is, and the points there are then."""
    announced = {(each.currency, each.ends_at) for each in known}
    days = local_days(program.zone)
    for currency in program.currencies.values():
        if currency.expiry_notice_days is None:
            continue
        for ends_at, begun in _by_end(wallets.get(currency.id), now).items():
            if (currency.id, ends_at) not in announced:
                at = max(days.later(ends_at, -currency.expiry_notice_days), min(begin for begin, _ in begun))
                points = sum(points for begin, points in begun if begin <= max(at, now))
                yield Expiring(currency.id, ends_at, points, at)


def _by_end(wallet: Wallet | None, now: datetime) -> Mapping[datetime, Sequence[tuple[datetime, int]]]:
    """For each end that is ahead, from when on how many of the points can be spent that are gone by it."""
    ends: dict[datetime, list[tuple[datetime, int]]] = {}
    for begin, end, points in pieces_of(wallet):
        if begin < end and now < end < NEVER:
            ends.setdefault(end, []).append((begin, points))
    return ends
