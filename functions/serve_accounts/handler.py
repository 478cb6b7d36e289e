"""The money side: liability, breakage, and the monthly settlement between brands."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import ForeignBrandError
from huitou.accounts.errors import (
    AccountInFutureError,
    AccountNotFoundError,
    EarlierMonthOpenError,
    MonthClosedError,
    MonthNotOverError,
    MonthTooEarlyError,
    SettlementMismatchError,
    SettlementNotFoundError,
)
from huitou.accounts.requests import (
    AccountBody,
    AccountView,
    CloseBody,
    ClosedSettlementView,
    CreatedAccountView,
    SettlementView,
    account_view,
    closed_view,
    created_view,
    settlement_view,
)
from huitou.accounts.service import Accounts
from huitou.accounts.store import TableAccounts
from huitou.jobs.service import Jobs
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import parse_digest
from huitou.platform.files import S3Files
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    accepted_at,
    answer,
    begun,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
)
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.pauses import pause
from huitou.platform.settings import AccountStateMachine, ImportBucket, ProgramTable, Settings, load
from huitou.platform.state_machines import AccountStates
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions

AccountId = Annotated[str, PathPart(max_length=26)]
MonthPart = Annotated[str, PathPart(max_length=7)]


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable
    import_bucket: ImportBucket
    account_state_machine: AccountStateMachine


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)
reports = TableAccounts(program)
files = S3Files(settings.import_bucket, settings.region, settings.endpoint)
states = AccountStates(settings.account_state_machine, settings.region, settings.endpoint)
accounts = Accounts(
    accounts=reports,
    jobs=Jobs(reports, files, states, AccountNotFoundError, program.commit, pause),
    programs=ProgramReader(TableVersions(program), monotonic),
    shards=MEMBER_SHARDS,
    commit=program.commit,
    pause=pause,
)

app = create_app("serve_accounts", "Accounts")


@app.post(
    "/v1/accounts",
    summary="Ask for a report of account",
    security=permission("accounts:write"),
    responses=documented(
        {200: CreatedAccountView, 202: CreatedAccountView},
        *(ForeignBrandError, AccountInFutureError, MonthClosedError, ContentReusedError),
        headers=("Location",),
    ),
)
def create_account(body: Annotated[AccountBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """For keys of the group. Counted from the ledger's entries alone; look again until it is completed."""
    created = accounts.create(body.asked(), idempotency_key, current_caller(app), accepted_at(app))
    note(app, account_id=created.account.id, replayed=created.replayed)
    return begun(app, f"/v1/accounts/{created.account.id}", created_view(created))


@app.get(
    "/v1/accounts/<account_id>",
    summary="Look at a report of account",
    security=permission("accounts:read"),
    responses=documented({200: AccountView}, ForeignBrandError, AccountNotFoundError),
)
def get_account(account_id: AccountId) -> Answer:
    """For keys of the group: how it stands and, once it is completed, what it tells."""
    return answer(account_view(accounts.get(parse_digest(account_id), current_caller(app))))


@app.post(
    "/v1/settlements/<month>/close",
    summary="Close a month",
    security=permission("accounts:write"),
    responses=documented(
        {200: ClosedSettlementView},
        *(ForeignBrandError, AccountNotFoundError, SettlementMismatchError),
        *(MonthNotOverError, MonthTooEarlyError, MonthClosedError, EarlierMonthOpenError),
    ),
)
def close_month(month: MonthPart, body: Annotated[CloseBody, Body()]) -> Answer:
    """For keys of the group. The statement of the report becomes final and never changes.

    What becomes known later goes, marked, into the first open month. Closing again with the same report changes
    nothing. It is written into the audit log.
    """
    closing = accounts.close(month, parse_digest(body.account_id), body.reason, current_caller(app), accepted_at(app))
    note(app, account_id=closing.closed.account, replayed=closing.replayed)
    return answer(closed_view(closing))


@app.get(
    "/v1/settlements/<month>",
    summary="Look at a closed month",
    security=permission("accounts:read"),
    responses=documented({200: SettlementView}, ForeignBrandError, SettlementNotFoundError),
)
def get_settlement(month: MonthPart) -> Answer:
    """For keys of the group: the final statement."""
    return answer(settlement_view(accounts.settlement(month, current_caller(app))))


handler = entry_point(app)
