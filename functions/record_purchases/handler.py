"""What members buy and do: purchases one by one and in batches, claims of receipts, visits."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import BrandRequiredError, Caller, ForeignBrandError
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId
from huitou.members.directory import MemberDirectory
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMembers
from huitou.platform.http import (
    Answer,
    Cursor,
    Limit,
    MemberPath,
    OptionalIdempotencyKey,
    accepted_at,
    answer,
    attempt,
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
from huitou.platform.json_bodies import MIB
from huitou.platform.pauses import pause
from huitou.platform.problems import Problem
from huitou.platform.secrets import Secret
from huitou.platform.settings import IdentitySecret, MembersTable, ProgramTable, Settings, load
from huitou.platform.shapes import read_shape
from huitou.platform.table import Table
from huitou.points.budget_store import TableBudgets
from huitou.points.command_store import TableCommands
from huitou.points.decisions import InsufficientPointsError, OutstandingDebtError
from huitou.points.figures import points_booked
from huitou.points.holding import CaptureExceedsHoldError, HoldEndedError
from huitou.points.holds import HoldNotFoundError
from huitou.points.membership import MemberNotFoundError
from huitou.points.paying import PointsCannotPayError
from huitou.points.store import TableWallets
from huitou.points.wallet import Entry
from huitou.program.acceptance import InFutureError, TooLateError
from huitou.program.model import Program
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.answers import (
    PurchaseBatchView,
    PurchasePage,
    PurchaseView,
    RecordedPurchaseView,
    VisitView,
    purchase_page,
    purchase_view,
    recorded_view,
    sale_view,
    visit_view,
)
from huitou.purchases.decisions import ClaimTooLateError
from huitou.purchases.model import Purchase
from huitou.purchases.moving import AlreadyMovedError, Moves, NotMovableError
from huitou.purchases.quote_answers import QuoteView, quote_view
from huitou.purchases.quoting import Quotes
from huitou.purchases.refund_answers import (
    RecordedRefundView,
    RefundPage,
    recorded_refund_view,
    refund_page,
    refund_view,
)
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refund_requests import InvalidRefundError, MoveBody, RefundBody, read_refund
from huitou.purchases.refund_service import Refunds
from huitou.purchases.refund_store import TableRefunds
from huitou.purchases.refunding import UnknownLineError
from huitou.purchases.refunds import (
    AlreadyRefundedError,
    MoreThanBoughtError,
    RefundNotFoundError,
    RefundNotWaitingError,
    RefundStatus,
    RefundTooLateError,
)
from huitou.purchases.requests import (
    InvalidEventError,
    InvalidPurchaseError,
    PurchaseBatchBody,
    PurchaseBody,
    QuoteBody,
    ReceiptClaimBody,
    VisitBody,
    read_claim,
    read_purchase,
    read_quote,
    read_visit,
)
from huitou.purchases.service import (
    AlreadyClaimedError,
    PurchaseNotFoundError,
    Purchases,
    ReceiptNotFoundError,
    Recorded,
)
from huitou.purchases.store import TableMemberStates, TablePurchases
from huitou.standing.store import TableStandings

BATCH = "/v1/purchases/batch"
BATCH_LIMIT = 4 * MIB
"""The function gets the body as a JSON text within its event, with every quote escaped: 6 MB at most."""

PurchaseId = Annotated[str, PathPart(max_length=60)]
RefundPath = Annotated[str, PathPart(max_length=60)]


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
parts: dict[str, Any] = {
    "purchases": TablePurchases(members),
    "wallets": TableWallets(members),
    "programs": programs,
    "commit": members.commit,
    "pause": pause,
    "budgets": TableBudgets(members),
    "states": TableMemberStates(members),
    "standings": TableStandings(members),
    "refunds": TableRefunds(members),
}
purchases = Purchases(**parts, commands=TableCommands(members))
refunds, moves = Refunds(**parts), Moves(**parts)
quotes = Quotes(parts["states"], parts["wallets"], TableCommands(members), parts["budgets"], programs)

app = create_app("record_purchases", "Purchases", body_limits={BATCH: BATCH_LIMIT})

BRAND_ERRORS = (BrandRequiredError, ForeignBrandError)
ERRORS = (MemberNotFoundError, InFutureError, TooLateError, ContentReusedError, *BRAND_ERRORS)

PAYING_ERRORS = (
    PointsCannotPayError,
    InsufficientPointsError,
    OutstandingDebtError,
    HoldNotFoundError,
    HoldEndedError,
    CaptureExceedsHoldError,
)


@app.post(
    "/v1/quotes",
    summary="Quote a basket",
    security=permission("points:read"),
    responses=documented({200: QuoteView}, InvalidPurchaseError, MemberNotFoundError, *BRAND_ERRORS, *PAYING_ERRORS),
)
def quote_basket(body: Annotated[QuoteBody, Body()]) -> Answer:
    """What the basket would earn and why, and how many points could pay for it; nothing is changed."""
    caller = current_caller(app)
    brand, now = caller.brand_for(body.brand), accepted_at(app)
    basket = read_quote(body, brand, programs.active(), now)
    buyer = directory.require(body.member.target, caller.is_group) if body.member else None
    return answer(quote_view(quotes.quote(basket, buyer, now)))


@app.post(
    "/v1/purchases",
    summary="Record a purchase",
    security=permission("purchases:write"),
    responses=documented(
        {200: RecordedPurchaseView, 201: RecordedPurchaseView},
        *(InvalidPurchaseError, *ERRORS, *PAYING_ERRORS),
        headers=("Location",),
    ),
)
def record_purchase(body: Annotated[PurchaseBody, Body()], idempotency_key: OptionalIdempotencyKey = None) -> Answer:
    """Records the sale and earns in the same write; the same receipt again gives the first answer, for ever."""
    caller = current_caller(app)
    recorded = _record(body, caller, idempotency_key)
    note(app, member=recorded.purchase.member, lines=len(recorded.purchase.lines), replayed=recorded.replayed)
    return _recorded(recorded)


@app.post(
    BATCH,
    summary="Record purchases that waited",
    security=permission("purchases:write"),
    responses=documented({200: PurchaseBatchView}),
)
def record_batch(body: Annotated[PurchaseBatchBody, Body()]) -> Answer:
    """For tills that come back online: each sale stands for itself, and a bad one holds up no other."""
    caller = current_caller(app)
    return answer({"results": [_batch_item(each, caller) for each in body.purchases]})


@app.post(
    "/v1/purchases/claims",
    summary="Claim a receipt",
    security=permission("purchases:write"),
    responses=documented(
        {200: RecordedPurchaseView, 201: RecordedPurchaseView},
        *(InvalidPurchaseError, MemberNotFoundError, *BRAND_ERRORS),
        *(ReceiptNotFoundError, AlreadyClaimedError, ClaimTooLateError),
        headers=("Location",),
    ),
)
def claim_receipt(body: Annotated[ReceiptClaimBody, Body()]) -> Answer:
    """補登: gives a sale without a member to the one who holds the receipt; it earns as of the sale."""
    caller = current_caller(app)
    brand = caller.brand_for(body.brand)
    receipt, total = read_claim(body, brand, programs.active())
    claimant = directory.require(body.member.target, caller.is_group)
    recorded = purchases.claim(receipt.digest, total, brand, claimant, accepted_at(app))
    _count(recorded.booked)
    note(app, member=recorded.purchase.member, replayed=recorded.replayed)
    return _recorded(recorded)


@app.get(
    "/v1/purchases/<purchase_id>",
    summary="Read a purchase",
    security=permission("purchases:read"),
    responses=documented({200: PurchaseView}, PurchaseNotFoundError),
)
def get_purchase(purchase_id: PurchaseId) -> Answer:
    """With its lines and what it earned."""
    caller = current_caller(app)
    found = purchases.get(purchase_id, caller.brand)
    return answer(purchase_view(found, _version_of(found.purchase)))


@app.get(
    "/v1/members/<member_id>/purchases",
    summary="List a member's purchases",
    security=permission("purchases:read"),
    responses=documented({200: PurchasePage}, MemberNotFoundError),
)
def list_purchases(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 20) -> Answer:
    """The newest first; a brand sees its own."""
    caller = current_caller(app)
    page = purchases.of_member(MemberId(member_id), brand=caller.brand, after=decode_cursor(cursor), limit=limit)
    sales = [sale_view(purchase, _version_of(purchase)) for purchase in page.items]
    return answer(purchase_page(sales, encode_cursor(page.next_cursor)))


@app.post(
    "/v1/events",
    summary="Record a visit",
    security=permission("purchases:write"),
    responses=documented({200: VisitView, 201: VisitView}, InvalidEventError, *ERRORS),
)
def record_visit(body: Annotated[VisitBody, Body()]) -> Answer:
    """A visit, booking, check-in or partner event; once, however often it is sent."""
    caller = current_caller(app)
    brand = caller.brand_for(body.brand)
    visitor = directory.require(body.member.target, caller.is_group)
    visit = read_visit(body, visitor.id, brand, programs.active(), accepted_at(app))
    seen = purchases.visit(visit, visitor, accepted_at(app))
    _count(seen.booked)
    note(app, member=seen.visit.member, replayed=seen.replayed)
    return answer(visit_view(seen), _status(seen.replayed))


@app.post(
    "/v1/purchases/<purchase_id>/move",
    summary="Move a purchase to the right member",
    security=permission("purchases:write"),
    responses=documented(
        {200: RecordedPurchaseView, 201: RecordedPurchaseView},
        *(PurchaseNotFoundError, MemberNotFoundError, NotMovableError, AlreadyMovedError),
        *(AlreadyRefundedError, RefundTooLateError),
        headers=("Location",),
    ),
)
def move_purchase(purchase_id: PurchaseId, body: Annotated[MoveBody, Body()]) -> Answer:
    """Takes back what it earned and sells what is left of it to whom it belongs, by the rules of its day."""
    caller = current_caller(app)
    to = directory.require(body.member.target, caller.is_group)
    moved = moves.move(
        purchase_id,
        to,
        caller.brand,
        reason=body.reason,
        actor=body.actor or caller.key_id,
        now=accepted_at(app),
    )
    _count(moved.booked)
    note(app, member=moved.purchase.member, replayed=moved.replayed)
    return _recorded(moved)


@app.post(
    "/v1/refunds",
    summary="Refund a purchase",
    security=permission("purchases:write"),
    responses=documented(
        {200: RecordedRefundView, 201: RecordedRefundView, 202: RecordedRefundView},
        *(InvalidRefundError, PurchaseNotFoundError, UnknownLineError, MoreThanBoughtError, AlreadyRefundedError),
        *(RefundTooLateError, InFutureError, TooLateError, ContentReusedError, *BRAND_ERRORS),
        headers=("Location",),
    ),
)
def refund(body: Annotated[RefundBody, Body()]) -> Answer:
    """Whole, by line or by a part of one, as often as something is left; 202 where the sale is not known yet."""
    caller = current_caller(app)
    order = read_refund(body, caller.brand_for(body.brand), programs.active(), accepted_at(app))
    made = refunds.refund(order.refund, order.purchase_id, accepted_at(app))
    _count(made.booked)
    purchase = made.refund.purchase
    note(app, member=purchase.member if purchase else None, lines=len(made.refund.returned), replayed=made.replayed)
    waits = made.refund.status is RefundStatus.WAITING and not made.replayed
    location = {"Location": reference_to(app, f"/v1/refunds/{made.refund.id}")}
    return answer(_refund(made), 202 if waits else _status(made.replayed), location)


@app.get(
    "/v1/refunds",
    summary="List refunds that wait for their sales",
    security=permission("purchases:read"),
    responses=documented({200: RefundPage}, *BRAND_ERRORS),
)
def list_refunds(
    status: Annotated[Literal["waiting"], Query(description="Only these are listed.")] = "waiting",
    brand: Annotated[str | None, Query(max_length=64, description="The key's brand, where it has one.")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Answer:
    """Those that have waited for a day: the till that sold it may be offline, or the receipt's number wrong."""
    del status
    scope, now = current_caller(app).brand_for(brand), accepted_at(app)
    page = refunds.waiting(scope, now, after=decode_cursor(cursor), limit=limit)
    views = [refund_view(each, (), programs.active(), now) for each in page.items]
    return answer(refund_page(views, encode_cursor(page.next_cursor)))


