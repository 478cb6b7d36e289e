"""The work behind a report: one part's members are counted, then the parts are summed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from huitou.accounts.liability import count_cohorts, count_open
from huitou.accounts.model import Account, AccountType, Tally
from huitou.accounts.movements import Terms, count_movements
from huitou.accounts.ports import AccountStore, Ledgers
from huitou.accounts.statements import statement_of, tally_of
from huitou.jobs.model import ended, running
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import all_items
from huitou.members.ports import MemberIndex
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import CurrencyId
from huitou.program.ports import Programs

PAGE = 500
"""Members read from the index at once."""


class Counting:
    """The use case of one part."""

    def __init__(
        self, accounts: AccountStore, index: MemberIndex, ledgers: Ledgers, programs: Programs, commit: Commit
    ) -> None:
        self._accounts = accounts
        self._index = index
        self._ledgers = ledgers
        self._programs = programs
        self._commit = commit

    def count(self, account_id: Digest, number: int) -> int:
        """Counts the part's members and keeps what they come to; how many there were. Doing it again is harmless."""
        account = running(self._accounts.find, account_id)
        tally, counted = Tally(), 0
        for member in all_items(lambda after: self._index.members(number, after=after, limit=PAGE)):
            tally.merge(self._of_member(member, account))
            counted += 1
        self._commit([self._accounts.save_part(account.id, number, tally)])
        return counted

    def _of_member(self, member: MemberId, account: Account) -> Tally:
        wallets = self._ledgers.load_all(member)
        if account.type is not AccountType.SETTLEMENT:
            return self._of_wallets(member, wallets, account)
        return self._of_person(member, wallets, account)

    def _of_wallets(self, member: MemberId, wallets: Iterable[CurrencyId], account: Account) -> Tally:
        """Each wallet for itself."""
        zone, tally = self._programs.version(account.program_version).zone, Tally()
        count = count_open if account.type is AccountType.LIABILITY else count_cohorts
        for currency in wallets:
            entries = self._entries(member, currency, account.at)
            tally.merge(count(entries, account.at, zone, lambda version: self._programs.version(version).zone))
        return tally

    def _of_person(self, member: MemberId, wallets: Mapping[CurrencyId, Wallet], account: Account) -> Tally:
        """E15: who was merged into another is counted with them: what was done by one may be undone by the other."""
        if any(wallet.moved_to for wallet in wallets.values()):
            return Tally()
        others = {other for wallet in wallets.values() for other in wallet.absorbed}
        currencies = {*wallets, *(currency for other in others for currency in self._ledgers.load_all(other))}
        terms = Terms(self._programs.version(account.program_version), self._programs.version)
        tally = Tally()
        for currency in sorted(currencies):
            entries = [
                entry for each in (*sorted(others), member) for entry in self._entries(each, currency, account.at)
            ]
            tally.merge(count_movements(sorted(entries, key=attrgetter("recorded_at")), terms))
        return tally

    def _entries(self, member: MemberId, currency: CurrencyId, until: datetime) -> list[Entry]:
        """Those that had been recorded by then, in the order of their versions."""
        pages = all_items(lambda after: self._ledgers.entries(member, currency, after=after))
        return [entry for entry in pages if entry.recorded_at <= until]


class Summing:
    """The use case of all parts."""

    def __init__(self, accounts: AccountStore, commit: Commit) -> None:
        self._accounts = accounts
        self._commit = commit

    def sum_up(self, account_id: Digest, failed: bool, now: datetime) -> Account:
        """Ends the report; ``failed`` where a part could not be counted, for good."""
        account = running(self._accounts.find, account_id)
        tally = Tally()
        for each in self._accounts.parts(account.id):
            tally.merge(each)
        after = None
        if account.type is AccountType.SETTLEMENT and account.month:
            closed = self._accounts.closed()
            after = closed[-1].statement.month if closed else None
            failed = failed or (after is not None and after >= account.month)
            told = [each.statement for each in closed]
            tally = Tally() if failed else tally_of(statement_of(account.month, tally, told))
        finished = replace(ended(account, failed, now), after=after)
        self._commit([self._accounts.finish(finished), self._accounts.save_report(account.id, tally)])
        return finished
