"""What callers do with accounts: ask for a report, look at it, close a month with one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from huitou.access.model import Caller
from huitou.accounts.errors import (
    AccountInFutureError,
    EarlierMonthOpenError,
    MonthClosedError,
    MonthNotOverError,
    MonthTooEarlyError,
    SettlementMismatchError,
    SettlementNotFoundError,
)
from huitou.accounts.model import Account, AccountType, Month, Tally, month_of
from huitou.accounts.ports import AccountStore
from huitou.accounts.statements import ClosedMonth, Statement, next_month, statement_from
from huitou.jobs.model import JobStatus
from huitou.jobs.service import Chunks, Jobs
from huitou.kernel.audit import AuditEntry
from huitou.kernel.calendars import start_of_day
from huitou.kernel.commits import Commit, once
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, digest_of
from huitou.members.parts import chunks_of
from huitou.program.model import GROUP, Program
from huitou.program.ports import Programs


@dataclass(frozen=True, slots=True)
class Asked:
    """A report as a caller asks for it. ``at`` is None for now."""

    type: AccountType
    at: datetime | None
    month: Month | None
    client_reference: str | None


@dataclass(frozen=True, slots=True)
class Reported:
    """A report as it stands; ``rows`` once it is finished."""

    account: Account
    program: Program
    rows: Tally | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """A closed month. ``replayed``: it had been closed with the same report before."""

    closed: ClosedMonth
    program: Program
    replayed: bool = False


class Accounts:
    """The use cases. All are the group's: what brands owe each other is nothing that one of them sees alone (E31)."""

    def __init__(
        self,
        *,
        accounts: AccountStore,
        jobs: Jobs[Account],
        programs: Programs,
        shards: int,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._accounts = accounts
        self._jobs = jobs
        self._programs = programs
        self._shards = shards
        self._commit = commit
        self._pause = pause

    def create(self, asked: Asked, key: str, caller: Caller, now: datetime) -> Reported:
        """A report that is being counted; the same ``key`` again is the same one.

        Raises `ForeignBrandError`, `AccountInFutureError`, `MonthClosedError`, `ContentReusedError`.
        """
        caller.acts_for(GROUP)
        program = self._programs.active()
        if asked.at and asked.at > now:
            raise AccountInFutureError("The books can be read up to now.")
        if asked.month and asked.month > month_of(now, program.zone):
            raise AccountInFutureError("No month after this one has anything to settle yet.")
        account = Account(
            id=digest_of(("account", GROUP, key)),
            type=asked.type,
            at=asked.at or now,
            program_version=program.version,
            created_at=now,
            month=asked.month,
            client_reference=asked.client_reference,
        )

        def plan() -> tuple[Account, Chunks]:
            self._refuse_closed(account)
            return account, chunks_of(self._shards)

        def agree(known: Account) -> None:
            same = replace(account, at=asked.at or known.created_at)
            require_same(known.content(), same.content(), "report")

        begun = self._jobs.begin(account.id, plan, agree)
        return replace(self._reported(begun.job), replayed=begun.replayed)

    def get(self, account_id: Digest, caller: Caller) -> Reported:
        """A report whose execution died is shown as failed. Raises `ForeignBrandError`, `AccountNotFoundError`."""
        caller.acts_for(GROUP)
        return self._reported(self._jobs.get(account_id))

    def close(self, month: Month, account_id: Digest, reason: str | None, caller: Caller, now: datetime) -> Closing:
        """Makes the statement of a report final: what was looked at is what is closed, whatever came since.

        Closing with the same report again changes nothing. Raises `ForeignBrandError`, `AccountNotFoundError`,
        `SettlementMismatchError`, `MonthNotOverError`, `MonthClosedError`, `EarlierMonthOpenError`,
        `MonthTooEarlyError`.
        """
        caller.acts_for(GROUP)
        account = self._jobs.require(account_id)
        program = self._programs.version(account.program_version)

        def attempt() -> Closing:
            statement = self._statement(month, account)
            closed = ClosedMonth(statement, account.after, account.id, now, caller.key_id, reason)
            self._require_next(statement, account, program)
            audit = AuditEntry(now, caller.key_id, "month_closed", month, reason)
            self._commit(self._accounts.close(closed, audit))
            return Closing(closed, program)

        def recall() -> Closing | None:
            known = self._accounts.closed_month(month)
            if known is None or known.account != account.id:
                return None
            return Closing(known, program, replayed=True)

        return once(attempt, recall, self._pause)

    def settlement(self, month: Month, caller: Caller) -> Closing:
        """A closed month. Raises `ForeignBrandError`, `SettlementNotFoundError`."""
        caller.acts_for(GROUP)
        closed = self._accounts.closed_month(month)
        if closed is None:
            raise SettlementNotFoundError("Ask for a report to see how it stands.")
        return Closing(closed, self._programs.version(self._jobs.require(closed.account).program_version))

    def _refuse_closed(self, account: Account) -> None:
        last = self._accounts.last_closed() if account.month else None
        if account.month and last and account.month <= last:
            raise MonthClosedError(f"{last} and what was before it is closed: GET /v1/settlements/{account.month}.")

    def _statement(self, month: Month, account: Account) -> Statement:
        rows = self._accounts.report(account.id)
        if account.month != month or account.status is not JobStatus.COMPLETED or rows is None:
            raise SettlementMismatchError("Name a finished report of this month's settlement.")
        return statement_from(month, rows)

    def _require_next(self, statement: Statement, account: Account, program: Program) -> None:
        month = statement.month
        if account.at < start_of_day(date.fromisoformat(f"{next_month(month)}-01"), program.zone):
            raise MonthNotOverError("Ask for a new report, now that the month is over.")
        last = self._accounts.last_closed()
        if last and month <= last:
            raise MonthClosedError(f"{last} and what was before it is closed.")
        if last != account.after or (last and month != next_month(last)):
            due = next_month(last) if last else month
            raise EarlierMonthOpenError(
                f"{due} comes next, with a report from after the last closing.", extra={"next": due}
            )
        begun = month_of(self._programs.published_at(1), program.zone)
        if last is None and next_month(month) < begun and not statement.lines:
            raise MonthTooEarlyError(f"Nothing had happened by then. The programme's first month is {begun}.")

    def _reported(self, account: Account) -> Reported:
        done = account.status is JobStatus.COMPLETED
        rows = self._accounts.report(account.id) if done else None
        return Reported(account, self._programs.version(account.program_version), rows)
