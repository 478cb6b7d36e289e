"""Purchases, claims and visits as they come over HTTP and by import: shapes, and what turns them into values.

The shape is checked by pydantic; what only the programme can tell (brands, stores, decimals, sums) here, with
every fault of a request named at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from huitou.fields import Body, ClientReference, Day, Moment, Name, Number, Printed
from huitou.kernel.calendars import local_date
from huitou.kernel.errors import InvalidError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.references import MemberReference
from huitou.program.faults import Faults
from huitou.program.model import BrandId, Program, Store
from huitou.purchases.model import QUANTITY_EXPONENT, Discount, Line, Payment, PointsPaid, Purchase, Visit, VisitType
from huitou.purchases.receipts import KeyedSale, Order, Receipt, SourceEvent, TillReceipt

MOST_LINES = 500
MOST_IN_BATCH = 100
NOT_RECORDED = "The purchase cannot be recorded as it is."

Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$", max_length=17)]
"""A decimal that is not negative, as text: ``"120"``, ``"12.50"``."""
Data = Annotated[dict[Name, Annotated[str, StringConstraints(max_length=200)]], Field(max_length=20)]


class InvalidPurchaseError(InvalidError):
    """The purchase has the right shape, but cannot be under the programme in force; ``errors`` names each fault."""

    code = "invalid_purchase"
    title = "The purchase is not valid"


class InvalidEventError(InvalidError):
    """The event has the right shape, but cannot be under the programme in force; ``errors`` names each fault."""

    code = "invalid_event"
    title = "The event is not valid"


class PurchaseLineBody(Body):
    """One line of the bill."""

    sku: Name
    category: Name | None = None
    quantity: Amount = Field("1", description="Pieces or weight, up to 3 decimals.")
    amount: Amount = Field(description="What was paid for the line, after all discounts.")
    discount: Amount = Field("0", description="What was taken off.")


class DiscountBody(Body):
    """What a code or offer took off; contained in the lines' amounts already."""

    code: Name
    amount: Amount


class PaymentBody(Body):
    """A means of payment and its part of the total."""

    method: Name = Field(description="`points` are the programme's own: what they paid for earns nothing.")
    amount: Amount


class ReceiptBody(Body):
    """What makes the sale the same sale when it comes again (E14)."""

    brand: Name | None = Field(None, description="The key's brand, where it has one.")
    store: Name | None = None
    terminal: Printed | None = Field(None, description="The till, where receipt numbers are per till.")
    receipt: Printed | None = Field(None, description="The till's receipt number; names the sale with store and day.")
    business_date: Day | None = Field(None, description="The receipt's day; by default the sale's, at the store.")
    order_id: Printed | None = Field(None, description="Names the sale where there is no till.")
    channel: Name = "store"
    occurred_at: Moment


class RedemptionPartBody(Body):
    """Points that pay a part of the sale (M9)."""

    points: Amount = Field(description="How many; of a hold, what is left over returns.")
    currency: Name | None = Field(None, description="By default the points that all brands share.")
    hold_id: Annotated[str, StringConstraints(pattern=r"^[A-Z2-7]{26}$")] | None = Field(
        None, description="The hold that they are captured from; without it they are spent at once."
    )


class SaleBody(ReceiptBody):
    """A sale with all its lines; without a member it can be claimed later (M40)."""

    member: MemberReference | None = None
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217.")
    lines: Annotated[list[PurchaseLineBody], Field(min_length=1, max_length=MOST_LINES)]
    discounts: list[DiscountBody] = Field(default_factory=list, max_length=100)
    payments: list[PaymentBody] = Field(default_factory=list, max_length=20)
    total: Amount = Field(description="The sum of the lines' amounts.")
    client_reference: ClientReference | None = None


class PurchaseBody(SaleBody):
    """A sale with all its lines; without a member it can be claimed later (M40)."""

    redemption: RedemptionPartBody | None = Field(
        None, description="Points spent in the same step. Their worth is a part of the total, and earns nothing."
    )


