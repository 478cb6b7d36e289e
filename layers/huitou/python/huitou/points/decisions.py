"""Every change to points: ``decide(wallet, command, programme, now) -> Decision``.

The idea: a decision first **settles** the wallet, booking what time alone has done to it by ``now``
(activations and expiries, in the fixed order of E22), then does what was asked, then settles again, since a
late sale may bring points that are already over. So the entries tell the whole story in order, and nothing
depends on how promptly the clock books. All of a decision is committed as one conditional write on the
wallet's version; a decision that was overtaken is made again from a fresh read.

Points move only through `_Ledger.book`, which writes the entry and the lots in one step: they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from huitou.kernel.errors import ConflictError
from huitou.kernel.money import format_amount
from huitou.points.earning import Earning
from huitou.points.expiry import activation, expiration, slide
from huitou.points.replay import ACTIVITIES, kept_alive
from huitou.points.wallet import (
    Balance,
    Cause,
    Entry,
    EntryType,
    Lot,
    LotChange,
    RuleOutcome,
    Wallet,
    balance_of,
    next_change,
    spending_order,
)
from huitou.program.model import GROUP, BrandId, CurrencyId, PointCurrency, Program, Sliding

CLOCK = Cause("clock", "clock")
MOST_SETTLED = 20
"""How many instants one settlement alone books: a commit has at most 100 writes. See `points.backlog`."""


class InsufficientPointsError(ConflictError):
    """More points were asked for than are spendable; ``extra`` says how many are, as a decimal string (E33)."""

    code = "insufficient_points"
    title = "Not enough points"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a command comes to: the wallet after it, and the entries that lead there."""

    wallet: Wallet
    entries: tuple[Entry, ...]

    def entry_for(self, cause: Cause) -> Entry:
        """The first entry of ``cause``."""
        return next(entry for entry in self.entries if entry.cause == cause)


@dataclass(frozen=True, slots=True)
class Settle:
    """Book what fell due, the earliest `MOST_SETTLED` instants of it, nothing else."""


