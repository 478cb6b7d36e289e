"""What callers do with points: look, spend, take back, adjust; and what the clock does: settle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile

from huitou.kernel.commits import Commit, StaleReadError, once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.errors import InvalidError, NotFoundError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page, all_items
from huitou.points.backlog import work_off
from huitou.points.commands import PointsCommand
from huitou.points.decisions import Adjust, Decision, KeepAlive, Redeem, Reverse, Settle, decide, keep_alive, touch
from huitou.points.membership import entry_seen_by, joined_by_use, require_seen
from huitou.points.ports import CommandStore, WalletStore
from huitou.points.replay import Replayed, replay
from huitou.points.wallet import Balance, Cause, Entry, Hold, Lot, Wallet, balance_of, lots_at, open_wallet
from huitou.program.model import GROUP, BrandId, CurrencyId, PointCurrency, Program
from huitou.program.ports import Programs

SeenHome = Callable[[Wallet | None, Program], Wallet]
"""The home wallet as whoever asks may see and use it; raises `MemberNotFoundError` where they may not."""


class RedemptionNotFoundError(NotFoundError):
    """No such redemption, or one of another brand."""

    code = "redemption_not_found"
    title = "Redemption not found"


class UnknownCurrencyError(InvalidError):
    """The programme has no such points, or not at this brand."""

    code = "unknown_currency"
    title = "Unknown point currency"


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


@dataclass(frozen=True, slots=True)
class Booked:
    """A command that was carried out, now or (``replayed``) the first time it came.

    ``entry`` is the command's own; ``entries`` are all that were written now, with what had fallen due by then.
    """

    command: PointsCommand
    entry: Entry
    replayed: bool
    entries: tuple[Entry, ...] = ()


class Points:
    """The use cases. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        wallets: WalletStore,
        commands: CommandStore,
        programs: Programs,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._wallets = wallets
        self._commands = commands
        self._programs = programs
        self._commit = commit
        self._pause = pause

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
        kind = _currency(program, currency, brand)
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
        kind = _currency(program, currency, brand)
        require_seen(self._wallets.load(member, program.home_currency), brand)
        page = self._wallets.entries(member, kind.id, after=after, limit=limit, newest_first=True)
        return Page(tuple(entry_seen_by(entry, brand) for entry in page.items), page.next_cursor)

    def redeem(self, order: PointsCommand, *, presented: bool, now: datetime) -> Booked:
        """Spends points. ``order`` is the command to carry out, its version not known yet.

        Raises `MemberNotFoundError`, `InsufficientPointsError`, `ContentReusedError`.
        """
        command = Redeem(order.points, order.brand, Cause(order.type, order.id))

        def used(home: Wallet | None, program: Program) -> Wallet:
            return joined_by_use(home, order.brand, presented, program, now)

        return self._once(order, lambda: self._book(order, command, used, now))

    def adjust(self, order: PointsCommand, *, scope: BrandId, now: datetime) -> Booked:
        """Gives or takes points by hand, on behalf of a key of ``scope``. Raises as `redeem`.

        It is no use of the member's and joins them to no brand; the group may adjust wherever it likes (E31).
        """
        command = Adjust(order.points, order.brand, order.reason or "", order.actor or "", Cause(order.type, order.id))
        return self._once(order, lambda: self._book(order, command, lambda home, _: require_seen(home, scope), now))

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
            if made.command.reversed_version is not None:
                return self._replayed(made.command, made.command.reversed_version)
            return self._reversed(made, now)

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

    def _known(self, wallet: Wallet, at: datetime, as_of: datetime | None) -> Replayed:
        entries = all_items(lambda after: self._wallets.entries(wallet.member, wallet.currency, after=after))
        known = (entry for entry in entries if as_of is None or entry.recorded_at <= as_of)
        counting = (entry for entry in known if entry.effective_at <= at)
        return replay(counting, lambda version: self._programs.version(version).zone)

    def _once(self, order: PointsCommand, book: Callable[[], Booked]) -> Booked:
        def recall() -> Booked | None:
            known = self._commands.find(order.id)
            if known is None:
                return None
            require_same(known.content(), order.content(), order.type)
            return self._replayed(known, known.version)

        return once(book, recall, self._pause)

    def _book(self, order: PointsCommand, command: Redeem | Adjust, seen: SeenHome, now: datetime) -> Booked:
        program = self._programs.active()
        _currency(program, order.currency, order.brand)
        wallets = self._wallets.load_all(order.member)
        home = seen(wallets.get(program.home_currency), program)
        at = max(wallet.not_before(now) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, program, at)
        stored = {order.currency: open_wallet(order.member, order.currency, now), **wallets}
        decisions = _decisions({**stored, program.home_currency: home}, order, command, program, at)
        if home is not stored[home.currency] and home.currency not in decisions:
            decisions[home.currency] = Decision(touch(home, now), ())
        entry = decisions[order.currency].entry_for(command.cause)
        made = replace(order, version=entry.version)
        writes = [
            write
            for currency, decision in decisions.items()
            for write in self._wallets.save(stored[currency], decision)
        ]
        self._commit([*writes, self._commands.add(made)])
        entries = tuple(each for decision in decisions.values() for each in decision.entries)
        return Booked(made, entry, replayed=False, entries=entries)

    def _reversed(self, made: Booked, now: datetime) -> Booked:
        order = made.command
        wallet = self._wallets.load(order.member, order.currency)
        if wallet is None:
            raise StaleReadError("The wallet is not there yet.")
        program, at = self._programs.active(), wallet.not_before(now)
        work_off((wallet,), self._wallets, self._commit, program, at)
        cause = Cause("reversal", order.id)
        command = Reverse(made.entry, self._since(made.entry), order.brand, cause)
        decision = decide(wallet, command, program, at)
        entry = decision.entry_for(cause)
        self._commit([*self._wallets.save(wallet, decision), self._commands.mark_reversed(order, entry.version)])
        reversed_now = replace(order, reversed_version=entry.version)
        return Booked(reversed_now, entry, replayed=False, entries=decision.entries)

    def _since(self, redemption: Entry) -> tuple[Entry, ...]:
        if not any(change.lot.sliding_days for change in redemption.changes):
            return ()
        member, currency = redemption.member, redemption.currency
        newest_first = all_items(lambda after: self._wallets.entries(member, currency, after=after, newest_first=True))
        later = tuple(takewhile(lambda entry: entry.version > redemption.version, newest_first))
        return later[::-1]

    def _replayed(self, order: PointsCommand, version: int) -> Booked:
        entry = self._wallets.entry(order.member, order.currency, version)
        if entry is None:
            raise StaleReadError("The points are being booked just now.")
        return Booked(order, entry, replayed=True)


