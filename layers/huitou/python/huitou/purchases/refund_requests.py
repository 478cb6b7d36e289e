"""Refunds and moves as they come over HTTP: shapes, and what turns them into values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import Field

from huitou.fields import Body, ClientReference, Day, Moment, Name, Printed, Text
from huitou.kernel.calendars import local_date
from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import Digest
from huitou.members.references import MemberReference
from huitou.program.faults import Faults
from huitou.program.model import BrandId, Program, Store
from huitou.purchases.model import QUANTITY_EXPONENT
from huitou.purchases.receipts import Order, Receipt, TillReceipt
from huitou.purchases.refunds import LineAsked, Refund, refund_id
from huitou.purchases.requests import MOST_LINES, Amount

NOT_KNOWN_YET = Digest("")
"""The receipt of a purchase that is named by its id."""


class InvalidRefundError(InvalidError):
    """The refund has the right shape, but cannot be under the programme in force; ``errors`` names each fault."""

    code = "invalid_refund"
    title = "The refund is not valid"


class RefundedPurchaseBody(Body):
    """Which purchase: by our id, or by what its receipt says; a receipt may also be of a sale still to come (E19)."""

    purchase_id: Annotated[str, Field(max_length=60)] | None = None
    store: Name | None = None
    terminal: Printed | None = None
    receipt: Printed | None = None
    business_date: Day | None = Field(None, description="The receipt's day; by default that of `occurred_at`.")
    channel: Name = "store"
    order_id: Printed | None = None
    occurred_at: Moment | None = Field(None, description="When it was bought.")


class RefundLineBody(Body):
    """A line that comes back, or a part of it: named by its place on the bill, its sku, or both."""

    line: Annotated[int, Field(ge=0, lt=MOST_LINES, description="From 0.")] | None = None
    sku: Name | None = None
    quantity: Amount | None = Field(None, description="By default all that is left.")


class RefundBody(Body):
    """What comes back of a purchase."""

    refund_id: Printed = Field(description="Your own number of it: names the refund with its brand (E14).")
    brand: Name | None = Field(None, description="The key's brand, where it has one.")
    purchase: RefundedPurchaseBody
    lines: Annotated[list[RefundLineBody], Field(min_length=1, max_length=MOST_LINES)] | None = Field(
        None, description="By default all that is left."
    )
    occurred_at: Moment
    reason: Text | None = None
    client_reference: ClientReference | None = None


class MoveBody(Body):
    """To whom a purchase belongs, and why it was not theirs."""

    member: MemberReference
    reason: Text
    actor: Name | None = Field(None, description="Who decided it, as your own systems call them; else the key's id.")


class RefundOrder(NamedTuple):
    """A refund to carry out, and the id of its purchase, where it is named by that."""

    refund: Refund
    purchase_id: str | None


def read_refund(body: RefundBody, brand: BrandId, program: Program, now: datetime) -> RefundOrder:
    """The refund in ``body``. Raises `InvalidRefundError` naming every fault."""
    faults = _Faults()
    store = faults.store(body.purchase.store, brand, program)
    receipt = faults.receipt(body.purchase, brand, store, program)
    lines = None
    if body.lines is not None:
        lines = tuple(faults.line(f"/lines/{index}", line) for index, line in enumerate(body.lines))
    faults.raise_any(InvalidRefundError, "The refund cannot be booked as it is.")
    refund = Refund(
        id=refund_id(brand, body.refund_id),
        number=body.refund_id,
        brand=brand,
        receipt=receipt.digest if receipt else NOT_KNOWN_YET,
        lines=lines,
        occurred_at=body.occurred_at,
        received_at=now,
        closes_at=(body.purchase.occurred_at or body.occurred_at) + program.refund_limit,
        reason=body.reason,
        client_reference=body.client_reference,
    )
    return RefundOrder(refund, body.purchase.purchase_id)


class _Faults(Faults):
    """With what only a refund has. Pointers into the purchase are those of the whole body."""

    def receipt(
        self, named: RefundedPurchaseBody, brand: BrandId, store: Store | None, program: Program
    ) -> Receipt | None:
        names = [named.purchase_id, named.receipt, named.order_id]
        if sum(name is not None for name in names) != 1:
            self.add("/purchase", "name it by exactly one of purchase_id, receipt and order_id")
        elif named.order_id is not None:
            return Order(brand, named.channel, named.order_id)
        elif named.receipt is not None:
            return self._till_receipt(named, brand, store, program)
        return None

    def _till_receipt(
        self, named: RefundedPurchaseBody, brand: BrandId, store: Store | None, program: Program
    ) -> Receipt | None:
        if named.store is None:
            self.add("/purchase/store", "a receipt belongs to a store")
        day = named.business_date
        if day is None and named.occurred_at is not None:
            day = local_date(named.occurred_at, store.zone if store else program.zone)
        if day is None:
            self.add("/purchase/business_date", "a receipt has a day: say it, or when it was bought")
            return None
        return TillReceipt(brand, named.store or "", named.terminal or "", named.receipt or "", day)

    def line(self, pointer: str, line: RefundLineBody) -> LineAsked:
        if line.line is None and line.sku is None:
            self.add(pointer, "name the line by its place, its sku, or both")
        quantity = None
        if line.quantity is not None:
            quantity = self.amount(f"{pointer}/quantity", line.quantity, QUANTITY_EXPONENT)
            if quantity == 0:
                self.add(f"{pointer}/quantity", "must be more than 0")
        return LineAsked(line.line, line.sku, quantity)
