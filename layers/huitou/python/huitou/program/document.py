"""The programme as people write it: one document for the whole group (M34).

This is the shape only: which fields there are, of which kind, and what each of them means to the marketer who
fills it in (the descriptions become the JSON Schema, and so the help in an editor). Here is what every programme
has; `document_rules`, `document_coupons` and the other modules of that name hold the rest. Whether the whole
can work is `huitou.program.validation`; what decisions read is `huitou.program.model`.

Amounts are decimal strings; a bare integer is taken too, a float never, since it is not exact.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from huitou.program.document_campaigns import MOST_CAMPAIGNS, CampaignPart
from huitou.program.document_coupons import MOST_COUPONS, CouponPart
from huitou.program.document_messages import MOST_TEMPLATES, LookPart, MessagesPart, TemplatePart
from huitou.program.document_parts import Id, Label, Part
from huitou.program.document_rules import EarningRulePart, StackPart
from huitou.program.document_segments import MOST_SEGMENTS, SegmentEntry
from huitou.program.document_terms import ConversionPart, MoneyOffPart, RefundsPart, SettlementPart
from huitou.program.document_tiers import TiersPart

MOST_CURRENCIES = 20
"""One sale may earn them all, in one commit of at most 100 writes: wallet and entry of each, and what fell due."""

MOST_STORES = 10_000


class MoneyPart(Part):
    """The money in which all stores of the group sell."""

    currency: Annotated[str, Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}, examples=["TWD", "USD"])]
    """Three capital letters (ISO 4217): TWD, JPY, USD …"""

    exponent: Annotated[int, Field(ge=0, le=4)]
    """How many decimals your tills use: 0 for NT$ and ¥, 2 for US$ and €."""


class BrandPart(Part):
    """One brand of the group."""

    id: Id
    """Short and for ever: receipts and points refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What members read."""

    look: LookPart = LookPart()
    """How its emails look."""


class StorePart(Part):
    """One place of sale."""

    id: Id
    """The number or code that the store's tills send. Lower-case letters, digits, - and _."""

    brand: Id
    """The id of the brand that the store belongs to."""

    name: Label
    """What members read."""

    region: Label
    """Your own word for the part of the country, for example `north`; stores can be listed by it."""

    time_zone: str | None = None
    """Only for a store abroad, for example Asia/Tokyo. Without it, the group's time zone."""


class NeverExpiryPart(Part):
    """The points never end."""

    type: Literal["never"]


class RollingDaysExpiryPart(Part):
    """Each batch of points ends a number of days after it became spendable: 90 days invite a quick return."""

    type: Literal["rolling_days"]
    days: Annotated[int, Field(ge=1, le=3660)]
    """The last day on which the points count: this many days after the one on which they became spendable."""


class EndOfMonthExpiryPart(Part):
    """Points end with a calendar month."""

    type: Literal["end_of_month"]
    months: Annotated[int, Field(ge=0, le=120)]
    """0: the month in which they became spendable; 1: the next month; and so on."""


class EndOfYearExpiryPart(Part):
    """Points end with a calendar year."""

    type: Literal["end_of_year"]
    years: Annotated[int, Field(ge=0, le=20)]
    """0: the year in which they became spendable; 1: the end of the next year (隔年底); and so on."""


class SlidingExpiryPart(Part):
    """Points stay as long as the member stays: each purchase, redemption or visit starts the days again.

    Those of one brand stay as long as the member stays with that brand.
    """

    type: Literal["sliding"]
    days: Annotated[int, Field(ge=1, le=3660)]
    """How many days without any activity end the points."""


class PointCurrencyPart(Part):
    """One kind of points."""

    id: Id
    """Short and for ever: wallets refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What members read."""

    brand: Id | None = None
    """Only for points that one brand keeps for itself. Without it, all brands share them."""

    exponent: Annotated[int, Field(ge=0, le=4)] = 0
    """How many decimals the points have; usually none."""

    pending_days: Annotated[int, Field(ge=0, le=366)] = 0
    """Cooling-off (鑑賞期): so many days after the sale the points can be spent; 0: at once."""

    expiry: Annotated[
        NeverExpiryPart | RollingDaysExpiryPart | EndOfMonthExpiryPart | EndOfYearExpiryPart | SlidingExpiryPart,
        Field(discriminator="type"),
    ]
    """When the points end."""

    expiry_notice_days: Annotated[int, Field(ge=1, le=366)] | None = None
    """So many days before points end it is announced: whoever listens to the event bus can tell the member. Without
    it, nothing is."""

    transferable: bool = False
    """Whether members may give these points to each other. Points never live longer by it."""


