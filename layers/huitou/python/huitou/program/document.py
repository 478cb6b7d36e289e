"""The programme as people write it: one document for the whole group (M34).

This is the shape only: which fields there are, of which kind, and what each of them means to the marketer who
fills it in (the descriptions become the JSON Schema, and so the help in an editor). Whether the whole can work
is `huitou.program.validation`; what decisions read is `huitou.program.model`.

Amounts are decimal strings; a bare integer is taken too, a float never, since it is not exact.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from huitou.program.model import Weekday

ID_PATTERN = r"[a-z0-9][a-z0-9_-]{0,30}"
"""Ids end up inside keys of the table: nothing that separates, nothing that needs escaping."""

MOST_CURRENCIES = 20
"""One sale may earn them all, in one commit of at most 100 writes: wallet and entry of each, and what fell due."""

_AMOUNT_PATTERN = r"^\d{1,15}(\.\d{1,6})?$"
_HOUR_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$"


def _as_decimal_string(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# `validation` checks these patterns, with sentences of its own; the schema carries them for editors.
Id = Annotated[str, Field(json_schema_extra={"pattern": f"^{ID_PATTERN}$"})]
Label = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": 80})]
Amount = Annotated[
    str,
    BeforeValidator(_as_decimal_string),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _AMOUNT_PATTERN}, {"type": "integer", "minimum": 1}]}),
]
Hour = Annotated[str, Field(json_schema_extra={"pattern": _HOUR_PATTERN})]


class Part(BaseModel):
    """What all parts of the document share: exact types, no field that nobody reads."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


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


class DateRangePart(Part):
    """A range of days, both included, on the store's calendar."""

    first: Annotated[date | None, Field(alias="from")] = None
    """The first day, for example 2026-11-01. Without it: since ever."""

    last: Annotated[date | None, Field(alias="to")] = None
    """The last day. Without it: until further notice."""


class TimeRangePart(Part):
    """A time of the day on the store's clock. A range may run over midnight: from 22:00 to 02:00."""

    begin: Annotated[Hour, Field(alias="from")]
    """The first minute that counts, for example 14:00."""

    end: Annotated[Hour, Field(alias="to")]
    """The first minute that no longer counts; 00:00 for the end of the day."""


class ConditionsPart(Part):
    """When a rule applies. All that you name must hold; what you leave out asks nothing."""

    brands: tuple[Id, ...] = ()
    """Sales of these brands only."""

    categories: tuple[str, ...] = ()
    """These product categories only; other lines of the same sale do not count."""

    channels: tuple[Id, ...] = ()
    """Sales through these channels only."""

    dates: DateRangePart | None = None
    """These days only."""

    weekdays: tuple[Weekday, ...] = ()
    """These days of the week only. Hours that run over midnight belong to the day on which they began."""

    hours: TimeRangePart | None = None
    """This time of the day only."""


class EarningRulePart(Part):
    """One way to earn points. Every rule that applies to a sale pays, so rules add up."""

    id: Id
    """Short and for ever: members' statements refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What the member reads beside the points."""

    currency: Id
    """The id of the points that it pays."""

    points: Amount
    """How many points …"""

    per: Amount
    """… for each so much money spent: `points: 1` and `per: 100` is one point per 100."""

    rounding: Literal["down", "half_up", "up"] = "down"
    """What becomes of a part of a point, once per rule and sale: down (dropped), half_up, up."""

    when: ConditionsPart = ConditionsPart()
    """When it applies; without it, to every sale."""


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

    joins: Literal["on_use", "explicit"] = "on_use"
    """on_use: showing the card at a brand joins it. explicit: only when the member asks to join."""

    brands: Annotated[tuple[BrandPart, ...], Field(min_length=1, max_length=100)]
    """The brands of the group."""

    stores: Annotated[tuple[StorePart, ...], Field(max_length=5000)] = ()
    """The stores of all brands. A brand without stores sells online only."""

    channels: Annotated[tuple[Id, ...], Field(min_length=1, max_length=50)]
    """The ways in which you sell, for example store, web, app, delivery."""

    categories: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """The product categories that rules name, exactly as your tills send them."""

    point_currencies: Annotated[tuple[PointCurrencyPart, ...], Field(min_length=1, max_length=MOST_CURRENCIES)]
    """The kinds of points."""

    earning: Annotated[tuple[EarningRulePart, ...], Field(max_length=500)] = ()
    """How points are earned."""


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
