"""A member's points of one currency.

The idea: a **lot** is points that came at once and end at once. Whether a lot can be spent is computed from
its interval ``[active_at, end)`` and the instant asked about, so a balance is exact at any instant, whatever
has been booked by then. **Entries** are the append-only story: replaying them gives the lots back (E13).

All amounts are integers of the currency's smallest unit and never negative, except `Entry.amount`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.program.model import BrandId, CurrencyId


@dataclass(frozen=True, slots=True)
class Lot:
    """Points that came at once. ``number`` is unique in its wallet and never used again.

    ``expires_at`` is None for a lot without end. ``sliding_days`` marks a lot whose end moves with the member's
    activity; its ``expires_at`` is then the end as of the wallet's last activity.
    ``pending`` is true until the activation has been booked.
    """

    number: int
    remaining: int
    active_at: datetime
    expires_at: datetime | None
    issuer: BrandId
    sliding_days: int = 0
    pending: bool = False

    def is_spendable(self, at: datetime) -> bool:
        """E5: valid in ``[active_at, expires_at)``."""
        return self.active_at <= at and not self.has_expired(at)

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


def spending_order(lot: Lot) -> tuple[bool, datetime, datetime, int]:
    """E6: by end, then start, then number; lots without end last."""
    return (lot.expires_at is None, lot.expires_at or lot.active_at, lot.active_at, lot.number)


class EntryType(StrEnum):
    """What an entry did."""

    EARN = "earn"
    ACTIVATE = "activate"
    EXPIRE = "expire"
    REDEEM = "redeem"
    REVERSE = "reverse"
    ADJUST = "adjust"
    VISIT = "visit"
    """Moves no points; booked where what the member does keeps sliding lots alive and is no other entry here."""


class LotChange(NamedTuple):
    """One lot as an entry left it, also where nothing remains of it."""

    amount: int
    """The change of ``lot.remaining``; 0 for an activation."""
    lot: Lot


class Balance(NamedTuple):
    """What a member has at an instant: spendable now, and pending (spendable later)."""

    spendable: int
    pending: int


class Cause(NamedTuple):
    """What an entry is due to: its type (``purchase``, ``redemption``, ``adjustment``, ``clock``) and its id."""

    type: str
    id: str


class RuleOutcome(NamedTuple):
    """Why one earning rule gave what it gave (M12).

    ``failed`` names the condition that did not hold and ``found`` what was there instead; both are empty for a
    rule that fired on ``base`` (smallest units of money) and gave ``points``.
    """

    rule: str
    base: int
    points: int
    failed: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable line of the ledger, numbered by the wallet version that it made.

    ``amount`` is the change of what the member holds, spendable or pending; for an activation, the points that
    became spendable. ``effective_at`` is when it counts from, ``recorded_at`` when it was written, which never
    runs backwards from one version to the next. ``balance`` is what was left when it was recorded.
    ``brand`` is where it happened: the brand that sold, honoured or adjusted.
    """

    member: MemberId
    currency: CurrencyId
    version: int
    type: EntryType
    amount: int
    changes: tuple[LotChange, ...]
    effective_at: datetime
    recorded_at: datetime
    cause: Cause
    program_version: int
    balance: Balance
    brand: BrandId
    explanation: tuple[RuleOutcome, ...] = ()
    reason: str | None = None
    actor: str | None = None

    @property
    def id(self) -> str:
        """Locates the entry's item."""
        return f"{self.member}-{self.currency}-{self.version}"


class LotPage(NamedTuple):
    """Older lots, numbered ``first`` to ``last``, that the store has laid aside, as of wallet ``version``."""

    first: int
    last: int
    version: int


@dataclass(frozen=True, slots=True)
class Wallet:
    """The aggregate: every change of it is one decision and one conditional write on ``version``.

    ``brands`` maps each brand that the member joined to when (kept in the wallet of the home currency only).
    ``last_activity`` is the latest purchase, redemption or visit, by its own time.
    """

    member: MemberId
    currency: CurrencyId
    version: int
    lots: tuple[Lot, ...]
    next_lot: int
    brands: Mapping[BrandId, datetime]
    last_activity: datetime | None
    recorded_at: datetime
    """When the wallet was last changed."""
    pages: tuple[LotPage, ...] = ()
    """How the store keeps the older lots; decisions pass it on untouched."""

    def balance(self, at: datetime) -> Balance:
        """The exact balance at ``at``, now or later, if nothing else happens."""
        return balance_of(self.lots, at)

    def due_at(self) -> datetime | None:
        """The next instant at which time alone changes the wallet."""
        return next_change(self.lots)

    def due_by(self, now: datetime) -> set[datetime]:
        """The instants up to ``now`` at which time alone changed the wallet, and nobody has booked it yet."""
        return {instant for instant in _changes(self.lots) if instant <= now}

    def not_before(self, now: datetime) -> datetime:
        """Time never runs backwards in a wallet, though the clocks of two functions differ."""
        return max(now, self.recorded_at)

    def has_joined(self, brand: BrandId) -> bool:
        return brand in self.brands


def open_wallet(member: MemberId, currency: CurrencyId, now: datetime) -> Wallet:
    """An empty wallet, version 0: not yet stored."""
    return Wallet(member, currency, 0, (), 1, {}, None, now)


def balance_of(lots: Iterable[Lot], at: datetime) -> Balance:
    """Sums the lots that can be spent at ``at`` and those that will be later."""
    spendable = pending = 0
    for lot in lots:
        if lot.expires_at is not None and lot.expires_at <= at:
            continue
        if lot.active_at <= at:
            spendable += lot.remaining
        else:
            pending += lot.remaining
    return Balance(spendable, pending)


def next_change(lots: Collection[Lot]) -> datetime | None:
    """The earliest activation not yet booked, or end, of any of the lots."""
    return min(_changes(lots), default=None)


def _changes(lots: Collection[Lot]) -> list[datetime]:
    starts = [lot.active_at for lot in lots if lot.pending]
    return starts + [lot.expires_at for lot in lots if lot.expires_at is not None]
