"""Reports and closed months over stores in memory (M13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from huitou.access.model import Caller, ForeignBrandError
from huitou.accounts.counting import Counting, Summing
from huitou.accounts.errors import (
    AccountInFutureError,
    AccountNotFoundError,
    EarlierMonthOpenError,
    MonthClosedError,
    MonthNotOverError,
    MonthTooEarlyError,
    SettlementMismatchError,
)
from huitou.accounts.model import AccountType
from huitou.accounts.service import Accounts, Asked, Closing, Reported
from huitou.jobs.model import JobStatus
from huitou.kernel.errors import ContentReusedError
from huitou.platform import keys
from huitou.program.model import GROUP
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_accounts import MemoryAccounts
from huitou.simulator.memory_members import MemoryMemberIndex
from huitou.simulator.memory_points import MemoryWallets
from tests.accounts import MEMBERS, Town, keep, settled_program
from tests.builders import at
from tests.jobs import Machine
from tests.ledger import FixedPrograms

FINANCE = Caller("finance", GROUP, frozenset())
MEI, TOM, _ = MEMBERS
LONG_AFTER = at("2026-06-01 12:00")


class Office:
    """The money side of a town."""

    def __init__(self) -> None:
        self.town = Town(settled_program(expiry={"type": "never"}), at("2026-01-10 12:00"))
        self.table, self.members, self.machine = MemoryTable(), MemoryTable(), Machine()
        self.store = MemoryAccounts(self.table)
        self.programs = FixedPrograms(self.town.program)
        self.use = Accounts(
            accounts=self.store,
            jobs=self.machine.jobs(self.store, AccountNotFoundError, self.table),
            programs=self.programs,
            shards=keys.MEMBER_SHARDS,
            commit=self.table.commit,
            pause=lambda _: None,
        )

    def ask(self, asked: Asked, key: str, now: datetime = LONG_AFTER) -> Reported:
        return self.use.create(asked, key, FINANCE, now)

    def report(self, asked: Asked, key: str, now: datetime = LONG_AFTER) -> Reported:
        """Asked for, counted and summed up; members are kept anew, as they are by now."""
        created = self.ask(asked, key, now)
        self.members = MemoryTable()
        wallets = MemoryWallets(self.members)
        keep(self.town, wallets, self.members.commit)
        index = MemoryMemberIndex(self.members)
        counting = Counting(self.store, index, wallets, self.programs, self.table.commit)
        counted = [counting.count(created.account.id, shard) for shard in range(index.shards)]
        assert sum(counted) == len({member for member, _ in self.town.wallets})
        Summing(self.store, self.table.commit).sum_up(created.account.id, failed=False, now=now)
        return self.use.get(created.account.id, FINANCE)

    def settle(self, month: str, now: datetime = LONG_AFTER) -> Reported:
        return self.report(settlement(month), f"{month} {now}", now)

    def close(self, month: str, reported: Reported, now: datetime = LONG_AFTER) -> Closing:
        return self.use.close(month, reported.account.id, "checked", FINANCE, now)


def settlement(month: str) -> Asked:
    return Asked(AccountType.SETTLEMENT, None, month, None)


def amounts(closing: Closing) -> list[tuple[str, str, int, int]]:
    """Month of effect, reason, points, money."""
    return [(line.month, line.reason, line.points, line.amount) for line in closing.closed.statement.lines]


@pytest.fixture
def office() -> Office:
    office = Office()
    office.town.earn(MEI, 100)
    office.town.redeem(MEI, 7)
    return office


def test_what_comes_late_goes_into_the_first_open_month_and_the_closed_one_stays(office: Office) -> None:
    january = office.close("2026-01", office.settle("2026-01"))
    assert amounts(january) == [("2026-01", "redemption", 7, 2)]

    office.town.now = at("2026-02-20 12:00")
    office.town.earn(TOM, 30, funded=30, late=timedelta(days=30))
    office.town.redeem(MEI, 11)
    february = office.close("2026-02", office.settle("2026-02"))

    assert amounts(february) == [("2026-01", "campaign", 30, 10), ("2026-02", "redemption", 11, 4)]
    assert office.use.settlement("2026-01", FINANCE).closed == january.closed
    assert amounts(office.close("2026-03", office.settle("2026-03"))) == []


def test_closing_again_with_the_same_report_changes_nothing(office: Office) -> None:
    """E14."""
    reported = office.settle("2026-01")
    first = office.close("2026-01", reported)
    again = office.close("2026-01", reported, LONG_AFTER + timedelta(days=1))
    assert (again.closed, first.replayed, again.replayed) == (first.closed, False, True)


def test_a_closed_month_is_not_closed_with_another_report_nor_counted_again(office: Office) -> None:
    one, other = office.settle("2026-01"), office.settle("2026-01", LONG_AFTER + timedelta(hours=1))
    office.close("2026-01", one)
    with pytest.raises(MonthClosedError):
        office.close("2026-01", other)
    with pytest.raises(MonthClosedError):
        office.settle("2026-01", LONG_AFTER + timedelta(hours=2))


def test_a_month_is_closed_after_its_end_only(office: Office) -> None:
    """In the programme's time zone; by a report from before, not even then."""
    early = office.settle("2026-01", at("2026-01-31 23:59"))
    with pytest.raises(MonthNotOverError):
        office.close("2026-01", early)
    office.close("2026-01", office.settle("2026-01", at("2026-02-01 00:00")))


