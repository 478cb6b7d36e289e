"""Reports and settlements as callers ask for them and see them.

Points and money are decimal strings with the decimals of their currency, instants RFC 3339 in UTC, months of the
programme's calendar (E33).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from huitou.accounts.liability import Cohort, Open
from huitou.accounts.model import Account, AccountType, Tally, Values, rounded
from huitou.accounts.pricing import worth
from huitou.accounts.service import Asked, Closing, Reported
from huitou.accounts.statements import Statement, statement_from
from huitou.fields import Body, ClientReference, Moment, Text, View
from huitou.jobs.model import JobStatus
from huitou.kernel.calendars import local_date
from huitou.kernel.instants import format_instant
from huitou.kernel.money import format_amount
from huitou.program.model import Program

MonthText = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]


class AccountBody(Body):
    """A report to be counted."""

    type: AccountType
    """liability: what is open. breakage: what became of the points of each month. settlement: who owes whom."""
    at: Moment | None = None
    """Of a liability or a breakage: as the books stood then; by default now."""
    month: MonthText | None = None
    """Of a settlement: which month."""
    client_reference: ClientReference | None = None

    @model_validator(mode="after")
    def _fit(self) -> AccountBody:
        settles = self.type is AccountType.SETTLEMENT
        if settles != (self.month is not None) or (settles and self.at is not None):
            raise ValueError("a settlement has a month and no instant, the others have no month")
        return self

    def asked(self) -> Asked:
        return Asked(self.type, self.at, self.month, self.client_reference)


class CloseBody(Body):
    """Which report is to be final."""

    account_id: Annotated[str, Field(max_length=26)]
    """A finished settlement of this month, counted after its end."""
    reason: Text | None = None


class LiabilityRowView(View):
    """Points that may still be spent, of one issuer, valid last in one month."""

    currency: str
    issuer: str
    expires: str | None
    """The last month in which they are valid; null for those without end."""
    spendable: str
    pending: str
    held: str
    debt: str
    """Points that members owe; not set off against the others."""
    worth: str
    """Money: spendable, pending and held points together, at their worth on the day. Rows add up to the total."""


class BreakageRowView(View):
    """What became of the points of one issuer that began in one month; `issued` and `received` are all the others."""

    currency: str
    issuer: str
    began: str
    issued: str
    received: str
    redeemed: str
    expired: str
    taken_back: str
    repaid: str
    adjusted: str
    sent: str
    open: str


class StatementLineView(View):
    """What one brand owes another, or the group, for one reason; below zero where more was undone than done."""

    month: str
    """In which it took effect."""
    late: bool
    """Whether that month was closed before it became known."""
    currency: str
    payer: str
    payee: str
    reason: Literal["redemption", "campaign", "waived", "debt", "repayment", "courtesy", "adjustment"]
    points: str
    amount: str


class BrandBalanceView(View):
    """What a brand (or `group`) gets, below zero: owes."""

    brand: str
    amount: str


class StatementView(View):
    """What brands and the group owe each other for a month; balances sum to zero."""

    month: str
    lines: list[StatementLineView]
    balances: list[BrandBalanceView]


class AccountView(View):
    """A report. What it tells is null until it is completed; the other two always are."""

    account_id: str
    type: AccountType
    status: JobStatus
    at: datetime
    month: str | None
    client_reference: str | None
    program_version: int
    """Whose prices and worth hold."""
    created_at: datetime
    finished_at: datetime | None
    money: str
    """The currency of all amounts of money."""
    worth: str | None
    """Of a liability: the money that all rows come to."""
    liability: list[LiabilityRowView] | None
    breakage: list[BreakageRowView] | None
    settlement: StatementView | None


class CreatedAccountView(AccountView):
    """A report that is being counted."""

    replayed: bool
    """Whether it had been asked for before."""


class SettlementView(StatementView):
    """A closed month: it never changes."""

    account_id: str
    """The report with which it was closed."""
    money: str
    closed_at: datetime
    closed_by: str
    """The key that closed it."""
    reason: str | None


class ClosedSettlementView(SettlementView):
    """A closed month, as closing answers it."""

    replayed: bool


def account_view(reported: Reported) -> dict[str, Any]:
    """As `AccountView`."""
    account, program, rows = reported.account, reported.program, reported.rows
    return {
        "account_id": account.id,
        "type": account.type,
        "status": account.status,
        "at": format_instant(account.at),
        "month": account.month,
        "client_reference": account.client_reference,
        "program_version": account.program_version,
        "created_at": format_instant(account.created_at),
        "finished_at": format_instant(account.finished_at) if account.finished_at else None,
        "money": program.money,
        **_told(account, program, rows),
    }


def created_view(reported: Reported) -> dict[str, Any]:
    """As `CreatedAccountView`."""
    return {**account_view(reported), "replayed": reported.replayed}


def settlement_view(closing: Closing) -> dict[str, Any]:
    """As `SettlementView`."""
    closed = closing.closed
    return {
        **_statement(closed.statement, closing.program),
        "account_id": closed.account,
        "money": closing.program.money,
        "closed_at": format_instant(closed.closed_at),
        "closed_by": closed.closed_by,
        "reason": closed.reason,
    }


def closed_view(closing: Closing) -> dict[str, Any]:
    """As `ClosedSettlementView`."""
    return {**settlement_view(closing), "replayed": closing.replayed}


def _told(account: Account, program: Program, rows: Tally | None) -> dict[str, Any]:
    told: dict[str, Any] = {"worth": None, "liability": None, "breakage": None, "settlement": None}
    if rows is None:
        return told
    match account.type:
        case AccountType.LIABILITY:
            return told | _liability(account, program, rows)
        case AccountType.BREAKAGE:
            return told | {"breakage": _breakage(program, rows)}
    return told | {"settlement": _statement(statement_from(account.month or "", rows), program)}


def _liability(account: Account, program: Program, rows: Tally) -> dict[str, Any]:
    """A row is worth its share of the rounded sum, so that rows add up to it."""
    day, found = local_date(account.at, program.zone), []
    exact, told = Fraction(0), 0
    for (currency, issuer, month), values in rows.rows():
        left = Open(*map(int, values))
        points = left.spendable + left.pending + left.held
        exact += points * worth(program.settlement, currency, day)
        value = rounded(exact) - told
        told += value
        row: dict[str, Any] = {"currency": currency, "issuer": issuer, "expires": month or None}
        money = {"worth": format_amount(value, program.money_exponent)}
        found.append(row | _points(Open._fields, values, currency, program) | money)
    return {"worth": format_amount(told, program.money_exponent), "liability": found}


def _breakage(program: Program, rows: Tally) -> list[dict[str, Any]]:
    return [
        {
            "currency": currency,
            "issuer": issuer,
            "began": month,
            **_points(Cohort._fields, values, currency, program),
        }
        for (currency, issuer, month), values in rows.rows()
    ]


def _points(names: Sequence[str], values: Values, currency: str, program: Program) -> dict[str, str]:
    exponent = program.currencies[currency].exponent
    return {name: format_amount(int(value), exponent) for name, value in zip(names, values, strict=True)}


def _statement(statement: Statement, program: Program) -> dict[str, Any]:
    return {
        "month": statement.month,
        "lines": [
            {
                "month": line.month,
                "late": line.month < statement.month,
                "currency": line.currency,
                "payer": line.payer,
                "payee": line.payee,
                "reason": line.reason,
                "points": format_amount(line.points, program.currencies[line.currency].exponent),
                "amount": format_amount(line.amount, program.money_exponent),
            }
            for line in statement.lines
        ],
        "balances": _balances(statement.balances().items(), program),
    }


def _balances(balances: Iterable[tuple[str, int]], program: Program) -> list[dict[str, str]]:
    return [{"brand": brand, "amount": format_amount(amount, program.money_exponent)} for brand, amount in balances]
