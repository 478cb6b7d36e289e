"""Points over HTTP: wallets, their entries and why they are as they are, redemptions, adjustments."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from huitou.access.model import BrandRequiredError, Caller, ForeignBrandError
from huitou.fields import Moment
from huitou.kernel.errors import ContentionError, ContentReusedError
from huitou.kernel.ids import MemberId, parse_digest
from huitou.members.directory import FoundMember, MemberDirectory
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
    Limit,
    MemberPath,
    accepted_at,
    answer,
    create_app,
    current_caller,
    decode_cursor,
    documented,
    encode_cursor,
    entry_point,
    note,
    permission,
    reference_to,
)
from huitou.platform.pauses import pause
from huitou.platform.secrets import Secret
from huitou.platform.settings import IdentitySecret, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.answers import (
    AdjustmentView,
    EntryPage,
    MemberWalletView,
    RedemptionView,
    adjustment_view,
    entry_page,
    entry_view,
    redemption_view,
    wallet_view,
)
from huitou.points.booking import Booked, UnknownCurrencyError
from huitou.points.command_store import TableCommands
from huitou.points.commands import command_id
from huitou.points.decisions import InsufficientPointsError
from huitou.points.figures import points_booked
from huitou.points.membership import EntryNotFoundError, MemberNotFoundError
from huitou.points.phrases import Language, preferred
from huitou.points.requests import (
    AdjustmentBody,
    InvalidCommandError,
    Occasion,
    RedemptionBody,
    read_adjustment,
    read_redemption,
)
from huitou.points.service import Points, RedemptionNotFoundError
from huitou.points.store import TableWallets
from huitou.program.model import Program
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.explaining import Explanations
from huitou.purchases.explanation_answers import ExplanationView, explanation_view
from huitou.purchases.store import TablePurchases

Currency = Annotated[str | None, Query(max_length=64, description="By default the points that all brands share.")]
At = Annotated[Moment | None, Query(description="When to look, before or after now; by default now.")]
AsOf = Annotated[Moment | None, Query(description="Leaves out what was recorded later.")]
EntryPath = Annotated[str, Path(alias="entry_id", max_length=128)]
Told = Annotated[Language | None, Query(alias="language", description="Goes before Accept-Language.")]
Accepted = Annotated[
    str | None,
    Header(alias="Accept-Language", max_length=255, description="Chinese or English, which is the default."),
]
RedemptionPath = Annotated[str, Path(alias="redemption_id", max_length=64)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    identity_secret: IdentitySecret


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
programs = ProgramReader(
    TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), time.monotonic
)
directory = MemberDirectory(
    TableMembers(members), IdentityHasher(Secret(settings.identity_secret, settings.region, settings.endpoint).text)
)
points = Points(TableWallets(members), TableCommands(members), programs, members.commit, pause)

explanations = Explanations(TablePurchases(members), TableWallets(members), programs)

app = create_app("serve_wallets", "Points")

COMMAND_ERRORS = (
    BrandRequiredError,
    ForeignBrandError,
    InvalidCommandError,
    MemberNotFoundError,
    InsufficientPointsError,
    ContentReusedError,
    ContentionError,
)


@app.get(
    "/v1/members/<member_id>/wallet",
    summary="Read a wallet",
    security=permission("points:read"),
    responses=documented({200: MemberWalletView}, MemberNotFoundError, UnknownCurrencyError),
)
def get_wallet(member_id: MemberPath, currency: Currency = None, at: At = None, as_of: AsOf = None) -> Answer:
    """The balance at any instant, exact to the point, with the lots that make it up."""
    caller = current_caller(app)
    view = points.view(
        MemberId(member_id),
        currency,
        at=at,
        as_of=as_of,
        brand=caller.brand,
        now=accepted_at(app),
    )
    return answer(wallet_view(view))


@app.get(
    "/v1/members/<member_id>/entries",
    summary="List a wallet's entries",
    security=permission("points:read"),
    responses=documented({200: EntryPage}, MemberNotFoundError, UnknownCurrencyError),
)
def list_entries(member_id: MemberPath, currency: Currency = None, cursor: Cursor = None, limit: Limit = 20) -> Answer:
    """What happened to the points and why, the newest first; of another brand's sales, without the reasons."""
    caller = current_caller(app)
    page = points.entries(MemberId(member_id), currency, brand=caller.brand, after=decode_cursor(cursor), limit=limit)
    entries = [entry_view(entry, programs.version(entry.program_version)) for entry in page.items]
    return answer(entry_page(entries, encode_cursor(page.next_cursor)))


