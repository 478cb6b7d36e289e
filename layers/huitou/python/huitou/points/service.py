"""What callers do with points: look, spend, take back, adjust; and what the clock does: settle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from huitou.kernel.commits import until_committed
from huitou.kernel.errors import ConflictError, FieldError, InvalidError, NotFoundError
from huitou.kernel.ids import Digest, MemberId, parse_entry_id
from huitou.kernel.pages import Page, all_items
from huitou.points.backlog import work_off
from huitou.points.booking import Booked, Bookings, currency_at
from huitou.points.commands import PointsCommand, reinstatement_of
from huitou.points.decisions import Adjust, Decision, Expire, Redeem, Reinstate, Reverse, Settle, decide
from huitou.points.handing_over import as_booked_here
from huitou.points.membership import EntryNotFoundError, entry_seen_by, joined_by_use, require_seen
from huitou.points.paying import require_terms
from huitou.points.reaching import Way, entries_since, for_survivor, survivor_of
from huitou.points.replay import Replayed, replay
from huitou.points.wallet import Balance, Cause, Entry, EntryType, Hold, Lot, Wallet, balance_of, lots_at, open_wallet
from huitou.program.model import GROUP, BrandId, CurrencyId, PointCurrency, Program


class RedemptionNotFoundError(NotFoundError):
    """No such redemption, or one of another brand."""

    code = "redemption_not_found"
    title = "Redemption not found"


class AlreadyReinstatedError(ConflictError):
    """The expiry was made good before: once for each."""

    code = "already_reinstated"
    title = "The points were reinstated before"


class NotReinstatableError(InvalidError):
    """The entry is not an expiry, or nothing expired by it."""

    code = "not_reinstatable"
    title = "The entry is no expiry"


class NothingToExpireError(InvalidError):
    """None of the lots named has any points."""

    code = "nothing_to_expire"
    title = "There is nothing to expire"


@dataclass(frozen=True, slots=True)
class WalletView:
    """A member's points of one currency at ``at``, as known by ``as_of`` (None: all that is known).

    ``next_change_at`` is when, after ``at``, time alone changes the balance next.
    """

    member: MemberId
    currency: PointCurrency
    at: datetime
    as_of: datetime | None
    balance: Balance
    lots: tuple[Lot, ...]
    next_change_at: datetime | None
    version: int


class Points(Bookings):
    """The use cases."""

    def view(
        self,
        member: MemberId,
        currency: CurrencyId | None,
        *,
        at: datetime | None,
        as_of: datetime | None,
        brand: BrandId,
        now: datetime,
    ) -> WalletView:
        """The balance at any instant: now and later from the wallet alone, the past from its entries.

        Raises `MemberNotFoundError`, `UnknownCurrencyError`.
        """
        program = self._programs.active()
        kind = currency_at(program, currency, brand)
        wallets = self._wallets.load_all(member)
        require_seen(wallets.get(program.home_currency), brand)
        wallet = wallets.get(kind.id) or open_wallet(member, kind.id, now)
        instant = at or now
        past = instant < now or (as_of is not None and as_of < now)
        known = self._known(wallet, instant, as_of) if past else Replayed(wallet.lots, wallet.holds, wallet.debts)
        lots = lots_at(known.lots, known.holds, instant)
        return WalletView(
            member=member,
            currency=kind,
            at=instant,
            as_of=as_of,
            balance=balance_of(known.lots, instant, known.holds, known.debts),
            lots=tuple(lot for lot in lots if not lot.has_expired(instant)),
            next_change_at=_next_change(lots, known.holds, instant),
            version=wallet.version,
        )

    def entries(
        self, member: MemberId, currency: CurrencyId | None, *, brand: BrandId, after: str | None, limit: int
    ) -> Page[Entry]:
        """The newest entries first. Raises `MemberNotFoundError`, `UnknownCurrencyError`."""
        program = self._programs.active()
        kind = currency_at(program, currency, brand)
        require_seen(self._wallets.load(member, program.home_currency), brand)
        page = self._wallets.entries(member, kind.id, after=after, limit=limit, newest_first=True)
        return Page(tuple(entry_seen_by(entry, brand) for entry in page.items), page.next_cursor)

    def redeem(
        self, order: PointsCommand, *, presented: bool, now: datetime, identity_of: MemberId | None = None
    ) -> Booked:
        """Spends points. ``order`` is the command to carry out, its version not known yet.

        After a merge, lots that came with ``identity_of`` go first (E15).

        Raises `MemberNotFoundError`, `InvalidCommandError`, `InsufficientPointsError`, `ContentReusedError`.
        """
        command = Redeem(order.points, order.brand, Cause(order.type, order.id), identity_of)
        shown = replace(order, identity_of=identity_of)

        def used(home: Wallet | None, program: Program) -> Wallet:
            require_terms(order, program)
            return joined_by_use(home, order.brand, presented, program, now)

        return self._once(shown, lambda: self._book(shown, command, used, now))

    def adjust(self, order: PointsCommand, *, scope: BrandId, now: datetime) -> Booked:
        """Gives, takes or ends points by hand, on behalf of a key of ``scope``. Raises as `redeem`.

        It is no use of the member's and joins them to no brand; the group may adjust wherever it likes (E31).
        """
        command = _by_hand(order)

        def attempt() -> Booked:
            if order.lots and not self._has_points(order):
                raise NothingToExpireError(
                    "There are no points in these lots.", errors=[FieldError("/lots", "hold none")]
                )
            return self._book(order, command, lambda home, _: require_seen(home, scope), now)

        return self._once(order, attempt)

    def reinstate(self, order: PointsCommand, *, scope: BrandId, now: datetime) -> Booked:
        """Gives the points of an expiry again, by courtesy, once (M11).

        Raises `EntryNotFoundError`, `NotReinstatableError`, `AlreadyReinstatedError`, `ContentReusedError`.
        """
        marker = replace(order, id=reinstatement_of(order.entry or ""), reason=None, actor=None, client_reference=None)

        def attempt(way: Way) -> Booked:
            expired = self._expiry(order, scope)
            if self._commands.find(marker.id) is not None:
                raise AlreadyReinstatedError("The points of this expiry were given again before.")
            cause = Cause(order.type, order.id)
            days = order.lasts.days if order.lasts else 0
            reason, actor = order.reason or "", order.actor or ""
            command = Reinstate(expired, days, order.brand, reason, actor, cause)
            markers = [self._commands.add(marker)]
            theirs = replace(order, member=way[-1])
            return self._book(theirs, command, lambda home, _: require_seen(home, scope), now, markers)

        return self._once(order, lambda: for_survivor(attempt, order.member))

    def redemption(self, redemption: Digest, brand: BrandId) -> Booked:
        """A redemption of this brand. Raises `RedemptionNotFoundError`."""
        found = self._commands.find(redemption)
        if found is None or found.type != "redemption" or brand not in {GROUP, found.brand}:
            raise RedemptionNotFoundError("No such redemption.")
        return self._replayed(found, found.version)

    def reverse(self, redemption: Digest, *, brand: BrandId, now: datetime) -> Booked:
        """Gives a redemption's points back, once (E4, E16). Raises `RedemptionNotFoundError`."""

        def attempt() -> Booked:
            made = self.redemption(redemption, brand)
            order = made.command
            if order.reversed_version is not None:
                return self._replayed(order, order.reversed_version, order.survivor)
            return for_survivor(lambda way: self._reversed(made, way, now), order.named)

        return until_committed(attempt, self._pause)

    def settle(self, member: MemberId, currency: CurrencyId, now: datetime) -> Decision:
        """Books the activations and expiries that fell due by ``now``; writes nothing where there are none."""

        def attempt() -> Decision:
            program = self._programs.active()
            wallet = self._wallets.load(member, currency) or open_wallet(member, currency, now)
            at = wallet.not_before(now)
            work_off((wallet,), self._wallets, self._commit, program, at)
            decision = decide(wallet, Settle(), program, at)
            if decision.entries:
                self._commit(self._wallets.save(wallet, decision))
            return decision

        return until_committed(attempt, self._pause)

    def settle_all(self, member: MemberId, now: datetime) -> tuple[Entry, ...]:
        """E22: as `settle`, in all of the member's wallets, before anything is worked out from them."""
        due = [wallet.currency for wallet in self._wallets.load_all(member).values() if wallet.due_by(now)]
        return tuple(entry for currency in due for entry in self.settle(member, currency, now).entries)

    def _known(self, wallet: Wallet, at: datetime, as_of: datetime | None) -> Replayed:
        entries = all_items(lambda after: self._wallets.entries(wallet.member, wallet.currency, after=after))
        known = (entry for entry in entries if as_of is None or entry.recorded_at <= as_of)
        counting = (entry for entry in known if entry.effective_at <= at)
        return replay(counting, lambda version: self._programs.version(version).zone)

    def _has_points(self, order: PointsCommand) -> bool:
        wallet = self._wallets.load(order.member, order.currency)
        return wallet is not None and any(lot.number in order.lots for lot in wallet.lots)

    def _expiry(self, order: PointsCommand, scope: BrandId) -> Entry:
        member, currency, version = parse_entry_id(order.entry or "")
        program = self._programs.active()
        home = self._wallets.load(member, program.home_currency)
        entry = self._wallets.entry(member, currency, version)
        if entry is None or home is None or not (scope == GROUP or home.has_joined(scope)):
            raise EntryNotFoundError
        if entry.type is not EntryType.EXPIRE or not entry.amount:
            raise NotReinstatableError("Only what expired can be given again.")
        return entry

    def _reversed(self, made: Booked, way: Way, now: datetime) -> Booked:
        order, owner = made.command, way[-1]
        program, wallets = self._programs.active(), self._wallets.load_all(owner)
        home = require_seen(wallets.get(program.home_currency), GROUP)
        stored = wallets.get(order.currency) or open_wallet(owner, order.currency, now)
        at = stored.not_before(now)
        work_off((stored,), self._wallets, self._commit, program, at)
        cause = Cause("reversal", order.id)
        redemption, wallet = as_booked_here(made.entry, stored, home.absorbed)
        since = entries_since(self._wallets, made.entry, way, home.currency)
        decision = decide(wallet, Reverse(redemption, since, order.brand, cause), program, at)
        entry, survivor = decision.entry_for(cause), survivor_of(way, order.member)
        marked = self._commands.mark_reversed(order, entry.version, survivor)
        self._commit([*self._wallets.save(stored, decision), marked])
        reversed_now = replace(order, reversed_version=entry.version, survivor=survivor)
        return Booked(reversed_now, entry, replayed=False, entries=decision.entries)


def _by_hand(order: PointsCommand) -> Adjust | Expire:
    reason, actor, cause = order.reason or "", order.actor or "", Cause(order.type, order.id)
    if order.type != "expiry":
        return Adjust(order.points, order.brand, reason, actor, cause)
    if order.lots:
        return Expire(order.brand, reason, actor, cause, lots=frozenset(order.lots))
    return Expire(order.brand, reason, actor, cause, points=order.points)


def _next_change(lots: tuple[Lot, ...], holds: tuple[Hold, ...], at: datetime) -> datetime | None:
    intervals = (instant for lot in lots for instant in (lot.active_at, lot.expires_at))
    instants = (*intervals, *(hold.ends_at for hold in holds))
    return min((instant for instant in instants if instant is not None and instant > at), default=None)