class QuoteBody(Body):
    """A basket at a till, before anybody pays."""

    brand: Name | None = Field(None, description="The key's brand, where it has one.")
    store: Name | None = None
    channel: Name = "store"
    member: MemberReference | None = None
    currency: str = Field(pattern=r"^[A-Z]{3}$", description="ISO 4217.")
    lines: Annotated[list[PurchaseLineBody], Field(min_length=1, max_length=MOST_LINES)]
    discounts: list[DiscountBody] = Field(default_factory=list, max_length=100)
    payments: list[PaymentBody] = Field(default_factory=list, max_length=20)
    total: Amount = Field(description="The sum of the lines' amounts.")
    redemption: RedemptionPartBody | None = Field(None, description="Points that would pay a part of it.")


class _DescribedAsPurchase:
    """Makes the API description show a purchase, and leaves reading it to each item's turn (E28)."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(PurchaseBody.__pydantic_core_schema__)


_UnreadPurchase = Annotated[dict[str, Any], _DescribedAsPurchase]


class PurchaseBatchBody(Body):
    """Up to 100 sales of a till that was offline; each stands for itself, and is read for itself."""

    purchases: Annotated[list[_UnreadPurchase], Field(min_length=1, max_length=MOST_IN_BATCH)]


class ReceiptClaimBody(ReceiptBody):
    """A receipt in a member's hand (補登): what identifies it, and its total as a proof."""

    member: MemberReference
    total: Amount


class VisitBody(Body):
    """Something a member did without buying."""

    brand: Name | None = None
    store: Name | None = None
    type: VisitType
    source: Name = Field(description="The system that saw it.")
    event_id: Number = Field(description="What that system calls it; names the event with brand and source.")
    member: MemberReference
    occurred_at: Moment
    data: Data = Field(default_factory=dict)
    client_reference: ClientReference | None = None


def read_purchase(
    body: SaleBody, brand: BrandId, idempotency_key: str | None, program: Program, now: datetime
) -> Purchase:
    """The purchase in ``body``, its member left out. Raises `InvalidPurchaseError` naming every fault."""
    faults = _Faults()
    store = faults.store(body.store, brand, program)
    faults.channel(body.channel, program)
    receipt = faults.receipt(body, brand, store, idempotency_key, program)
    if body.currency != program.money:
        faults.add("/currency", f"the programme sells in {program.money}")
    lines = tuple(faults.line(index, line, program) for index, line in enumerate(body.lines))
    discounts = tuple(
        Discount(each.code, faults.amount(f"/discounts/{index}/amount", each.amount, program.money_exponent))
        for index, each in enumerate(body.discounts)
    )
    payments = tuple(
        Payment(each.method, faults.amount(f"/payments/{index}/amount", each.amount, program.money_exponent))
        for index, each in enumerate(body.payments)
    )
    total = faults.amount("/total", body.total, program.money_exponent)
    faults.sums(total, lines, payments)
    redemption = body.redemption if isinstance(body, PurchaseBody) else None
    paid = faults.redemption(redemption, body.member, brand, program) if redemption else None
    faults.raise_any(InvalidPurchaseError, NOT_RECORDED)
    return Purchase(
        receipt=receipt.digest,
        member=None,
        brand=brand,
        store=body.store,
        channel=body.channel,
        terminal=body.terminal,
        number=body.receipt or body.order_id,
        business_date=receipt.business_date if isinstance(receipt, TillReceipt) else None,
        occurred_at=body.occurred_at,
        received_at=now,
        money=body.currency,
        lines=lines,
        discounts=discounts,
        payments=payments,
        total=total,
        client_reference=body.client_reference,
        program_version=program.version,
        paid=paid,
    )


def read_quote(body: QuoteBody, brand: BrandId, program: Program, now: datetime) -> Purchase:
    """The sale that would come of it now. Raises `InvalidPurchaseError` naming every fault."""
    basket = {name: getattr(body, name) for name in QuoteBody.model_fields}
    return read_purchase(PurchaseBody.model_construct(occurred_at=now, **basket), brand, "quote", program, now)


