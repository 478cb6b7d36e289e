"""What a till asks before a sale: what a basket would bring, and points set aside to pay for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path

from huitou.access.model import BrandRequiredError, Caller, ForeignBrandError
from huitou.composition import MemberSettings, count_points, ground
from huitou.kernel.errors import ContentionError, ContentReusedError
from huitou.kernel.ids import Digest, parse_digest
from huitou.platform.http import (
    Answer,
    IdempotencyKey,
    accepted_at,
    answer,
    create_app,
    current_caller,
    documented,
    entry_point,
    note,
    permission,
    reference_to,
    status_of,
)
from huitou.platform.pauses import pause
from huitou.platform.settings import load
from huitou.points.budget_store import TableBudgets
from huitou.points.command_store import TableCommands
from huitou.points.commands import InvalidCommandError, command_id
from huitou.points.decisions import InsufficientPointsError, OutstandingDebtError
from huitou.points.holding import CaptureExceedsHoldError, HoldEndedError, TooManyHoldsError
from huitou.points.holds import HoldNotFoundError, Holds, HoldStatus
from huitou.points.membership import MEMBER_ERRORS
from huitou.points.order_answers import HoldView, hold_view
from huitou.points.paying import PointsCannotPayError
from huitou.points.requests import (
    CaptureBody,
    HoldBody,
    Occasion,
    read_capture,
    read_hold,
)
from huitou.points.store import TableWallets
from huitou.purchases.quote_answers import QuoteView, quote_view
from huitou.purchases.quoting import Quotes
from huitou.purchases.requests import (
    InvalidPurchaseError,
    QuoteBody,
    read_quote,
)
from huitou.purchases.store import TableMemberStates
from huitou.sale_composition import SegmentsOnDemand

HoldPath = Annotated[str, Path(alias="hold_id", max_length=64)]


members, program, programs, directory = ground(load(MemberSettings))
wallets, commands = TableWallets(members), TableCommands(members)
segments = SegmentsOnDemand(members, program, programs)
quotes = Quotes(TableMemberStates(members), wallets, commands, TableBudgets(members), programs, segments=segments)
holds = Holds(wallets, commands, programs, members.commit, pause)

app = create_app("serve_checkouts", "Checkouts")

BRAND_ERRORS = (BrandRequiredError, ForeignBrandError)
SPENDING_ERRORS = (InsufficientPointsError, OutstandingDebtError)
HELD_ERRORS = (HoldNotFoundError, HoldEndedError, CaptureExceedsHoldError)


@app.post(
    "/v1/quotes",
    summary="Quote a basket",
    security=permission("points:read"),
    responses=documented(
        {200: QuoteView},
        *(InvalidPurchaseError, *MEMBER_ERRORS, PointsCannotPayError),
        *(*BRAND_ERRORS, *SPENDING_ERRORS, *HELD_ERRORS),
    ),
)
def quote_basket(body: Annotated[QuoteBody, Body()]) -> Answer:
    """What the basket would earn and why, and how many points could pay for it; nothing is changed."""
    caller = current_caller(app)
    brand, now = caller.brand_for(body.brand), accepted_at(app)
    basket = read_quote(body, brand, programs.active(), now)
    buyer = directory.require(body.member.target, caller.is_group) if body.member else None
    return answer(quote_view(quotes.quote(basket, buyer, now)))


@app.post(
    "/v1/holds",
    summary="Hold points",
    security=permission("points:write"),
    responses=documented(
        {200: HoldView, 201: HoldView},
        *(InvalidCommandError, *MEMBER_ERRORS, *BRAND_ERRORS, *SPENDING_ERRORS, TooManyHoldsError),
        *(ContentReusedError, ContentionError),
        headers=("Location",),
    ),
)
def place_hold(body: Annotated[HoldBody, Body()], idempotency_key: IdempotencyKey) -> Answer:
    """Sets points aside for a till, so that nothing else can spend them; uncaptured, they return by themselves."""
    caller = current_caller(app)
    member = directory.require(body.member.target, caller.is_group)
    occasion = Occasion(
        command_id(caller.brand, idempotency_key), member.id, caller.brand_for(body.brand), accepted_at(app)
    )
    order = read_hold(body, occasion, programs.active())
    hold = holds.place(order, presented=member.presented, now=accepted_at(app), identity_of=member.identity_of)
    location = {"Location": reference_to(app, f"/v1/holds/{hold.order.id}")}
    return _hold(hold, status_of(replayed=hold.replayed), location)


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
        *(InvalidCommandError, *HELD_ERRORS),
        *(ContentReusedError, ContentionError),
    ),
)
def capture_hold(hold_id: HoldPath, body: Annotated[CaptureBody, Body()]) -> Answer:
    """Spends what is held, or a part of it; the rest returns at once. A purchase can do the same itself."""
    caller = current_caller(app)
    hold, now = parse_digest(hold_id), accepted_at(app)
    amount = None
    if body.points is not None:  # only then it must be known which points these are
        amount = read_capture(body.points, programs.active().currencies[_held(hold, caller).order.currency])
    captured = holds.capture(hold, amount, brand=caller.brand, now=now)
    return _hold(captured, status_of(replayed=captured.replayed))


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
    return _hold(released, status_of(replayed=released.replayed))


def _held(hold: Digest, caller: Caller) -> HoldStatus:
    return holds.get(hold, caller.brand, accepted_at(app))


def _hold(hold: HoldStatus, status: int, headers: Mapping[str, str] | None = None) -> Answer:
    note(app, member=hold.order.member, currency=hold.order.currency, replayed=hold.replayed)
    count_points(app, hold.entries, programs)
    return answer(hold_view(hold, programs.version(hold.latest.program_version)), status, headers)


handler = entry_point(app)
