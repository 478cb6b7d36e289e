"""Points over HTTP: wallets, their entries and why they are as they are; and whatever is done with points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from huitou.access.model import BrandRequiredError, Caller, ForeignBrandError
from huitou.composition import MemberSettings, count_points, ground
from huitou.fields import Moment
from huitou.kernel.errors import ContentionError, ContentReusedError
from huitou.kernel.ids import MemberId, parse_digest, parse_entry_id
from huitou.members.directory import FoundMember
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
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import load
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
from huitou.points.commands import InvalidCommandError, command_id
from huitou.points.decisions import InsufficientPointsError, OutstandingDebtError
from huitou.points.journeys import (
    ConversionNotFoundError,
    Journey,
    Journeys,
    NotConvertibleError,
    NotTransferableError,
    TransferNotFoundError,
)
from huitou.points.membership import MEMBER_ERRORS, EntryNotFoundError
from huitou.points.order_answers import (
    ConversionView,
    ReinstatementView,
    TransferView,
    conversion_view,
    reinstatement_view,
    transfer_view,
)
from huitou.points.phrases import Language, preferred
from huitou.points.requests import (
    AdjustmentBody,
    ConversionBody,
    Occasion,
    RedemptionBody,
    ReinstatementBody,
    TransferBody,
    read_adjustment,
    read_conversion,
    read_redemption,
    read_reinstatement,
    read_transfer,
)
from huitou.points.service import (
    AlreadyReinstatedError,
    NothingToExpireError,
    NotReinstatableError,
    Points,
    RedemptionNotFoundError,
)
from huitou.points.store import TableWallets
from huitou.points.travelling import NothingToConvertError
from huitou.program.model import Program
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
TransferPath = Annotated[str, Path(alias="transfer_id", max_length=64)]
ConversionPath = Annotated[str, Path(alias="conversion_id", max_length=64)]


members, _, programs, directory = ground(load(MemberSettings))
points = Points(TableWallets(members), TableCommands(members), programs, members.commit, pause)
journeys = Journeys(TableWallets(members), TableCommands(members), programs, members.commit, pause)
explanations = Explanations(TablePurchases(members), TableWallets(members), programs)

app = create_app("serve_wallets", "Points")

COMMAND_ERRORS = (
    BrandRequiredError,
    ForeignBrandError,
    InvalidCommandError,
    *MEMBER_ERRORS,
    InsufficientPointsError,
    ContentReusedError,
    ContentionError,
)
SPENDING_ERRORS = (*COMMAND_ERRORS, OutstandingDebtError)


@app.get(
    "/v1/members/<member_id>/wallet",
    summary="Read a wallet",
    security=permission("points:read"),
    responses=documented({200: MemberWalletView}, *MEMBER_ERRORS, UnknownCurrencyError),
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
    responses=documented({200: EntryPage}, *MEMBER_ERRORS, UnknownCurrencyError),
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
    responses=documented({200: RedemptionView, 201: RedemptionView}, *SPENDING_ERRORS, headers=("Location",)),
)
def redeem(body: Annotated[RedemptionBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Spends points at a brand, those that end first; the same key again gives the first answer, for ever.

    With `bill_total` the terms of money off must be met: the least, the steps, the share of the bill.
    """
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    occasion = _occasion(body.brand, member, caller, idempotency_key)
    order = read_redemption(body, occasion, programs.active())
    booked = points.redeem(order, presented=member.presented, now=accepted_at(app), identity_of=member.identity_of)
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
    responses=documented({200: AdjustmentView, 201: AdjustmentView}, *COMMAND_ERRORS, NothingToExpireError),
)
def adjust(body: Annotated[AdjustmentBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Gives, takes or ends points by hand, with a reason; the same key again gives the first answer, for ever."""
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    occasion = _occasion(body.brand, member, caller, idempotency_key)
    booked = points.adjust(read_adjustment(body, occasion, programs.active()), scope=caller.brand, now=accepted_at(app))
    status = _done(booked)
    return answer(adjustment_view(booked, _decided_under(booked)), status)


@app.post(
    "/v1/entries/<entry_id>/reinstatement",
    summary="Reinstate expired points",
    security=permission("points:write"),
    responses=documented(
        {200: ReinstatementView, 201: ReinstatementView},
        *(BrandRequiredError, ForeignBrandError, EntryNotFoundError, *MEMBER_ERRORS, UnknownCurrencyError),
        *(NotReinstatableError, AlreadyReinstatedError, ContentReusedError, ContentionError),
    ),
)
def reinstate(
    entry_id: EntryPath, body: Annotated[ReinstatementBody, Body()], idempotency_key: IdempotencyKey
) -> Answer:
    """Gives the points of an expiry again, by courtesy, for so many days; once for each expiry."""
    caller = current_caller(app)
    member, currency, _ = parse_entry_id(entry_id)
    occasion = _occasion(body.brand, FoundMember(member, presented=False), caller, idempotency_key)
    order = read_reinstatement(body, entry_id, currency, occasion)
    booked = points.reinstate(order, scope=caller.brand, now=accepted_at(app))
    status = _done(booked)
    return answer(reinstatement_view(booked, _decided_under(booked)), status)


@app.post(
    "/v1/transfers",
    summary="Transfer points",
    security=permission("points:write"),
    responses=documented(
        {200: TransferView, 201: TransferView},
        *(*SPENDING_ERRORS, UnknownCurrencyError, NotTransferableError),
        headers=("Location",),
    ),
)
def transfer(body: Annotated[TransferBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Gives points to another member, of a currency that allows it; they live no longer than they would have."""
    caller = current_caller(app)
    sender = directory.require(body.sender.target, caller.is_group)
    recipient = directory.require(body.to.target, caller.is_group)
    occasion = _occasion(body.brand, sender, caller, idempotency_key)
    order = read_transfer(body, recipient.id, occasion, programs.active())
    journey = journeys.transfer(order, scope=caller.brand, now=accepted_at(app))
    view = transfer_view(journey, programs.version(journey.left.program_version))
    return _journey(journey, view, f"/v1/transfers/{journey.order.id}")


@app.get(
    "/v1/transfers/<transfer_id>",
    summary="Read a transfer",
    security=permission("points:read"),
    responses=documented({200: TransferView}, TransferNotFoundError),
)
def get_transfer(transfer_id: TransferPath) -> Answer:
    """A transfer of the key's brand, with the sender's entry."""
    journey = journeys.get(parse_digest(transfer_id), "transfer", current_caller(app).brand)
    return answer(transfer_view(journey, programs.version(journey.left.program_version)))


@app.post(
    "/v1/conversions",
    summary="Convert points",
    security=permission("points:write"),
    responses=documented(
        {200: ConversionView, 201: ConversionView},
        *(*SPENDING_ERRORS, UnknownCurrencyError, NotConvertibleError, NothingToConvertError),
        headers=("Location",),
    ),
)
def convert(body: Annotated[ConversionBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Changes points into another currency, in the programme's steps; what is left over stays where it is."""
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    order = read_conversion(body, _occasion(body.brand, member, caller, idempotency_key), programs.active())
    journey = journeys.convert(order, scope=caller.brand, now=accepted_at(app))
    view = conversion_view(journey, programs.version(journey.left.program_version))
    return _journey(journey, view, f"/v1/conversions/{journey.order.id}")


@app.get(
    "/v1/conversions/<conversion_id>",
    summary="Read a conversion",
    security=permission("points:read"),
    responses=documented({200: ConversionView}, ConversionNotFoundError),
)
def get_conversion(conversion_id: ConversionPath) -> Answer:
    """A conversion of the key's brand, with both of its entries."""
    journey = journeys.get(parse_digest(conversion_id), "conversion", current_caller(app).brand)
    return answer(conversion_view(journey, programs.version(journey.left.program_version)))


def _occasion(brand: str | None, member: FoundMember, caller: Caller, key: str) -> Occasion:
    return Occasion(command_id(caller.brand, key), member.id, caller.brand_for(brand), accepted_at(app))


def _redemption(booked: Booked, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    return answer(redemption_view(booked, _decided_under(booked)), status, headers)


def _journey(journey: Journey, view: Mapping[str, object], path: str) -> Answer:
    note(app, member=journey.order.member, currency=journey.order.currency, replayed=journey.replayed)
    count_points(app, journey.entries, programs)
    return answer(view, status_of(replayed=journey.replayed), {"Location": reference_to(app, path)})


def _decided_under(booked: Booked) -> Program:
    return programs.version(booked.entry.program_version)


def _done(booked: Booked) -> int:
    """The status for a command, after noting and counting what it did."""
    note(app, member=booked.command.member, currency=booked.command.currency, replayed=booked.replayed)
    count_points(app, booked.entries, programs)
    return status_of(replayed=booked.replayed)


handler = entry_point(app)