def read_receipt(body: ReceiptBody, brand: BrandId, program: Program) -> Receipt:
    """What makes the sale the same sale. Raises `InvalidPurchaseError`."""
    faults = _Faults()
    store = faults.store(body.store, brand, program)
    receipt = faults.receipt(body, brand, store, None, program)
    faults.raise_any(InvalidPurchaseError, NOT_RECORDED)
    return receipt


def read_claim(body: ReceiptClaimBody, brand: BrandId, program: Program) -> tuple[Receipt, int]:
    """The receipt claimed and its total. Raises `InvalidPurchaseError`."""
    faults = _Faults()
    store = faults.store(body.store, brand, program)
    receipt = faults.receipt(body, brand, store, None, program)
    total = faults.amount("/total", body.total, program.money_exponent)
    faults.raise_any(InvalidPurchaseError, NOT_RECORDED)
    return receipt, total


def read_visit(body: VisitBody, member: MemberId, brand: BrandId, program: Program, now: datetime) -> Visit:
    """The visit in ``body``. Raises `InvalidEventError`."""
    faults = _Faults()
    faults.store(body.store, brand, program)
    faults.raise_any(InvalidEventError, "The event cannot be recorded as it is.")
    return Visit(
        source=SourceEvent(brand, body.source, body.event_id).digest,
        type=body.type,
        member=member,
        brand=brand,
        store=body.store,
        occurred_at=body.occurred_at,
        received_at=now,
        data=body.data,
        client_reference=body.client_reference,
    )


class _Faults(Faults):
    """With what only a purchase has."""

    def __init__(self) -> None:
        super().__init__()
        self._amounts_known = True

    def channel(self, channel: str, program: Program) -> None:
        if channel not in program.channels:
            self.add("/channel", "the programme has no such channel")

    def receipt(
        self, body: ReceiptBody, brand: BrandId, store: Store | None, key: str | None, program: Program
    ) -> Receipt:
        if body.receipt is not None:
            if body.store is None:
                self.add("/store", "a receipt belongs to a store")
            zone = store.zone if store else program.zone
            day = body.business_date or local_date(body.occurred_at, zone)
            return TillReceipt(brand, body.store or "", body.terminal or "", body.receipt, day)
        if body.order_id is not None:
            return Order(brand, body.channel, body.order_id)
        if key is None:
            self.add("/receipt", "a sale is named by a receipt, an order_id or an Idempotency-Key")
        return KeyedSale(brand, key or "")

    def redemption(
        self, body: RedemptionPartBody, member: MemberReference | None, brand: BrandId, program: Program
    ) -> PointsPaid | None:
        currency = program.currencies.get(body.currency or program.home_currency)
        if member is None:
            self.add("/redemption", "only a member has points")
        if currency is None or currency.brand not in {None, brand}:
            self.add("/redemption/currency", "there are no such points at this brand")
            return None
        points = Faults.amount(self, "/redemption/points", body.points, currency.exponent)
        if points == 0:
            self.add("/redemption/points", "must be more than 0")
        return PointsPaid(currency.id, points or 0, hold=Digest(body.hold_id) if body.hold_id else None)

    def line(self, index: int, line: PurchaseLineBody, program: Program) -> Line:
        place = f"/lines/{index}"
        return Line(
            sku=line.sku,
            category=line.category,
            quantity=self.amount(f"{place}/quantity", line.quantity, QUANTITY_EXPONENT),
            amount=self.amount(f"{place}/amount", line.amount, program.money_exponent),
            discount=self.amount(f"{place}/discount", line.discount, program.money_exponent),
        )

    def amount(self, pointer: str, text: str, exponent: int) -> int:
        amount = super().amount(pointer, text, exponent)
        self._amounts_known = self._amounts_known and amount is not None
        return amount or 0

    def sums(self, total: int, lines: Sequence[Line], payments: Sequence[Payment]) -> None:
        if not self._amounts_known:
            return
        if sum(line.amount for line in lines) != total:
            self.add("/total", "is not the sum of the lines' amounts")
        if payments and sum(payment.amount for payment in payments) != total:
            self.add("/payments", "do not sum up to the total")
