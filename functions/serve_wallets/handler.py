"""Points over HTTP: wallets, their entries and why they are as they are; and whatever is done with points."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from huitou.access.model import BrandRequiredError, Caller, ForeignBrandError
from huitou.fields import Moment
from huitou.kernel.errors import ContentionError, ContentReusedError
from huitou.kernel.ids import Digest, MemberId, parse_digest, parse_entry_id
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
from huitou.points.decisions import InsufficientPointsError, OutstandingDebtError
from huitou.points.figures import points_booked
from huitou.points.holding import CaptureExceedsHoldError, HoldEndedError, TooManyHoldsError
from huitou.points.holds import HoldNotFoundError, Holds, HoldStatus
from huitou.points.journeys import (
    ConversionNotFoundError,
    Journey,
    Journeys,
    NotConvertibleError,
    NotTransferableError,
    TransferNotFoundError,
)
from huitou.points.membership import EntryNotFoundError, MemberNotFoundError
from huitou.points.order_answers import (
    ConversionView,
    HoldView,
    ReinstatementView,
    TransferView,
    conversion_view,
    hold_view,
    reinstatement_view,
    transfer_view,
)
from huitou.points.phrases import Language, preferred
from huitou.points.requests import (
    AdjustmentBody,
    CaptureBody,
    ConversionBody,
    HoldBody,
    InvalidCommandError,
    Occasion,
    RedemptionBody,
    ReinstatementBody,
    TransferBody,
    read_adjustment,
    read_capture,
    read_conversion,
    read_hold,
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
from huitou.points.wallet import Entry
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
HoldPath = Annotated[str, Path(alias="hold_id", max_length=64)]
TransferPath = Annotated[str, Path(alias="transfer_id", max_length=64)]
ConversionPath = Annotated[str, Path(alias="conversion_id", max_length=64)]


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
holds = Holds(TableWallets(members), TableCommands(members), programs, members.commit, pause)
journeys = Journeys(TableWallets(members), TableCommands(members), programs, members.commit, pause)
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
SPENDING_ERRORS = (*COMMAND_ERRORS, OutstandingDebtError)


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
        *(BrandRequiredError, ForeignBrandError, EntryNotFoundError, MemberNotFoundError, UnknownCurrencyError),
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
    "/v1/holds",
    summary="Hold points",
    security=permission("points:write"),
    responses=documented({200: HoldView, 201: HoldView}, *SPENDING_ERRORS, TooManyHoldsError, headers=("Location",)),
)
def place_hold(body: Annotated[HoldBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Sets points aside for a till, so that nothing else can spend them; uncaptured, they return by themselves."""
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    order = read_hold(body, _occasion(body.brand, member, caller, idempotency_key), programs.active())
    hold = holds.place(order, presented=member.presented, now=accepted_at(app))
    location = {"Location": reference_to(app, f"/v1/holds/{hold.order.id}")}
    return _hold(hold, 200 if hold.replayed else 201, location)


@app.get(
    "/v1/holds/<hold_id>",
    summary="Read a hold",
    security=permission("points:read"),
    responses=documented({200: HoldView}, HoldNotFoundError),
)
def get_hold(hold_id: HoldPath) -> Answer:
    """A hold of the key's brand as it stands now."""
    caller = current_caller(app)
    return _hold(holds.get(parse_digest(hold_id), caller.brand, accepted_at(app)), 200)


@app.post(
    "/v1/holds/<hold_id>/capture",
    summary="Capture a hold",
    security=permission("points:write"),
    responses=documented(
        {200: HoldView, 201: HoldView},
        *(HoldNotFoundError, HoldEndedError, InvalidCommandError, CaptureExceedsHoldError),
        *(ContentReusedError, ContentionError),
    ),
)
def capture_hold(hold_id: HoldPath, body: Annotated[CaptureBody, Body()]) -> Answer:
    """Spends what is held, or a part of it; the rest returns at once. A purchase can do the same itself."""
    caller = current_caller(app)
    hold, now = parse_digest(hold_id), accepted_at(app)
    amount = read_capture(body, programs.active().currencies[_held(hold, caller).order.currency])
    captured = holds.capture(hold, amount, brand=caller.brand, now=now)
    return _hold(captured, 200 if captured.replayed else 201)


@app.post(
    "/v1/holds/<hold_id>/release",
    summary="Release a hold",
    security=permission("points:write"),
    responses=documented({200: HoldView, 201: HoldView}, HoldNotFoundError, HoldEndedError, ContentionError),
)
def release_hold(hold_id: HoldPath) -> Answer:
    """Returns the points to the lots they came from; changes nothing where they have returned before."""
    caller = current_caller(app)
    released = holds.release(parse_digest(hold_id), brand=caller.brand, now=accepted_at(app))
    return _hold(released, 200 if released.replayed else 201)


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


def _held(hold: Digest, caller: Caller) -> HoldStatus:
    return holds.get(hold, caller.brand, accepted_at(app))


def _hold(hold: HoldStatus, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    note(app, member=hold.order.member, currency=hold.order.currency, replayed=hold.replayed)
    _count(hold.entries)
    return answer(hold_view(hold, programs.version(hold.latest.program_version)), status, headers)


def _journey(journey: Journey, view: Mapping[str, object], path: str) -> Answer:
    note(app, member=journey.order.member, currency=journey.order.currency, replayed=journey.replayed)
    _count(journey.entries)
    return answer(view, 200 if journey.replayed else 201, {"Location": reference_to(app, path)})


def _decided_under(booked: Booked) -> Program:
    return programs.version(booked.entry.program_version)


def _done(booked: Booked) -> int:
    """The status for a command, after noting and counting what it did."""
    note(app, member=booked.command.member, currency=booked.command.currency, replayed=booked.replayed)
    _count(booked.entries)
    return 200 if booked.replayed else 201


def _count(booked: Iterable[Entry]) -> None:
    for name, count in points_booked(booked, programs.active().home_currency).items():
        app.observer.count(name, count)


handler = entry_point(app)
