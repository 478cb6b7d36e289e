"""What members buy and do: purchases one by one and in batches, claims of receipts, visits."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import BrandRequiredError, Caller, ForeignBrandError
from huitou.composition import MemberSettings, count_points, ground
from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId
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
    status_of,
)
from huitou.platform.json_bodies import MIB
from huitou.platform.pauses import pause
from huitou.platform.problems import Problem
from huitou.platform.settings import load
from huitou.platform.shapes import read_shape
from huitou.points.budget_store import TableBudgets
from huitou.points.command_store import TableCommands
from huitou.points.decisions import InsufficientPointsError, OutstandingDebtError
from huitou.points.holding import CaptureExceedsHoldError, HoldEndedError
from huitou.points.holds import HoldNotFoundError
from huitou.points.membership import MEMBER_ERRORS
from huitou.points.paying import PointsCannotPayError
from huitou.points.store import TableWallets
from huitou.program.acceptance import InFutureError, TooLateError
from huitou.program.model import Program
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
from huitou.purchases.refund_store import TableRefunds
from huitou.purchases.requests import (
    InvalidEventError,
    InvalidPurchaseError,
    PurchaseBatchBody,
    PurchaseBody,
    ReceiptClaimBody,
    VisitBody,
    read_claim,
    read_purchase,
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
from huitou.sale_composition import SegmentsOnDemand
from huitou.standing.store import TableStandings

BATCH = "/v1/purchases/batch"
BATCH_LIMIT = 4 * MIB
"""The function gets the body as a JSON text within its event, with every quote escaped: 6 MB at most."""

PurchaseId = Annotated[str, PathPart(max_length=60)]


members, program, programs, directory = ground(load(MemberSettings))
purchases = Purchases(
    TablePurchases(members),
    TableWallets(members),
    programs,
    members.commit,
    pause,
    budgets=TableBudgets(members),
    states=TableMemberStates(members),
    standings=TableStandings(members),
    refunds=TableRefunds(members),
    segments=SegmentsOnDemand(members, program, programs),
    commands=TableCommands(members),
)

app = create_app("record_purchases", "Purchases", body_limits={BATCH: BATCH_LIMIT})

BRAND_ERRORS = (BrandRequiredError, ForeignBrandError)
ERRORS = (*MEMBER_ERRORS, InFutureError, TooLateError, ContentReusedError, *BRAND_ERRORS)

PAYING_ERRORS = (
    PointsCannotPayError,
    InsufficientPointsError,
    OutstandingDebtError,
    HoldNotFoundError,
    HoldEndedError,
    CaptureExceedsHoldError,
)


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
        *(InvalidPurchaseError, *MEMBER_ERRORS, *BRAND_ERRORS),
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
    count_points(app, recorded.booked, programs)
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
    responses=documented({200: PurchasePage}, *MEMBER_ERRORS),
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
    visit = read_visit(body, visitor.named, brand, programs.active(), accepted_at(app))
    seen = purchases.visit(visit, visitor, accepted_at(app))
    count_points(app, seen.booked, programs)
    note(app, member=seen.visit.member, replayed=seen.replayed)
    return answer(visit_view(seen), status_of(replayed=seen.replayed))


def _record(body: PurchaseBody, caller: Caller, idempotency_key: str | None) -> Recorded:
    brand, now = caller.brand_for(body.brand), accepted_at(app)
    purchase = read_purchase(body, brand, idempotency_key, programs.active(), now)
    buyer = directory.require(body.member.target, caller.is_group) if body.member else None
    recorded = purchases.record(purchase, buyer, now)
    count_points(app, recorded.booked, programs)
    return recorded


def _batch_item(raw: dict[str, Any], caller: Caller) -> dict[str, Any]:
    outcome = attempt(app, raw, lambda item: _record(read_shape(PurchaseBody, item), caller, None))
    if isinstance(outcome, Problem):
        return {"status": outcome.status, "problem": outcome.document(app.request_id)}
    return {"status": status_of(replayed=outcome.replayed), "purchase": _view(outcome)}


def _recorded(recorded: Recorded) -> Answer:
    location = {"Location": reference_to(app, f"/v1/purchases/{recorded.purchase.id}")}
    return answer(_view(recorded), status_of(replayed=recorded.replayed), location)


def _view(recorded: Recorded) -> dict[str, Any]:
    return recorded_view(recorded, _version_of(recorded.purchase))


def _version_of(purchase: Purchase) -> Program:
    return programs.version(purchase.program_version)


handler = entry_point(app)
