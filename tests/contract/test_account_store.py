"""What accounts ask of their stores, in memory and on DynamoDB alike (M13)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import TypeVar

import pytest

from huitou.accounts.model import Account, AccountType, Tally
from huitou.accounts.ports import AccountStore
from huitou.accounts.statements import ClosedMonth, Line, Statement
from huitou.accounts.store import TableAccounts
from huitou.jobs.model import JobStatus
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId, digest_of
from huitou.kernel.pages import InvalidCursorError, all_items
from huitou.members.ports import MemberIndex
from huitou.members.store import TableMemberIndex
from huitou.platform import keys
from huitou.points.decisions import Decision, touch
from huitou.points.ports import WalletStore
from huitou.points.store import TableWallets
from huitou.points.wallet import open_wallet
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_accounts import MemoryAccounts
from huitou.simulator.memory_members import MemoryMemberIndex
from huitou.simulator.memory_points import MemoryWallets
from tests.builders import OPENED
from tests.contract.targets import AnyTable

T = TypeVar("T")
LAGGED_SECONDS = 2
"""An index may follow its table with a delay; the targets of this suite take none or little."""
ACCOUNT = Account(digest_of(("account", "group", "k")), AccountType.SETTLEMENT, OPENED, 3, OPENED, "2026-03", "march")
LINES = (
    Line("2026-02", "points", "maru", "sora", "redemption", 70, Fraction(70, 3), 23),
    Line("2026-03", "points", "group", "maru", "waived", -7, Fraction(-7, 3), -2),
)


def accounts_on(table: AnyTable) -> AccountStore:
    return MemoryAccounts(table) if isinstance(table, MemoryTable) else TableAccounts(table)


def index_on(table: AnyTable) -> MemberIndex:
    return MemoryMemberIndex(table) if isinstance(table, MemoryTable) else TableMemberIndex(table)


def wallets_on(table: AnyTable) -> WalletStore:
    return MemoryWallets(table) if isinstance(table, MemoryTable) else TableWallets(table)


def a_member(number: int) -> MemberId:
    return MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}")


def enrol(table: AnyTable, *members: MemberId) -> None:
    for member in members:
        table.commit([wallets_on(table).create(open_wallet(member, "points", OPENED))])


def settled(look: Callable[[], T], expected: T) -> T:
    """What ``look`` sees once the index has caught up."""
    give_up = time.monotonic() + LAGGED_SECONDS
    while (seen := look()) != expected and time.monotonic() < give_up:
        time.sleep(0.05)
    return seen


def everybody(index: MemberIndex) -> list[MemberId]:
    return sorted(member for shard in range(index.shards) for member in listed(index, shard))


def listed(index: MemberIndex, shard: int) -> list[MemberId]:
    return list(all_items(lambda after: index.members(shard, after=after, limit=2)))


def test_everybody_is_listed_once_in_one_shard_page_by_page(table: AnyTable) -> None:
    members = [a_member(number) for number in range(40)]
    enrol(table, *members)
    assert settled(lambda: everybody(index_on(table)), members) == members


def test_a_shard_lists_its_own_by_id(table: AnyTable) -> None:
    members = [a_member(number) for number in range(40)]
    own = [member for member in members if keys.member_shard(member) == keys.members_of_shard(5)]
    enrol(table, *reversed(members))
    assert len(own) > 2
    assert settled(lambda: listed(index_on(table), 5), own) == own


def test_whoever_changes_stays_listed_and_other_wallets_are_not(table: AnyTable) -> None:
    """One entry for each member, by the wallet that came with the enrolment."""
    enrol(table, a_member(1))
    wallets = wallets_on(table)
    home = wallets.load(a_member(1), "points")
    assert home is not None
    assert home.home
    other = open_wallet(a_member(1), "beans", OPENED)
    for before in (home, other):
        table.commit(wallets.save(before, Decision(touch(before, OPENED), ())))
    assert settled(lambda: everybody(index_on(table)), [a_member(1)]) == [a_member(1)]


def test_a_cursor_from_elsewhere_is_refused(table: AnyTable) -> None:
    with pytest.raises(InvalidCursorError):
        index_on(table).members(0, after="", limit=2)


def test_a_report_comes_back_as_it_was_stored_with_its_sums_exact(table: AnyTable) -> None:
    accounts = accounts_on(table)
    table.commit([accounts.add(ACCOUNT)])
    found = accounts.find(ACCOUNT.id)
    assert (found, accounts.report(ACCOUNT.id)) == (ACCOUNT, None)
    assert found is not None
    assert found.type is AccountType.SETTLEMENT

    one, other = Tally({("2026-03", "points"): (7, Fraction(1, 3))}), Tally()
    for number, tally in ((1, Tally()), (1, one), (0, other)):
        table.commit([accounts.save_part(ACCOUNT.id, number, tally)])
    assert list(accounts.parts(ACCOUNT.id)) == [other, one]

    ended = replace(ACCOUNT, status=JobStatus.COMPLETED, finished_at=OPENED + timedelta(hours=1), after="2026-02")
    table.commit([accounts.finish(ended), accounts.save_report(ACCOUNT.id, one)])
    assert (accounts.find(ACCOUNT.id), accounts.report(ACCOUNT.id)) == (ended, one)
    with pytest.raises(StaleReadError):
        table.commit([accounts.finish(ended), accounts.save_report(ACCOUNT.id, other)])
    with pytest.raises(StaleReadError):
        table.commit([accounts.add(ACCOUNT)])


def test_months_are_closed_one_after_the_other_and_never_again(table: AnyTable) -> None:
    accounts = accounts_on(table)
    assert (accounts.last_closed(), list(accounts.closed())) == (None, [])
    march, april = closed("2026-03", None), closed("2026-04", "2026-03")
    for each in (march, april):
        table.commit(accounts.close(each, audit(each)))
    assert (accounts.last_closed(), list(accounts.closed())) == ("2026-04", [march, april])
    assert (accounts.closed_month("2026-03"), accounts.closed_month("2026-05")) == (march, None)
    for late in (closed("2026-03", "2026-04"), closed("2026-05", "2026-03"), closed("2026-02", None)):
        with pytest.raises(StaleReadError):
            table.commit(accounts.close(late, replace(audit(late), at=OPENED + timedelta(days=1))))
    assert list(accounts.closed()) == [march, april]


def closed(month: str, after: str | None) -> ClosedMonth:
    return ClosedMonth(Statement(month, LINES), after, ACCOUNT.id, OPENED, "k1", "checked")


def audit(month: ClosedMonth) -> AuditEntry:
    return AuditEntry(OPENED, "k1", "month_closed", month.statement.month, "checked")
