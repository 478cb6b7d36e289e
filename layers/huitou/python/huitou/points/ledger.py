"""A wallet in the making: what every decision is made of.

Points move only through `Ledger.book`, which writes the entry and changes lots, debts and ends in one step: they
cannot differ. What a booking of some kind consists of is said in `huitou.points.decisions` and in the modules of
refunds, holds and journeys beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from huitou.kernel.calendars import local_date
from huitou.kernel.errors import ConflictError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.money import format_amount
from huitou.kernel.values import changed, lean
from huitou.points.counters import counted, recent
from huitou.points.expiry import activation, expiration, follow, withdraw
from huitou.points.outlook import Running
from huitou.points.replay import ACTIVITIES
from huitou.points.wallet import (
    Balance,
    Cause,
    Debt,
    Entry,
    EntryType,
    Hold,
    Lot,
    LotChange,
    RuleOutcome,
    Wallet,
    balance_of,
    draw,
    repaid,
    spending_order,
    with_debt,
)
from huitou.program.model import GROUP, BrandId, Program, Sliding

CLOCK = Cause("clock", "clock")
_ACTIVATE, _CAPTURE, _EXPIRE = EntryType.ACTIVATE, EntryType.CAPTURE, EntryType.EXPIRE
"""Asked for with every booking; until Python 3.12, to look up a member of an enumeration is a call."""


class InsufficientPointsError(ConflictError):
    """More points were asked for than are spendable; ``extra`` says how many are, as a decimal string (E33)."""

    code = "insufficient_points"
    title = "Not enough points"


class OutstandingDebtError(ConflictError):
    """E1: while points are owed, none can be spent, held or sent; ``extra`` says how many are, as a decimal string."""

    code = "outstanding_debt"
    title = "Points are owed"


@lean
class Decision:
    """What a command comes to: the wallet after it, and the entries that lead there."""

    wallet: Wallet
    entries: tuple[Entry, ...]

    def entry_for(self, cause: Cause, kind: EntryType | None = None) -> Entry:
        """The first entry of ``cause``, or its first of one kind."""
        return next(entry for entry in self.entries if entry.cause == cause and kind in {None, entry.type})


class Ledger:
    """Lots and holds as they stand, and the entries booked so far."""

    def __init__(self, wallet: Wallet, program: Program, now: datetime) -> None:
        self.program = program
        self.currency = program.currencies[wallet.currency]
        policy = self.currency.expiry
        self.sliding_days = policy.days if isinstance(policy, Sliding) else 0
        self.now = now
        self.lots = {lot.number: lot for lot in wallet.lots}
        self.holds = {hold.id: hold for hold in wallet.holds}
        self.debts = wallet.debts
        self.last_activity = wallet.last_activity
        self.counters = wallet.counters
        self._wallet = wallet
        self._version = wallet.version
        self._recorded_at = max(now, wallet.recorded_at)
        self._next_lot = wallet.next_lot
        self._entries: list[Entry] = []
        self._newest = wallet.lots[-1].number if wallet.lots else 0
        self._is_in_order = True
        self._running = Running(wallet.lots, now, wallet.outlook)

    def go_on(self, now: datetime) -> None:
        """To a later instant, for whoever books one thing after the other and keeps no wallet between."""
        self.now = now
        self._recorded_at = max(now, self._recorded_at)
        self._put_in_order()
        self._running.go_on(self.lots, now)

    # --- booking ---

    def book(
        self,
        kind: EntryType,
        changes: Sequence[LotChange],
        cause: Cause,
        brand: BrandId,
        *,
        effective_at: datetime | None = None,
        outcomes: tuple[RuleOutcome, ...] = (),
        reason: str | None = None,
        actor: str | None = None,
        waived: int = 0,
        debt: int = 0,
        about: str | None = None,
        ends_at: datetime | None = None,
        last_activity: datetime | None = None,
        holds: tuple[Hold, ...] = (),
        debts: tuple[Debt, ...] = (),
    ) -> None:
        """Changes the wallet and writes the entry that says so, effective now where nothing else is said."""
        at = effective_at or self.now
        self._change(kind, changes, at, last_activity)
        if debt:
            self._owe(about or "", brand, debt)
        if self._counts(kind, changes, outcomes):
            return
        entry = Entry(
            self._wallet.member,
            self._wallet.currency,
            self._version,
            kind,
            sum([change.lot.remaining if kind is _ACTIVATE else change.amount for change in changes]),
            tuple(changes),
            at,
            self._recorded_at,
            cause,
            self.program.version,
            self.balance(),
            brand,
            outcomes,
            reason,
            actor,
            waived,
            debt,
            about,
            ends_at,
            last_activity,
            holds,
            debts,
        )
        self._entries.append(entry)

    def repay(self, changes: Iterable[LotChange], cause: Cause, brand: BrandId) -> None:
        """E1: what has just been booked as ``changes`` first repays what is owed, unless it is over already."""
        if not self.debts:
            return
        left = sum(debt.points for debt in self.debts)
        paid = []
        for credited in sorted(changes, key=lambda change: spending_order(change.lot)):
            lot = self.lots[credited.lot.number]
            part = 0 if lot.has_expired(self.now) else min(left, credited.amount)
            if part:
                paid.append(lot.change(-part))
                left -= part
        if paid:
            self.book(EntryType.REPAY, paid, cause, brand, debt=sum(change.amount for change in paid))

    def decision(self) -> Decision:
        """The wallet as it stands now; its version is that of the last entry."""
        return Decision(self.wallet() if self._entries else self._wallet, tuple(self._entries))

    def wallet(self) -> Wallet:
        """As it stands now."""
        self._put_in_order()
        lots = tuple(self.lots.values())
        return changed(
            self._wallet,
            version=self._version,
            lots=lots,
            next_lot=self._next_lot,
            last_activity=self.last_activity,
            recorded_at=self._recorded_at,
            holds=tuple(self.holds.values()),
            debts=self.debts,
            counters=self.counters,
            outlook=self._running.outlook(lots),
        )

    # --- time ---

    def settle(self, most: int | None = None) -> None:
        """E22: at each of the (at ``most`` so many) instants that have come: ends of holds, activations, expiries."""
        if self.now < self._running.until and not self.holds:
            return
        booked = 0
        while most is None or booked < most:
            due = self._running.until
            if self.holds:
                due = min(due, *[hold.ends_at for hold in self.holds.values()])
            if due > self.now:
                return
            booked += self._book_due(due)

    def _book_due(self, due: datetime) -> bool:
        """Whether there was anything: lots that are gone may have been waited for."""
        before = self._version
        if self.holds:
            for hold in [each for each in self.holds.values() if each.ends_at <= due]:
                self.release(hold.id, CLOCK, due)
        self._put_in_order()
        coming = self._running.come(self.lots, due)
        starting = [lot for lot in coming if lot.pending and lot.active_at <= due]
        if starting:
            changes = [LotChange(0, changed(lot, pending=False)) for lot in starting]
            self.book(_ACTIVATE, changes, CLOCK, GROUP, effective_at=due)
            coming = [self.lots[lot.number] for lot in coming]
        self.expire(due, coming)
        return self._version > before

    def expire(self, at: datetime, lots: Iterable[Lot] | None = None) -> None:
        """Books the end of all lots, or of ``lots``, that are over at ``at``."""
        among = self.lots.values() if lots is None else lots
        ending = [lot.change(-lot.remaining) for lot in among if lot.expires_at is not None and lot.expires_at <= at]
        if ending:
            self.book(_EXPIRE, ending, CLOCK, GROUP, effective_at=at)

    def release(self, key: Digest, cause: Cause, at: datetime) -> None:
        """Returns what is left of a hold to its lots, opening those again that are gone."""
        hold = self.holds.pop(key)
        returned = [self.returned(part, part.lot) for part in hold.parts]
        self.book(EntryType.RELEASE, returned, cause, hold.brand, effective_at=at, about=key)

    # --- lots ---

    def balance(self) -> Balance:
        """What there is now."""
        if self.holds:
            return balance_of(self.lots.values(), self.now, tuple(self.holds.values()), self.debts)
        debt = sum(debt.points for debt in self.debts) if self.debts else 0
        return Balance(*self._running.sums(self.lots.values()), 0, debt)

    def new_lot(self, points: int, issuer: BrandId, earned_at: datetime) -> LotChange:
        """Points that come under the currency's policy."""
        active_at = activation(self.currency, earned_at, self.program.zone)
        expires_at = expiration(self.currency.expiry, active_at, self.program.zone)
        return self.add(points, issuer, active_at, expires_at, self.sliding_days, pending=active_at > earned_at)

    def add(
        self,
        points: int,
        issuer: BrandId,
        active_at: datetime,
        expires_at: datetime | None,
        sliding_days: int = 0,
        *,
        pending: bool = False,
    ) -> LotChange:
        """Points that come as a lot of their own, with the next number."""
        lot = Lot(self.next_number(), points, active_at, expires_at, issuer, sliding_days, pending)
        return LotChange(points, lot)

    def next_number(self) -> int:
        """Of a lot; none gets it again."""
        self._next_lot += 1
        return self._next_lot - 1

    def take(self, points: int, first: MemberId | None = None) -> list[LotChange]:
        """Takes from spendable lots in the order of E6, and before all from those that came with ``first`` (E15).

        Raises `InsufficientPointsError`.
        """
        spendable = self.balance().spendable
        if points > spendable:
            asked, available = (format_amount(each, self.currency.exponent) for each in (points, spendable))
            raise InsufficientPointsError(
                f"{asked} points were asked for, {available} can be spent.", extra={"spendable": available}
            )
        lots = [lot for lot in self.lots.values() if lot.is_spendable(self.now)]
        theirs = draw((lot for lot in lots if came_with(lot) == first), points)
        left = points + sum(change.amount for change in theirs)
        return theirs + draw((lot for lot in lots if came_with(lot) != first), left) if left else theirs

    def spend(self, points: int, first: MemberId | None = None) -> list[LotChange]:
        """`take`, for what members do themselves. Raises `OutstandingDebtError` while there is debt (E1)."""
        if self.debts:
            owed = format_amount(sum(debt.points for debt in self.debts), self.currency.exponent)
            raise OutstandingDebtError(f"{owed} points are owed, and repaid first.", extra={"debt": owed})
        return self.take(points, first)

    def returned(self, part: LotChange, snapshot: Lot) -> LotChange:
        """Gives points that were taken back to their lot, or to ``snapshot`` of it, where it is gone."""
        lot = self.lots.get(part.lot.number) or replace(snapshot, remaining=0)
        return lot.change(-part.amount)

    @property
    def slides(self) -> bool:
        """Whether lots follow activity, those that are there or those that a late sale may still bring."""
        if self.sliding_days > 0:
            return True
        may_slide = self._running.slides or bool(self.holds)
        return may_slide and any(lot.sliding_days for lot in self._all_lots())

    def count(self, used: Mapping[str, int], sold_at: datetime | None = None) -> None:
        """E12: changes the use of caps; a sale at ``sold_at`` lets windows be forgotten that no sale can meet now."""
        if not used:
            return
        grown = counted(self.counters, used)
        if sold_at:
            newest = max(sold_at, self.last_activity or sold_at)
            limit = max(self.program.late_limit, self.program.claim_limit) + timedelta(days=1)
            grown = recent(grown, local_date(newest - limit, self.program.zone), or_in=used)
        self.counters = grown

    # --- one step of a booking ---

    def _counts(self, kind: EntryType, changes: Sequence[LotChange], outcomes: Sequence[RuleOutcome]) -> bool:
        """Whether what is booked is only counted, and no entry written."""
        del kind, changes, outcomes
        return False

    def _change(self, kind: EntryType, changes: Sequence[LotChange], at: datetime, withdrawn: datetime | None) -> None:
        """What `book` does to the wallet beside debts; ``withdrawn`` is its ``last_activity``."""
        self._version += 1
        if kind is not _CAPTURE:
            self._change_lots(changes)
        if kind in ACTIVITIES:
            self._be_active(at, changes)
        if withdrawn is not None:
            self._withdraw_activity(withdrawn)

    def _owe(self, purchase: str, brand: BrandId, points: int) -> None:
        """E1: so much more, or less."""
        self.debts = with_debt(self.debts, purchase, brand, points) if points > 0 else repaid(self.debts, -points)

    def _change_lots(self, changes: Iterable[LotChange]) -> None:
        lots, running = self.lots, self._running
        for _, lot in changes:
            before = lots.get(lot.number)
            if before is not None:
                running.without(before)
            elif lot.remaining:
                self._is_in_order &= lot.number >= self._newest
                self._newest = max(self._newest, lot.number)
            if lot.remaining:
                lots[lot.number] = lot
                running.plus(lot)
            elif before is not None:
                del lots[lot.number]

    def _put_in_order(self) -> None:
        """By number: lots that were gone come back in any order."""
        if not self._is_in_order:
            self.lots = dict(sorted(self.lots.items()))
            self._is_in_order = True

    def _be_active(self, at: datetime, changes: Iterable[LotChange]) -> None:
        """E5: an activity at ``at`` moves the ends of sliding lots; those that it brought follow the latest one."""
        latest = self.last_activity = max(at, self.last_activity or at)
        if not (self._running.slides or self.holds):
            return
        brought = {change.lot.number for change in changes}
        self._change_ends(lambda lot: follow(lot, latest if lot.number in brought else at, self.program.zone))

    def _withdraw_activity(self, last_activity: datetime) -> None:
        """E5: the ends of sliding lots move back to where ``last_activity`` puts them."""
        self.last_activity = last_activity
        self._change_ends(lambda lot: withdraw(lot, last_activity, self._recorded_at, self.program.zone))

    def _all_lots(self) -> Iterator[Lot]:
        """With those that only holds know any more."""
        yield from self.lots.values()
        for hold in self.holds.values():
            yield from (part.lot for part in hold.parts)

    def _change_ends(self, change: Callable[[Lot], Lot]) -> None:
        """Of all sliding lots, and of held points whose lot is not over."""
        if self._running.slides:
            for lot in [each for each in self.lots.values() if each.sliding_days]:
                self.lots[lot.number] = change(lot)
            self._running.look(self.lots.values())
        if self.holds:
            self.holds = {key: _moved(hold, change, self._recorded_at) for key, hold in self.holds.items()}


def came_with(lot: Lot) -> MemberId | None:
    """E15: whose lot it was before a merge; None for one of the member's own."""
    return lot.origin.member if lot.origin else None


def _moved(hold: Hold, change: Callable[[Lot], Lot], now: datetime) -> Hold:
    """The hold with the ends of sliding lots changed; once a lot is over, it stays over."""
    parts = (
        part._replace(lot=change(part.lot)) if part.lot.sliding_days and not part.lot.has_expired(now) else part
        for part in hold.parts
    )
    return hold._replace(parts=tuple(parts))