def test_months_are_closed_in_order_each_with_a_report_from_after_the_one_before(office: Office) -> None:
    february_too_early, march = office.settle("2026-02"), office.settle("2026-03")
    office.close("2026-01", office.settle("2026-01"))
    with pytest.raises(EarlierMonthOpenError):
        office.close("2026-02", february_too_early)
    with pytest.raises(EarlierMonthOpenError) as refusal:
        office.close("2026-03", march)
    assert refusal.value.extra == {"next": "2026-02"}


def test_a_report_that_settles_another_month_or_nothing_closes_none(office: Office) -> None:
    liability = office.report(Asked(AccountType.LIABILITY, None, None, None), "l")
    running = office.ask(settlement("2026-01"), "running")
    for reported in (liability, running, office.settle("2026-02")):
        with pytest.raises(SettlementMismatchError):
            office.close("2026-01", reported)


def test_a_report_is_asked_for_once_and_started_again_where_the_start_was_lost(office: Office) -> None:
    """E14."""
    first = office.ask(settlement("2026-01"), "k")
    again = office.ask(settlement("2026-01"), "k", LONG_AFTER + timedelta(hours=1))
    assert (again.account, again.replayed) == (first.account, True)
    assert office.machine.asked == [first.account.id] * 2
    with pytest.raises(ContentReusedError):
        office.ask(settlement("2026-02"), "k")


def test_a_report_asked_for_again_as_of_another_instant_is_refused(office: Office) -> None:
    """E14: 409 names what differs; by default it is as of the first request, however late the repeat."""
    then = Asked(AccountType.LIABILITY, at("2026-04-01 12:00"), None, None)
    first = office.ask(then, "then")
    assert office.ask(then, "then", LONG_AFTER + timedelta(hours=1)).account == first.account
    for other in (replace(then, at=at("2026-04-02 12:00")), replace(then, at=None)):
        with pytest.raises(ContentReusedError) as refusal:
            office.ask(other, "then")
        assert [error.pointer for error in refusal.value.errors] == ["/at"]

    open_now = replace(then, at=None)
    now = office.ask(open_now, "now")
    again = office.ask(open_now, "now", LONG_AFTER + timedelta(hours=1))
    assert (again.account, again.replayed) == (now.account, True)


def test_a_month_to_come_has_nothing_to_settle(office: Office) -> None:
    """This month's report shows how it stands so far."""
    for month in ("2026-07", "9999-12"):
        with pytest.raises(AccountInFutureError):
            office.ask(settlement(month), month)
    assert office.ask(settlement("2026-06"), "this").account.month == "2026-06"


def test_the_first_month_that_is_closed_has_something_to_settle_or_the_programmes_first_comes_next() -> None:
    """Otherwise empty months would have to be closed one by one from the year that a slip named."""
    office = Office()
    for month in ("1026-01", "2025-11"):
        with pytest.raises(MonthTooEarlyError):
            office.close(month, office.settle(month))
    assert amounts(office.close("2025-12", office.settle("2025-12"))) == []


def test_a_report_whose_execution_died_is_shown_as_failed(office: Office) -> None:
    running = office.ask(settlement("2026-01"), "k")
    assert office.use.get(running.account.id, FINANCE).account.status is JobStatus.RUNNING
    office.machine.ended[running.account.id] = LONG_AFTER
    assert office.use.get(running.account.id, FINANCE).account.status is JobStatus.FAILED


def test_books_are_read_up_to_now_and_by_the_group_only(office: Office) -> None:
    """E31."""
    later = Asked(AccountType.LIABILITY, LONG_AFTER + timedelta(seconds=1), None, None)
    with pytest.raises(AccountInFutureError):
        office.ask(later, "k")
    with pytest.raises(ForeignBrandError):
        office.use.create(later, "k", replace(FINANCE, brand="maru"), LONG_AFTER)