@app.get(
    "/v1/refunds/<refund_id>",
    summary="Read a refund",
    security=permission("purchases:read"),
    responses=documented({200: RecordedRefundView}, RefundNotFoundError),
)
def get_refund(refund_id: RefundPath) -> Answer:
    """With what it returned, took and gave."""
    return answer(_refund(refunds.get(refund_id, current_caller(app).brand)))


@app.post(
    "/v1/refunds/<refund_id>/cancellation",
    summary="Cancel a refund that waits",
    security=permission("purchases:write"),
    responses=documented({200: RecordedRefundView}, RefundNotFoundError, RefundNotWaitingError),
)
def cancel_refund(refund_id: RefundPath) -> Answer:
    """Only while its sale has not come; a second time changes nothing."""
    return answer(_refund(refunds.cancel(refund_id, current_caller(app).brand, accepted_at(app))))


def _refund(made: Refunded) -> dict[str, Any]:
    version = made.refund.program_version
    return recorded_refund_view(made, programs.version(version) if version else programs.active(), accepted_at(app))


def _record(body: PurchaseBody, caller: Caller, idempotency_key: str | None) -> Recorded:
    brand, now = caller.brand_for(body.brand), accepted_at(app)
    purchase = read_purchase(body, brand, idempotency_key, programs.active(), now)
    buyer = directory.require(body.member.target, caller.is_group) if body.member else None
    recorded = purchases.record(purchase, buyer, now)
    _count(recorded.booked)
    return recorded


def _batch_item(raw: dict[str, Any], caller: Caller) -> dict[str, Any]:
    outcome = attempt(app, lambda: _record(read_shape(PurchaseBody, raw), caller, None))
    if isinstance(outcome, Problem):
        return {"status": outcome.status, "problem": outcome.document(app.request_id)}
    return {"status": _status(outcome.replayed), "purchase": _view(outcome)}


def _recorded(recorded: Recorded) -> Answer:
    location = {"Location": reference_to(app, f"/v1/purchases/{recorded.purchase.id}")}
    return answer(_view(recorded), _status(recorded.replayed), location)


def _view(recorded: Recorded) -> dict[str, Any]:
    return recorded_view(recorded, _version_of(recorded.purchase))


def _version_of(purchase: Purchase) -> Program:
    return programs.version(purchase.program_version)


def _count(booked: Iterable[Entry]) -> None:
    for name, points in points_booked(booked, programs.active().home_currency).items():
        app.observer.count(name, points)


def _status(replayed: bool) -> int:
    return 200 if replayed else 201


handler = entry_point(app)
