"""What the lots of a wallet come to, kept from one decision to the next.

A balance is a sum over all lots, and whether something is due is asked of each of them. But a sale adds one lot and
looks at none: so both are worked out once, and changed with each lot that changes. When time has come for some lots,
these are found by their turns, the instants at which lots begin and end, in order.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from huitou.points.wallet import Lot, balance_of, next_change

NEVER = datetime.max.replace(tzinfo=UTC)

Turn = tuple[datetime, int]
"""When a lot begins or ends, and its number."""


class Outlook(NamedTuple):
    """What ``lots`` come to at any instant in [``since``, ``until``): before that, time alone changes none of them.

    Of held points and debts it knows nothing.
    """

    lots: tuple[Lot, ...]
    since: datetime
    until: datetime
    spendable: int
    pending: int
    slides: bool
    """Whether any lot may follow what the member does."""

    def holds_for(self, lots: tuple[Lot, ...], at: datetime) -> bool:
        """Whether it is about these very lots and this instant."""
        return self.lots is lots and self.since <= at < self.until


class Running:
    """The outlook of a ledger's lots, by number, at ``now``, while they change.

    ``_turns`` are those that nobody has booked yet, in order, of a ledger that goes on; a few may be of lots that have
    changed since, or are gone. For a single decision it would take longer to put them in order than to look at all.
    ``_sums``, of what can be spent and of what is pending, are added up when somebody asks for them, and kept from then
    on until time has come for a lot.
    """

    __slots__ = ("_sums", "_turns", "now", "slides", "until")

    def __init__(self, lots: tuple[Lot, ...], now: datetime, known: Outlook | None = None) -> None:
        self.now = now
        self._sums: list[int] | None = None
        self._turns: list[Turn] | None = None
        if known is not None and known.holds_for(lots, now):
            self.until, self.slides = known.until, known.slides
            self._sums = [known.spendable, known.pending]
        else:
            self.look(lots)

    def look(self, lots: Collection[Lot]) -> None:
        """At all of them."""
        self._sums = None
        self.slides = any([lot.sliding_days for lot in lots])
        self.until = next_change(lots) or NEVER
        self._turns = None

    def go_on(self, lots: Mapping[int, Lot], now: datetime) -> None:
        """To a later instant."""
        if now >= self.until:
            self._put_in_order(lots)
            self._sums = None
        self.now = now

    def sums(self, lots: Iterable[Lot]) -> tuple[int, int]:
        """What can be spent now and what is pending, of ``lots``: all that there are."""
        if self._sums is None:
            self._sums = [*balance_of(lots, self.now)[:2]]
        spendable, pending = self._sums
        return spendable, pending

    def come(self, lots: Mapping[int, Lot], due: datetime) -> list[Lot]:
        """Those whose turn comes by ``due``. From now on the others are waited for, and what changes these again."""
        if self._turns is None:
            return self._looked_for(lots.values(), due)
        turns, coming = self._turns, set()
        while turns and turns[0][0] <= due:
            coming.add(turns.pop(0)[1])
        self.until = turns[0][0] if turns else NEVER
        return [lots[number] for number in sorted(coming) if number in lots]

    def without(self, lot: Lot) -> None:
        """It is gone, or about to change."""
        if self._sums is not None:
            self._count(self._sums, lot, -1)

    def plus(self, lot: Lot) -> None:
        """It is new, or has changed."""
        if self._sums is not None:
            self._count(self._sums, lot, 1)
        if lot.expires_at is not None:
            self._wait(lot.expires_at, lot.number)
        if lot.pending:
            self._wait(lot.active_at, lot.number)
        if lot.sliding_days:
            self.slides = True

    def outlook(self, lots: tuple[Lot, ...]) -> Outlook:
        """For the next decision."""
        return Outlook(lots, self.now, self.until, *self.sums(lots), self.slides)

    def _count(self, sums: list[int], lot: Lot, times: int) -> None:
        if not lot.has_expired(self.now):
            sums[lot.active_at > self.now] += times * lot.remaining

    def _looked_for(self, lots: Iterable[Lot], due: datetime) -> list[Lot]:
        """As `come`, without turns."""
        coming, until = [], NEVER
        for lot in lots:
            ends_at = lot.expires_at
            next_at = lot.active_at if lot.pending else ends_at
            if next_at is None:
                continue
            if lot.pending and ends_at is not None and ends_at < next_at:
                next_at = ends_at
            if next_at <= due:
                coming.append(lot)
            elif next_at < until:
                until = next_at
        self.until = until
        return coming

    def _wait(self, at: datetime, number: int) -> None:
        if self._turns is None:
            self.until = min(self.until, at)
        else:
            insort(self._turns, (at, number))
            self.until = self._turns[0][0]

    def _put_in_order(self, lots: Mapping[int, Lot]) -> None:
        if self._turns is None:
            ends = [(lot.expires_at, lot.number) for lot in lots.values() if lot.expires_at is not None]
            self._turns = sorted(ends + [(lot.active_at, lot.number) for lot in lots.values() if lot.pending])
