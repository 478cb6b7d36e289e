"""Wallets, entries and commands in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.points.commands import PointsCommand
from huitou.points.decisions import Decision
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import CurrencyId
from huitou.simulator.memory import MemoryTable, absent, present


class MemoryWallets:
    """`WalletStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, member: MemberId, currency: CurrencyId) -> Wallet | None:
        return self._table.get(Wallet, *keys.wallet(member, currency))

    def load_all(self, member: MemberId) -> Mapping[CurrencyId, Wallet]:
        wallets = self._table.query(Wallet, keys.member(member), prefix=keys.WALLET_PREFIX).items
        return {wallet.currency: wallet for wallet in wallets}

    def save(self, before: Wallet, decision: Decision, *, wake_at: datetime | None = None) -> list[Write]:
        del wake_at  # in memory there is no clock that could look too early

        def unchanged(stored: Wallet | None) -> bool:
            return (stored.version if stored else 0) == before.version

        stale = StaleReadError("The wallet changed meanwhile.")
        after = decision.wallet
        writes = [
            self._table.put(*keys.wallet(after.member, after.currency), after, refused=stale, when=unchanged),
        ]
        for entry in decision.entries:
            key = keys.entry(entry.member, entry.currency, entry.version)
            writes.append(self._table.put(*key, entry, refused=stale, when=absent))
        return writes

    def as_saved(self, before: Wallet, decision: Decision) -> Wallet:
        del before
        return decision.wallet

    def create(self, wallet: Wallet) -> Write:
        (write,) = self.save(wallet, Decision(replace(wallet, version=1, home=True), ()))
        return write

    def entry(self, member: MemberId, currency: CurrencyId, version: int) -> Entry | None:
        return self._table.get(Entry, *keys.entry(member, currency, version))

    def entries(
        self,
        member: MemberId,
        currency: CurrencyId,
        *,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Page[Entry]:
        return self._table.query(
            Entry,
            keys.member(member),
            prefix=keys.entry_prefix(currency),
            after=after,
            limit=limit,
            newest_first=newest_first,
        )


class MemoryCommands:
    """`CommandStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, command: Digest) -> PointsCommand | None:
        return self._table.get(PointsCommand, *keys.command(command))

    def add(self, command: PointsCommand) -> Write:
        return self._table.put(
            *keys.command(command.id), command, refused=StaleReadError("The key was used meanwhile."), when=absent
        )

    def mark_reversed(self, command: PointsCommand, version: int, survivor: MemberId | None = None) -> Write:
        return self._table.put(
            *keys.command(command.id),
            replace(command, reversed_version=version, survivor=survivor),
            refused=StaleReadError("It was reversed meanwhile."),
            when=lambda stored: present(stored) and stored.reversed_version is None,
        )

    def mark_ended(self, hold: PointsCommand, version: int, survivor: MemberId | None = None) -> Write:
        return self._table.put(
            *keys.command(hold.id),
            replace(hold, ended_version=version, survivor=survivor),
            refused=StaleReadError("The hold ended meanwhile."),
            when=lambda stored: present(stored) and stored.ended_version is None,
        )
