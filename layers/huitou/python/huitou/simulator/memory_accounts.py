"""Reports, closed months and the list of members in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.accounts.model import Account, AccountStatus, Month, Tally
from huitou.accounts.statements import ClosedMonth
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page, require_cursor_within
from huitou.platform import keys
from huitou.points.wallet import Wallet
from huitou.simulator.memory import MemoryTable, absent


class MemoryMemberIndex:
    """`MemberIndex` over the wallets in memory."""

    shards = keys.MEMBER_SHARDS

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def members(self, shard: int, *, after: str | None = None, limit: int) -> Page[MemberId]:
        if after is not None:
            require_cursor_within(after, "", None)
        pk = keys.members_of_shard(shard)
        members = sorted(
            wallet.member
            for wallet in self._table.all(Wallet)
            if wallet.home and keys.member_shard(wallet.member) == pk and (after is None or wallet.member > after)
        )
        shown = tuple(members[:limit])
        return Page(shown, shown[-1] if len(members) > len(shown) else None)


class MemoryAccounts:
    """`AccountStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, account: Digest) -> Account | None:
        return self._table.get(Account, *keys.account(account))

    def add(self, account: Account) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(*keys.account(account.id), account, refused=refused, when=absent)

    def finish(self, account: Account, report: Tally) -> list[Write]:
        def still(stored: Account | None) -> bool:
            return stored is not None and stored.status is AccountStatus.RUNNING

        ended = StaleReadError("The report has ended meanwhile.")
        return [
            self._table.put(*keys.account(account.id), account, refused=ended, when=still),
            self._table.put(*keys.account_report(account.id), report, refused=ended, when=_always),
        ]

    def report(self, account: Digest) -> Tally | None:
        return self._table.get(Tally, *keys.account_report(account))

    def save_shard(self, account: Digest, shard: int, counted: Tally) -> Write:
        refused = StaleReadError("Another worker counts the same shard.")
        return self._table.put(*keys.account_shard(account, shard), counted, refused=refused, when=_always)

    def shards(self, account: Digest) -> Sequence[Tally]:
        pk, _ = keys.account(account)
        return self._table.query(Tally, pk, prefix=keys.SHARD_PREFIX).items

    def last_closed(self) -> Month | None:
        return self._table.get(str, *keys.last_closed_month())

    def closed(self) -> Sequence[ClosedMonth]:
        return self._table.query(ClosedMonth, keys.SETTLEMENTS, prefix=keys.MONTH_PREFIX).items

    def closed_month(self, month: Month) -> ClosedMonth | None:
        return self._table.get(ClosedMonth, *keys.closed_month(month))

    def close(self, closed: ClosedMonth, audit: AuditEntry) -> list[Write]:
        stale, month = StaleReadError("Another month was closed meanwhile."), closed.statement.month
        return [
            self._table.put(*keys.closed_month(month), closed, refused=stale, when=absent),
            self._table.put(*keys.last_closed_month(), month, refused=stale, when=lambda last: last == closed.after),
            self._table.put(*keys.audit(audit.at, audit.id), audit, refused=stale, when=absent),
        ]


def _always(_: object) -> bool:
    return True