class ProgramDocument(Part):
    """The membership programme of a group: its brands and stores, its points, and how they are earned."""

    name: Label
    """What members call the programme."""

    time_zone: Annotated[str, Field(examples=["Asia/Taipei"])]
    """The group's time zone, in which members' days begin and end."""

    money: MoneyPart
    """The money in which you sell."""

    home_currency: Id
    """The id of the points that every member has from the first day on; all brands share them."""

    late_limit_days: Annotated[int, Field(ge=1, le=366)] = 30
    """How late a till that was offline may still send a sale."""

    claim_limit_days: Annotated[int, Field(ge=0, le=366)] = 30
    """How long a customer who forgot the card may claim a receipt (補登); 0: not at all."""

    leap_day_birthday: Literal["02-28", "03-01"] = "02-28"
    """When those born on 29 February have their birthday in common years."""

    joins: Literal["on_use", "explicit"] = "on_use"
    """on_use: showing the card at a brand joins it. explicit: only when the member asks to join."""

    brands: Annotated[tuple[BrandPart, ...], Field(min_length=1, max_length=100)]
    """The brands of the group."""

    stores: Annotated[tuple[StorePart, ...], Field(max_length=MOST_STORES)] = ()
    """The stores of all brands. A brand without stores sells online only."""

    channels: Annotated[tuple[Id, ...], Field(min_length=1, max_length=50)]
    """The ways in which you sell, for example store, web, app, delivery."""

    categories: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """The product categories that rules name, exactly as your tills send them."""

    payments: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    """The ways of paying that rules name, exactly as your tills send them."""

    point_currencies: Annotated[tuple[PointCurrencyPart, ...], Field(min_length=1, max_length=MOST_CURRENCIES)]
    """The kinds of points."""

    earning: Annotated[tuple[EarningRulePart, ...], Field(max_length=500)] = ()
    """How points are earned."""

    stacks: Annotated[tuple[StackPart, ...], Field(max_length=100)] = ()
    """How rules go together that should not simply add up."""

    segments: Annotated[tuple[SegmentEntry, ...], Field(max_length=MOST_SEGMENTS)] = ()
    """Groups of members, by who they are and what they did. An id alone is short for a list of that
    name."""

    tiers: TiersPart | None = None
    """The tiers of membership. Without it, there are none."""

    money_off: Annotated[tuple[MoneyOffPart, ...], Field(max_length=1000)] = ()
    """What points are worth at the till, for each brand that takes them."""

    conversions: Annotated[tuple[ConversionPart, ...], Field(max_length=MOST_CURRENCIES**2)] = ()
    """Which points can become which others, and at what rate."""

    refunds: RefundsPart = RefundsPart()
    """What becomes of points when goods come back."""

    hold_limit_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    """How long points can be set aside for a bill that is not paid yet."""

    settlement: SettlementPart = SettlementPart()
    """Prices and values in money, for the accounts of the brands."""

    messages: MessagesPart = MessagesPart()
    """What all messages to members keep to, and who they come from."""

    templates: Annotated[tuple[TemplatePart, ...], Field(max_length=MOST_TEMPLATES)] = ()
    """What members are told."""

    coupons: Annotated[tuple[CouponPart, ...], Field(max_length=MOST_COUPONS)] = ()
    """The kinds of coupons that members can be given."""

    campaigns: Annotated[tuple[CampaignPart, ...], Field(max_length=MOST_CAMPAIGNS)] = ()
    """What members are told by itself, and when."""


def canonical_json(document: ProgramDocument) -> str:
    """The stored form: every default written out, so that equal programmes are equal texts."""
    return json.dumps(
        document.model_dump(mode="json", by_alias=True),
        ensure_ascii=False,
        separators=(",", ":"),
    )


def document_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the document as it is posted."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ProgramDocument.model_json_schema(by_alias=True),
    }