def _decisions(
    wallets: Mapping[CurrencyId, Wallet],
    order: PointsCommand,
    command: Redeem | Adjust,
    program: Program,
    now: datetime,
) -> dict[CurrencyId, Decision]:
    """What ``command`` comes to, by currency: a redemption also keeps alive what slides with it (E5)."""
    decisions = {order.currency: decide(wallets[order.currency], command, program, now)}
    if isinstance(command, Redeem):
        others = [wallet for currency, wallet in wallets.items() if currency != order.currency]
        decisions |= keep_alive(others, KeepAlive(order.brand, now, command.cause), program, now)
    return decisions


def _next_change(lots: tuple[Lot, ...], holds: tuple[Hold, ...], at: datetime) -> datetime | None:
    intervals = (instant for lot in lots for instant in (lot.active_at, lot.expires_at))
    instants = (*intervals, *(hold.ends_at for hold in holds))
    return min((instant for instant in instants if instant is not None and instant > at), default=None)


def _currency(program: Program, wanted: CurrencyId | None, brand: BrandId) -> PointCurrency:
    """The points meant (None: those that all brands share). Raises `UnknownCurrencyError`."""
    currency = program.currencies.get(wanted or program.home_currency)
    if currency is None or (currency.brand and brand not in {GROUP, currency.brand}):
        raise UnknownCurrencyError(f"There are no points called {wanted!r} here.")
    return currency