@dataclass(frozen=True, slots=True)
class Earn:
    """Book what a purchase at ``occurred_at`` earned, as one new lot issued by ``brand``.

    A purchase that earned nothing is booked with amount 0: its explanation is what the member will ask for.
    """

    earning: Earning
    brand: BrandId
    occurred_at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Let points that slide with activity follow one at ``brand`` (E5); books nothing where none do."""

    brand: BrandId
    occurred_at: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Redeem:
    """Spend ``points`` at ``brand``, from the lots that end first (E6)."""

    points: int
    brand: BrandId
    cause: Cause


@dataclass(frozen=True, slots=True)
class Reverse:
    """Give the points of a redemption back to the lots they came from.

    ``since`` are the wallet's entries after the redemption, in order; they matter to sliding lots only.
    E4: what came from a lot that is over by now returns and expires at once, as two entries.
    """

    redemption: Entry
    since: tuple[Entry, ...]
    brand: BrandId
    cause: Cause


@dataclass(frozen=True, slots=True)
class Adjust:
    """Give (``points`` > 0: a new lot) or take (< 0: from the lots that end first) by hand, with a reason (M11)."""

    points: int
    brand: BrandId
    reason: str
    actor: str
    cause: Cause


Command = Settle | Earn | KeepAlive | Redeem | Reverse | Adjust


def decide(wallet: Wallet, command: Command, program: Program, now: datetime) -> Decision:
    """What ``command`` comes to at ``now``; the same wallet and no entries where nothing changes.

    Raises `InsufficientPointsError` where more is to be taken than can be spent.
    """
    ledger = _Ledger(wallet, program, now)
    ledger.settle(MOST_SETTLED if isinstance(command, Settle) else None)
    match command:
        case Earn():
            ledger.earn(command)
        case KeepAlive():
            ledger.keep_alive(command)
        case Redeem(points, brand, cause):
            ledger.book(EntryType.REDEEM, ledger.take(points), now, cause, brand)
        case Reverse():
            ledger.reverse(command)
        case Adjust():
            ledger.adjust(command)
        case Settle():
            return ledger.decision()
    ledger.settle()
    return ledger.decision()


def keep_alive(
    wallets: Iterable[Wallet], activity: KeepAlive, program: Program, now: datetime
) -> dict[CurrencyId, Decision]:
    """E5: what an activity comes to, by currency, for those of ``wallets`` whose points slide with it.

    Points of one brand follow what happens at that brand, points of the group what happens anywhere.
    """
    return {
        wallet.currency: decide(wallet, activity, program, now)
        for wallet in wallets
        if _follows(wallet, activity.brand, program)
    }


def join(wallet: Wallet, brand: BrandId, at: datetime) -> Wallet:
    """The wallet with ``brand`` among those the member joined (E31); the same wallet where it was already."""
    if brand == GROUP or wallet.has_joined(brand):
        return wallet
    return replace(wallet, brands={**wallet.brands, brand: at})


def touch(wallet: Wallet, at: datetime) -> Wallet:
    """The wallet one version on, for a fact that moves no points."""
    return replace(wallet, version=wallet.version + 1, recorded_at=max(wallet.recorded_at, at))


class _Ledger:
    """A wallet in the making: lots by number, and the entries booked so far."""

    def __init__(self, wallet: Wallet, program: Program, now: datetime) -> None:
        self._wallet = wallet
        self._program = program
        self._currency = program.currencies[wallet.currency]
        self._now = now
        self._recorded_at = max(now, wallet.recorded_at)
        self._lots = {lot.number: lot for lot in wallet.lots}
        self._next_lot = wallet.next_lot
        self._last_activity = wallet.last_activity
        self.entries: list[Entry] = []

    def book(
        self,
        kind: EntryType,
        changes: Sequence[LotChange],
        effective_at: datetime,
        cause: Cause,
        brand: BrandId,
        *,
        outcomes: tuple[RuleOutcome, ...] = (),
        reason: str | None = None,
        actor: str | None = None,
    ) -> None:
        """Changes the lots and writes the entry that says so."""
        for change in changes:
            self._lots[change.lot.number] = change.lot
            if change.lot.remaining == 0:
                del self._lots[change.lot.number]
        if kind in ACTIVITIES:
            self._be_active(effective_at)
        amount = sum(change.lot.remaining if kind is EntryType.ACTIVATE else change.amount for change in changes)
        entry = Entry(
            member=self._wallet.member,
            currency=self._wallet.currency,
            version=self._wallet.version + len(self.entries) + 1,
            type=kind,
            amount=amount,
            changes=tuple(changes),
            effective_at=effective_at,
            recorded_at=self._recorded_at,
            cause=cause,
            program_version=self._program.version,
            balance=self._balance(),
            brand=brand,
            explanation=outcomes,
            reason=reason,
            actor=actor,
        )
        self.entries.append(entry)

    def settle(self, most: int | None = None) -> None:
        """E22: at each of the (at ``most`` so many) instants that have come, activations first, then expiries."""
        for _ in range(most) if most else count():
            due = next_change(self._lots.values())
            if due is None or due > self._now:
                return
            starting = [lot for lot in self._lots.values() if lot.pending and lot.active_at <= due]
            self._book_clock(EntryType.ACTIVATE, due, [LotChange(0, replace(lot, pending=False)) for lot in starting])
            self._expire(due)

    def earn(self, command: Earn) -> None:
        """Books the earning."""
        points, at = command.earning.points, command.occurred_at
        changes = [LotChange(points, self.new_lot(points, command.brand, at))] if points else []
        self.book(EntryType.EARN, changes, at, command.cause, command.brand, outcomes=command.earning.outcomes)

    def keep_alive(self, command: KeepAlive) -> None:
        """Books the visit where lots follow it, those that are there and those that a late sale may still bring."""
        if _slides(self._currency, self._lots.values()):
            self.book(EntryType.VISIT, (), command.occurred_at, command.cause, command.brand)

    def reverse(self, command: Reverse) -> None:
        """E4: points that come back after their end are over when they come, all in one entry."""
        activities = (command.redemption, *command.since)
        returned = [self._give_back(change, activities) for change in command.redemption.changes]
        self.book(EntryType.REVERSE, returned, self._now, command.cause, command.brand)
        self._expire(self._now)

    def adjust(self, command: Adjust) -> None:
        """Books points given or taken by hand."""
        points, brand = command.points, command.brand
        changes = [LotChange(points, self.new_lot(points, brand, self._now))] if points > 0 else self.take(-points)
        self.book(
            EntryType.ADJUST, changes, self._now, command.cause, brand, reason=command.reason, actor=command.actor
        )

    def new_lot(self, points: int, issuer: BrandId, earned_at: datetime) -> Lot:
        """A lot under the currency's policy, with the next number."""
        zone, policy = self._program.zone, self._currency.expiry
        active_at = activation(self._currency, earned_at, zone)
        lot = Lot(
            number=self._next_lot,
            remaining=points,
            active_at=active_at,
            expires_at=expiration(policy, active_at, zone),
            issuer=issuer,
            sliding_days=policy.days if isinstance(policy, Sliding) else 0,
            pending=active_at > earned_at,
        )
        self._next_lot += 1
        return lot

    def take(self, points: int) -> list[LotChange]:
        """Takes from spendable lots in the order of E6. Raises `InsufficientPointsError`."""
        spendable = self._balance().spendable
        if points > spendable:
            asked, available = (format_amount(each, self._currency.exponent) for each in (points, spendable))
            raise InsufficientPointsError(
                f"{asked} points were asked for, {available} can be spent.", extra={"spendable": available}
            )
        changes: list[LotChange] = []
        for lot in sorted(self._lots.values(), key=spending_order):
            if points and lot.is_spendable(self._now):
                part = min(points, lot.remaining)
                changes.append(_taken(lot, part))
                points -= part
        return changes

    def decision(self) -> Decision:
        """The wallet as it stands now; its version is that of the last entry."""
        if not self.entries:
            return Decision(self._wallet, ())
        wallet = replace(
            self._wallet,
            version=self._wallet.version + len(self.entries),
            lots=tuple(sorted(self._lots.values(), key=lambda lot: lot.number)),
            next_lot=self._next_lot,
            last_activity=self._last_activity,
            recorded_at=self._recorded_at,
        )
        return Decision(wallet, tuple(self.entries))

    def _be_active(self, at: datetime) -> None:
        """E5: an activity at ``at`` moves the ends of sliding lots."""
        self._last_activity = max(at, self._last_activity or at)
        sliding = [lot for lot in self._lots.values() if lot.sliding_days]
        self._lots |= {lot.number: lot for lot in slide(sliding, self._last_activity, self._program.zone)}

    def _balance(self) -> Balance:
        return balance_of(self._lots.values(), self._now)

    def _give_back(self, taken: LotChange, activities: Sequence[Entry]) -> LotChange:
        """Returns points to the lot they came from, opening it again, with the end it would have, where it is gone."""
        lot = self._lots.get(taken.lot.number)
        if lot is None:
            lot = kept_alive(replace(taken.lot, remaining=0), activities, self._program.zone)
        return LotChange(-taken.amount, replace(lot, remaining=lot.remaining - taken.amount))

    def _expire(self, at: datetime) -> None:
        ending = [lot for lot in self._lots.values() if lot.has_expired(at)]
        self._book_clock(EntryType.EXPIRE, at, [_taken(lot, lot.remaining) for lot in ending])

    def _book_clock(self, kind: EntryType, at: datetime, changes: Sequence[LotChange]) -> None:
        if changes:
            self.book(kind, changes, at, CLOCK, GROUP)


def _follows(wallet: Wallet, brand: BrandId, program: Program) -> bool:
    """A late sale's programme may not know the points yet: none of them were there then."""
    currency = program.currencies.get(wallet.currency)
    return currency is not None and currency.brand in {None, brand} and _slides(currency, wallet.lots)


def _slides(currency: PointCurrency, lots: Iterable[Lot]) -> bool:
    return isinstance(currency.expiry, Sliding) or any(lot.sliding_days for lot in lots)


def _taken(lot: Lot, points: int) -> LotChange:
    return LotChange(-points, replace(lot, remaining=lot.remaining - points))
