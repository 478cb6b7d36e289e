"""A member's points of one currency.

The idea: a **lot** is points that came at once and end at once. Whether a lot can be spent is computed from
its interval ``[active_at, end)`` and the instant asked about, so a balance is exact at any instant, whatever
has been booked by then. **Entries** are the append-only story: replaying them gives the lots back (E13).

All amounts are integers of the currency's smallest unit and never negative, except changes: those of lots, and
`Entry.amount` and `Entry.debt`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from huitou.kernel.facts import Fact
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.values import changed, lean
from huitou.program.model import BrandId, CurrencyId

if TYPE_CHECKING:
    from huitou.points.outlook import Outlook


class Origin(NamedTuple):
    """E15: the lot of another member that a lot continues since the two were merged."""

    member: MemberId
    number: int


@lean
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
    origin: Origin | None = None

    def is_spendable(self, at: datetime) -> bool:
        """E5: valid in ``[active_at, expires_at)``."""
        return self.active_at <= at and not self.has_expired(at)

    def has_expired(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    def change(self, points: int) -> LotChange:
        """``points`` more of it, or less."""
        left = self.remaining + points
        lot = Lot(
            self.number,
            left,
            self.active_at,
            self.expires_at,
            self.issuer,
            self.sliding_days,
            self.pending,
            self.origin,
        )
        return LotChange(points, lot)


def spending_order(lot: Lot) -> tuple[bool, datetime, datetime, int]:
    """E6: by end, then start, then number; lots without end last."""
    return (lot.expires_at is None, lot.expires_at or lot.active_at, lot.active_at, lot.number)


def draw(lots: Iterable[Lot], points: int) -> list[LotChange]:
    """Takes ``points`` from the lots, in the order of E6, or all there are."""
    changes: list[LotChange] = []
    for lot in sorted(lots, key=spending_order):
        if points == 0:
            break
        part = min(points, lot.remaining)
        changes.append(lot.change(-part))
        points -= part
    return changes


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
    HOLD = "hold"
    """Points leave their lots and wait for a till."""
    CAPTURE = "capture"
    """Held points are spent. Its changes name the lots they came from, which changed when they were held."""
    RELEASE = "release"
    """Held points return to their lots."""
    TAKE_BACK = "take_back"
    """A refund takes back what its purchase had earned (E1)."""
    GIVE_BACK = "give_back"
    """A refund gives back points that had paid a part of it (E3)."""
    REPAY = "repay"
    """Points just credited pay a debt."""
    REINSTATE = "reinstate"
    """Expired points are given again, by courtesy."""
    SEND = "send"
    RECEIVE = "receive"
    CONVERT_OUT = "convert_out"
    CONVERT_IN = "convert_in"
    HAND_OVER = "hand_over"
    """Lots, holds and debts go to another member who is the same person, or turned out not to be (E15)."""
    TAKE_OVER = "take_over"
    """They arrive."""


class LotChange(NamedTuple):
    """One lot as an entry left it, also where nothing remains of it."""

    amount: int
    """The change of ``lot.remaining``; 0 for an activation."""
    lot: Lot


class Hold(NamedTuple):
    """E17: points set aside for a till. They return by themselves at ``ends_at``, unless captured before."""

    id: Digest
    brand: BrandId
    parts: tuple[LotChange, ...]
    """As they were taken, in the order of E6: negative amounts, each with its lot, whose end is kept up to date."""
    ends_at: datetime

    @property
    def points(self) -> int:
        return -sum(part.amount for part in self.parts)


class Debt(NamedTuple):
    """E1: what a refund could not take back. Debts are kept, and repaid, in the order in which they arose."""

    purchase: str
    issuer: BrandId
    points: int


class Balance(NamedTuple):
    """What a member has at an instant: spendable now, pending (spendable later), held for a till; and owes."""

    spendable: int
    pending: int
    held: int = 0
    debt: int = 0


class Cause(NamedTuple):
    """What an entry is due to: its type (``purchase``, ``redemption``, ``adjustment``, ``clock``) and its id."""

    type: str
    id: str


CAMPAIGN = "campaign"
"""The type of what a campaign gave; the id then says by which, at which occurrence and in which step."""


EXCLUDED = "excluded"
OUTDONE = "outdone"
"""What `RuleOutcome.failed` says where another rule pays instead: it excludes this one, or won their stack."""
BUDGET = "budget"
"""What `RuleOutcome.cut_by` says where a rule had nothing left to give; else it names the period of a cap."""


class RuleOutcome(NamedTuple):
    """Why one earning rule gave what it gave (M12).

    ``failed`` names the condition that did not hold and ``found`` what was there instead, or the rule that pays
    instead; both are empty for a rule that fired on ``base`` (smallest units of money) and gave ``points``.
    ``cut`` is what it would have given beyond that, had not ``cut_by`` or another rule prevented it.
    """

    rule: str
    base: int
    points: int
    failed: str = ""
    found: str = ""
    cut: int = 0
    cut_by: str = ""


@lean
class Entry:
    """One immutable line of the ledger, numbered by the wallet version that it made.

    ``amount`` is the change of what the member has in lots, spendable or pending; of an activation, the points that
    became spendable; of a capture, minus the held points that were spent. ``effective_at`` is when it counts from,
    ``recorded_at`` when it was written, which never runs backwards from one version to the next. ``balance`` is what
    was left when it was recorded.
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
    waived: int = 0
    """E1: what a refund did not take back, and nobody owes."""
    debt: int = 0
    """The change of what the member owes."""
    about: str | None = None
    """What it is about, beside its cause: the hold, the refunded purchase, the expiry or redemption made good."""
    ends_at: datetime | None = None
    """When the hold ends by itself."""
    last_activity: datetime | None = None
    """E5: of a refund that withdraws an activity, the latest that still counts."""
    holds: tuple[Hold, ...] = ()
    """E15: those that are handed or taken over."""
    debts: tuple[Debt, ...] = ()
    """E15: those that are handed or taken over."""

    @property
    def id(self) -> str:
        """Locates the entry's item."""
        return f"{self.member}-{self.currency}-{self.version}"


