"""Coupons over HTTP: those of a member, and one by its code, for tills that take it."""

from __future__ import annotations

from time import monotonic
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as PathPart

from huitou.access.model import BrandRequiredError, ForeignBrandError
from huitou.kernel.errors import ContentionError, ContentReusedError
from huitou.kernel.ids import MemberId, parse_digest
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
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.membership import MEMBER_ERRORS, MemberErasedError
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.rewards.errors import (
    CouponExpiredError,
    CouponNotFoundError,
    CouponNotTakenHereError,
    CouponUsedError,
    CouponUsedTooOftenError,
    CouponUseNotFoundError,
    InvalidCouponUseError,
)
from huitou.rewards.model import Use
from huitou.rewards.requests import (
    CouponPage,
    CouponUseBody,
    CouponView,
    UsedCouponView,
    coupon_view,
    used_coupon_view,
)
from huitou.rewards.service import Coupons, Used, use_command
from huitou.rewards.store import TableCoupons

COUPON = "/v1/coupons/<code>"

Code = Annotated[str, PathPart(max_length=64)]
UseId = Annotated[str, PathPart(max_length=64)]


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)
coupons = Coupons(TableCoupons(members), TableWallets(members), programs, members.commit, pause)

app = create_app("serve_coupons", "Coupons")

COUPON_ERRORS = (CouponNotFoundError, MemberErasedError)


@app.get(
    "/v1/members/<member_id>/coupons",
    summary="List a member's coupons",
    security=permission("coupons:read"),
    responses=documented({200: CouponPage}, *MEMBER_ERRORS),
)
def list_coupons(member_id: MemberPath, cursor: Cursor = None, limit: Limit = 50) -> Answer:
    """The newest first; a brand's key sees those that it takes."""
    member, now = MemberId(member_id), accepted_at(app)
    note(app, member=member)
    page = coupons.of_member(member, current_caller(app).brand, after=decode_cursor(cursor), limit=limit)
    items = [coupon_view(each, programs, now) for each in page.items]
    return answer({"items": items, "next_cursor": encode_cursor(page.next_cursor)})


@app.get(
    COUPON,
    summary="Read a coupon",
    security=permission("coupons:read"),
    responses=documented({200: CouponView}, *COUPON_ERRORS),
)
def get_coupon(code: Code) -> Answer:
    """Whether it can be used; a brand's key sees those that it takes."""
    return answer(coupon_view(coupons.get(code, current_caller(app).brand), programs, accepted_at(app)))


@app.post(
    f"{COUPON}/uses",
    summary="Use a coupon",
    security=permission("coupons:write"),
    responses=documented(
        {200: UsedCouponView, 201: UsedCouponView},
        *(*COUPON_ERRORS, BrandRequiredError, ForeignBrandError, InvalidCouponUseError, CouponNotTakenHereError),
        *(CouponUsedError, CouponExpiredError, CouponUsedTooOftenError, ContentReusedError, ContentionError),
    ),
)
def use_coupon(code: Code, body: Annotated[CouponUseBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Takes the coupon, once, whoever else tries. The same key again gives the same answer, for ever."""
    caller = current_caller(app)
    command = use_command(caller.brand, code, idempotency_key)
    asked = Use(command, caller.brand_for(body.brand), body.store, body.client_reference, accepted_at(app))
    return _used(coupons.use(code, asked, caller.brand))


@app.post(
    f"{COUPON}/uses/<use_id>/reversal",
    summary="Reverse the use of a coupon",
    security=permission("coupons:write"),
    responses=documented(
        {200: UsedCouponView, 201: UsedCouponView}, *COUPON_ERRORS, CouponUseNotFoundError, ContentionError
    ),
)
def reverse_use(code: Code, use_id: UseId) -> Answer:
    """Gives the coupon back, once; it ends when it would have ended."""
    return _used(coupons.reverse(code, parse_digest(use_id), current_caller(app).brand, accepted_at(app)))


def _used(used: Used) -> Answer:
    note(app, member=used.coupon.id.member, replayed=used.replayed)
    return answer(used_coupon_view(used, programs), status_of(replayed=used.replayed))


handler = entry_point(app)
