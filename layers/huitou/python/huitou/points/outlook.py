"""What the lots of a wallet come to, kept from one decision to the next.

A balance is a sum over all lots, and whether something is due is asked of each of them. But a sale adds one lot and
looks at none: so both are worked out once, changed with each lot that changes, and looked at anew when time has come
for any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from huitou.points.wallet import Lot, balance_of, next_change

NEVER = datetime.max.replace(tzinfo=UTC)


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
    """The outlook of a ledger's lots at ``now``, while they change."""

    __slots__ = ("now", "pending", "slides", "spendable", "until")

    def __init__(self, lots: Collection[Lot], now: datetime, known: Outlook | None = None) -> None:
        self.now = now
        if known is not None and isinstance(lots, tuple) and known.holds_for(lots, now):
            _, _, self.until, self.spendable, self.pending, self.slides = known
        else:
            self.look(lots)

    def go_on(self, lots: Collection[Lot], now: datetime) -> None:
        """To another instant."""
        is_known = self.now <= now < self.until
        self.now = now
        if not is_known:
            self.look(lots)

    def look(self, lots: Collection[Lot]) -> None:
        """At all of them."""
        self.spendable, self.pending, _, _ = balance_of(lots, self.now)
        self.slides = any([lot.sliding_days for lot in lots])
        self.until = next_change(lots) or NEVER

    def come(self, lots: Iterable[Lot], due: datetime) -> list[Lot]:
        """Those that start or end by ``due``. From now on the others are waited for, and what changes these again."""
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

    def without(self, lot: Lot) -> None:
        """It is gone, or about to change."""
        if lot.has_expired(self.now):
            return
        if lot.active_at <= self.now:
            self.spendable -= lot.remaining
        else:
            self.pending -= lot.remaining

    def plus(self, lot: Lot) -> None:
        """It is new, or has changed."""
        ends_at = lot.expires_at
        if ends_at is not None and ends_at < self.until:
            self.until = ends_at
        if lot.pending and lot.active_at < self.until:
            self.until = lot.active_at
        if lot.sliding_days:
            self.slides = True
        if ends_at is not None and ends_at <= self.now:
            return
        if lot.active_at <= self.now:
            self.spendable += lot.remaining
        else:
            self.pending += lot.remaining

    def outlook(self, lots: tuple[Lot, ...]) -> Outlook:
        """For the next decision."""
        return Outlook(lots, self.now, self.until, self.spendable, self.pending, self.slides)
