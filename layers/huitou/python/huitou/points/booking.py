"""What all commands on points have in common: each is carried out once (E14), in one commit with its own item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from huitou.kernel.commits import Commit, StaleReadError, Write, once
from huitou.kernel.content import require_same
from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import MemberId
from huitou.points.backlog import work_off
from huitou.points.commands import PointsCommand
from huitou.points.decisions import (
    Adjust,
    Capture,
    Command,
    Decision,
    Expire,
    KeepAlive,
    PlaceHold,
    Redeem,
    Reinstate,
    decide,
    keep_alive,
    touch,
)
from huitou.points.membership import as_named
from huitou.points.ports import CommandStore, WalletStore
from huitou.points.wallet import Entry, Wallet, open_wallet
from huitou.program.model import GROUP, BrandId, CurrencyId, PointCurrency, Program
from huitou.program.ports import Programs

SeenHome = Callable[[Wallet | None, Program], Wallet]
"""The home wallet as whoever asks may see and use it; raises `MemberNotFoundError` where they may not."""


class UnknownCurrencyError(InvalidError):
    """The programme has no such points, or not at this brand."""

    code = "unknown_currency"
    title = "Unknown point currency"


@dataclass(frozen=True, slots=True)
class Booked:
    """A command that was carried out, now or (``replayed``) the first time it came.

    ``entry`` is the command's own; ``entries`` are all that were written now, with what had fallen due by then.
    """

    command: PointsCommand
    entry: Entry
    replayed: bool
    entries: tuple[Entry, ...] = ()


class Bookings:
    """What use cases of points stand on. ``pause`` waits after the n-th time that a decision was overtaken."""

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

    def _once(self, order: PointsCommand, book: Callable[[], Booked]) -> Booked:
        """Carries ``order`` out, or answers as when it was. Raises `ContentReusedError`."""

        def recall() -> Booked | None:
            known = self._commands.find(order.id)
            if known is None:
                return None
            require_same(known.content(), self._as_named(known, order).content(), order.type)
            return self._replayed(known, known.version)

        return once(book, recall, self._pause)

    def _as_named(self, known: PointsCommand, order: PointsCommand) -> PointsCommand:
        """E14: ``order``, with its members under the names of ``known``, where these are aliases of theirs."""
        home = self._programs.active().home_currency
        is_theirs = as_named(self._wallets, known.named, order.member, home) == known.named
        return replace(
            order,
            member=known.member if is_theirs else order.member,
            recipient=as_named(self._wallets, known.recipient, order.recipient, home),
        )

    def _book(
        self,
        order: PointsCommand,
        command: Redeem | PlaceHold | Adjust | Expire | Reinstate,
        seen: SeenHome,
        now: datetime,
        markers: Iterable[Write] = (),
    ) -> Booked:
        """One attempt at a command on one wallet, committed with ``markers``."""
        program = self._programs.active()
        currency_at(program, order.currency, order.brand)
        wallets = self._wallets.load_all(order.member)
        home = seen(wallets.get(program.home_currency), program)
        at = max(wallet.not_before(now) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, program, at)
        stored = {order.currency: open_wallet(order.member, order.currency, now), **wallets}
        decisions = decided({**stored, program.home_currency: home}, order, command, program, at)
        if home is not stored[home.currency] and home.currency not in decisions:
            decisions[home.currency] = Decision(touch(home, now), ())
        entry = decisions[order.currency].entry_for(command.cause)
        made = replace(order, version=entry.version)
        self._commit([*self._saved(stored, decisions), self._commands.add(made), *markers])
        entries = tuple(each for decision in decisions.values() for each in decision.entries)
        return Booked(made, entry, replayed=False, entries=entries)

    def _saved(self, stored: Mapping[CurrencyId, Wallet], decisions: Mapping[CurrencyId, Decision]) -> list[Write]:
        return [
            write
            for currency, decision in decisions.items()
            for write in self._wallets.save(stored[currency], decision)
        ]

    def _replayed(self, order: PointsCommand, version: int, survivor: MemberId | None = None) -> Booked:
        """By the entry of ``version``, in the ``survivor``'s wallet where there is one (E15)."""
        entry = self._wallets.entry(survivor or order.member, order.currency, version)
        if entry is None:
            raise StaleReadError("The points are being booked just now.")
        return Booked(order, entry, replayed=True)


def decided(
    wallets: Mapping[CurrencyId, Wallet],
    order: PointsCommand,
    command: Command,
    program: Program,
    now: datetime,
) -> dict[CurrencyId, Decision]:
    """What ``command`` comes to, by currency: points that are spent also keep alive what slides with it (E5)."""
    decisions = {order.currency: decide(wallets[order.currency], command, program, now)}
    if isinstance(command, Redeem | Capture):
        others = [wallet for currency, wallet in wallets.items() if currency != order.currency]
        decisions |= keep_alive(others, KeepAlive(order.brand, now, command.cause), program, now)
    return decisions


def currency_at(program: Program, wanted: CurrencyId | None, brand: BrandId) -> PointCurrency:
    """The points meant (None: those that all brands share). Raises `UnknownCurrencyError`."""
    currency = program.currencies.get(wanted or program.home_currency)
    if currency is None or (currency.brand and brand not in {GROUP, currency.brand}):
        raise UnknownCurrencyError(f"There are no points called {wanted!r} here.")
    return currency