class LotPage(NamedTuple):
    """Older lots, numbered ``first`` to ``last``, that the store has laid aside, as of wallet ``version``."""

    first: int
    last: int
    version: int


@lean
class Wallet:
    """The aggregate: every change of it is one decision and one conditional write on ``version``.

    ``brands`` maps each brand that the member joined to when (kept in the wallet of the home currency only).
    ``last_activity`` is the latest purchase, redemption or visit that still counts, by its own time.
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
    holds: tuple[Hold, ...] = ()
    """In the order in which they were placed."""
    debts: tuple[Debt, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    """E12: how much of each cap is used, by ``<rule>/<window>``."""
    bought: Mapping[BrandId, int] = field(default_factory=dict)
    """How many purchases count at each brand (kept in the wallet of the home currency only)."""
    unseen: tuple[Fact, ...] = ()
    """What the standing has not taken in yet (kept in the wallet of the home currency only)."""
    folds: int = 0
    """How often the standing has taken them in: its record names the same number, or one of the two is read anew."""
    home: bool = False
    """Whether it came with the enrolment: by these wallets, one each, all members can be listed."""
    moved_to: MemberId | None = None
    """E15: who goes on with all of this member's (kept in the wallet of the home currency only)."""
    erased_at: datetime | None = None
    """E25: since when nobody is behind this (kept in the wallet of the home currency only)."""
    absorbed: tuple[MemberId, ...] = ()
    """E15: whose partitions belong to this member too (kept in the wallet of the home currency only)."""
    earned_since: int = 0
    """E15: what was earned under this member's name since they were merged into another, in the other's wallet."""
    packed_until: datetime | None = None
    """What the member did before this instant is in packs, as it counts now; None: nothing is packed (kept in the
    wallet of the home currency only)."""
    outlook: Outlook | None = field(default=None, compare=False, repr=False)
    """What the lots come to, as the decision knew that made the wallet; never stored."""

    def balance(self, at: datetime) -> Balance:
        """The exact balance at ``at``, now or later, if nothing else happens."""
        return balance_of(self.lots, at, self.holds, self.debts)

    def due_at(self) -> datetime | None:
        """The next instant at which time alone changes the wallet."""
        return next_change(self.lots, self.holds)

    def due_by(self, now: datetime) -> set[datetime]:
        """The instants up to ``now`` at which time alone changed the wallet, and nobody has booked it yet."""
        starts = {lot.active_at for lot in self.lots if lot.pending}
        ends = {lot.expires_at for lot in self.lots if lot.expires_at is not None}
        return {instant for instant in starts | ends | {hold.ends_at for hold in self.holds} if instant <= now}

    def not_before(self, now: datetime) -> datetime:
        """Time never runs backwards in a wallet, though the clocks of two functions differ."""
        return max(now, self.recorded_at)

    def has_joined(self, brand: BrandId) -> bool:
        return brand in self.brands