@app.get(
    "/v1/entries/<entry_id>/explanation",
    summary="Explain an entry",
    security=permission("points:read"),
    responses=documented({200: ExplanationView}, EntryNotFoundError, headers=("Content-Language",)),
)
def explain_entry(entry_id: EntryPath, language: Told = None, accepted: Accepted = None) -> Answer:
    """Which rules were considered, why each fired or did not, and what each line brought, in the reader's words."""
    caller = current_caller(app)
    spoken = language or preferred(accepted)
    explained = explanations.explain(entry_id, spoken, caller.brand)
    return answer(explanation_view(explained, spoken), headers={"Content-Language": spoken})


@app.post(
    "/v1/redemptions",
    summary="Redeem points",
    security=permission("points:write"),
    responses=documented({200: RedemptionView, 201: RedemptionView}, *COMMAND_ERRORS, headers=("Location",)),
)
def redeem(body: Annotated[RedemptionBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Spends points at a brand, those that end first; the same key again gives the first answer, for ever."""
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    occasion = _occasion(body, member, caller, idempotency_key)
    order = read_redemption(body, occasion, programs.active())
    booked = points.redeem(order, presented=member.presented, now=accepted_at(app))
    location = {"Location": reference_to(app, f"/v1/redemptions/{booked.command.id}")}
    return _redemption(booked, _done(booked), location)


@app.get(
    "/v1/redemptions/<redemption_id>",
    summary="Read a redemption",
    security=permission("points:read"),
    responses=documented({200: RedemptionView}, RedemptionNotFoundError),
)
def get_redemption(redemption_id: RedemptionPath) -> Answer:
    """A redemption of the key's brand, with its entry."""
    caller = current_caller(app)
    return _redemption(points.redemption(parse_digest(redemption_id), caller.brand), 200)


@app.post(
    "/v1/redemptions/<redemption_id>/reversal",
    summary="Reverse a redemption",
    security=permission("points:write"),
    responses=documented({200: RedemptionView, 201: RedemptionView}, RedemptionNotFoundError, ContentionError),
)
def reverse(redemption_id: RedemptionPath) -> Answer:
    """Gives the points back to the lots they came from, once; what came from a lot that is over expires at once."""
    caller = current_caller(app)
    booked = points.reverse(parse_digest(redemption_id), brand=caller.brand, now=accepted_at(app))
    return _redemption(booked, _done(booked))


@app.post(
    "/v1/adjustments",
    summary="Adjust points",
    security=permission("points:write"),
    responses=documented({200: AdjustmentView, 201: AdjustmentView}, *COMMAND_ERRORS),
)
def adjust(body: Annotated[AdjustmentBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Gives or takes points by hand, with a reason; the same key again gives the first answer, for ever."""
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    occasion = _occasion(body, member, caller, idempotency_key)
    booked = points.adjust(read_adjustment(body, occasion, programs.active()), scope=caller.brand, now=accepted_at(app))
    status = _done(booked)
    return answer(adjustment_view(booked, _decided_under(booked)), status)


def _occasion(body: RedemptionBody | AdjustmentBody, member: FoundMember, caller: Caller, key: str) -> Occasion:
    return Occasion(command_id(caller.brand, key), member.id, caller.brand_for(body.brand), accepted_at(app))


def _redemption(booked: Booked, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return answer(redemption_view(booked, _decided_under(booked)), status, headers)


def _decided_under(booked: Booked) -> Program:
    return programs.version(booked.entry.program_version)


def _done(booked: Booked) -> int:
    """The status for a command, after noting and counting what it did."""
    note(app, member=booked.command.member, currency=booked.command.currency, replayed=booked.replayed)
    for name, count in points_booked(booked.entries, programs.active().home_currency).items():
        app.observer.count(name, count)
    return 200 if booked.replayed else 201


handler = entry_point(app)
