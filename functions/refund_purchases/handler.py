"""What comes back: refunds, also before their sales are known, and purchases that were another member's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import BrandRequiredError, ForeignBrandError
from huitou.composition import MemberSettings, count_points, ground
from huitou.kernel.errors import ContentReusedError
from huitou.platform.http import (
    Answer,
    Cursor,
    Limit,
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
from huitou.points.budget_store import TableBudgets
from huitou.points.membership import MEMBER_ERRORS
from huitou.points.store import TableWallets
from huitou.program.acceptance import InFutureError, TooLateError
from huitou.purchases.answers import (
    RecordedPurchaseView,
    recorded_view,
)
from huitou.purchases.moving import AlreadyMovedError, Moves, NotMovableError
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
from huitou.purchases.service import PurchaseNotFoundError
from huitou.purchases.store import TableMemberStates, TablePurchases
from huitou.sale_composition import SegmentsOnDemand
from huitou.standing.store import TableStandings

PurchasePath = Annotated[str, PathPart(alias="purchase_id", max_length=60)]
RefundPath = Annotated[str, PathPart(alias="refund_id", max_length=60)]


members, program, programs, directory = ground(load(MemberSettings))
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
    "segments": SegmentsOnDemand(members, program, programs),
}
refunds, moves = Refunds(**parts), Moves(**parts)

app = create_app("refund_purchases", "Refunds")

BRAND_ERRORS = (BrandRequiredError, ForeignBrandError)


@app.post(
    "/v1/purchases/<purchase_id>/move",
    summary="Move a purchase to the right member",
    security=permission("purchases:write"),
    responses=documented(
        {200: RecordedPurchaseView, 201: RecordedPurchaseView},
        *(PurchaseNotFoundError, *MEMBER_ERRORS, NotMovableError, AlreadyMovedError),
        *(AlreadyRefundedError, RefundTooLateError),
        headers=("Location",),
    ),
)
def move_purchase(purchase_id: PurchasePath, body: Annotated[MoveBody, Body()]) -> Answer:
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
    count_points(app, moved.booked, programs)
    note(app, member=moved.purchase.member, replayed=moved.replayed)
    location = {"Location": reference_to(app, f"/v1/purchases/{moved.purchase.id}")}
    view = recorded_view(moved, programs.version(moved.purchase.program_version))
    return answer(view, status_of(replayed=moved.replayed), location)


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
    count_points(app, made.booked, programs)
    purchase = made.refund.purchase
    note(app, member=purchase.member if purchase else None, lines=len(made.refund.returned), replayed=made.replayed)
    waits = made.refund.status is RefundStatus.WAITING and not made.replayed
    location = {"Location": reference_to(app, f"/v1/refunds/{made.refund.id}")}
    return answer(_refund(made), 202 if waits else status_of(replayed=made.replayed), location)


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


handler = entry_point(app)