def open_wallet(member: MemberId, currency: CurrencyId, now: datetime) -> Wallet:
    """An empty wallet, version 0: not yet stored."""
    return Wallet(member, currency, 0, (), 1, {}, None, now)


def noted(home: Wallet, *facts: Fact, **changes: Any) -> Wallet:
    """``home`` with more for the standing to take in, and with ``changes``: whatever changes what a member did notes a
    fact of its instant. What was packed from the first of them on is loose again."""
    packed_until = home.packed_until and min(home.packed_until, *(fact.at for fact in facts))
    return changed(home, unseen=(*home.unseen, *facts), packed_until=packed_until, **changes)


def balance_of(lots: Iterable[Lot], at: datetime, holds: Collection[Hold] = (), debts: Iterable[Debt] = ()) -> Balance:
    """Sums the lots that can be spent at ``at`` and those that will be later, what is held then, and what is owed."""
    spendable = pending = held = 0
    if holds:
        lots = lots_at(lots, holds, at)
        held = sum(hold.points for hold in holds if hold.ends_at > at)
    for lot in lots:
        if lot.expires_at is not None and lot.expires_at <= at:
            continue
        if lot.active_at <= at:
            spendable += lot.remaining
        else:
            pending += lot.remaining
    return Balance(spendable, pending, held, sum(debt.points for debt in debts) if debts else 0)


def lots_at(lots: Iterable[Lot], holds: Iterable[Hold], at: datetime) -> tuple[Lot, ...]:
    """The lots, by number, with the points back that were held and whose hold has ended by ``at`` (E17)."""
    found = {lot.number: lot for lot in lots}
    for hold in holds:
        if hold.ends_at <= at:
            for amount, held in hold.parts:
                lot = found.get(held.number) or replace(held, remaining=0)
                found[lot.number] = lot.change(-amount).lot
    return tuple(found[number] for number in sorted(found))


def next_change(lots: Iterable[Lot], holds: Iterable[Hold] = ()) -> datetime | None:
    """The earliest activation not yet booked, or end, of any of the lots, or end of a hold."""
    next_at: datetime | None = None
    for lot in lots:
        if lot.pending and (next_at is None or lot.active_at < next_at):
            next_at = lot.active_at
        end = lot.expires_at
        if end is not None and (next_at is None or end < next_at):
            next_at = end
    for hold in holds:
        if next_at is None or hold.ends_at < next_at:
            next_at = hold.ends_at
    return next_at


def with_debt(debts: Iterable[Debt], purchase: str, issuer: BrandId, points: int) -> tuple[Debt, ...]:
    """E1: ``points`` more are owed for a purchase: one line for all of its refunds, at the place of the first."""
    debts = tuple(debts)
    for index, debt in enumerate(debts):
        if (debt.purchase, debt.issuer) == (purchase, issuer):
            return (*debts[:index], debt._replace(points=debt.points + points), *debts[index + 1 :])
    return (*debts, Debt(purchase, issuer, points))


def repaid(debts: Iterable[Debt], points: int) -> tuple[Debt, ...]:
    """E1: what is still owed after a repayment: the oldest debt is paid first."""
    left = []
    for debt in debts:
        part = min(points, debt.points)
        points -= part
        if part < debt.points:
            left.append(debt._replace(points=debt.points - part))
    return tuple(left)


def without_debts(debts: Iterable[Debt], gone: Iterable[Debt]) -> tuple[Debt, ...]:
    """E15: what is owed without what goes over to another member."""
    less = {(debt.purchase, debt.issuer): debt.points for debt in gone}
    left = (debt._replace(points=debt.points - less.get((debt.purchase, debt.issuer), 0)) for debt in debts)
    return tuple(debt for debt in left if debt.points)
