"""From a published document to what decisions read.

Works on the stored form (`document.canonical_json`, read back), not on the pydantic model: a published document
has been validated, and a function that only decides need not load the validator (some 50 ms at its start).
A field that a later release adds to the document needs a default here, since published versions never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from huitou.kernel.money import parse_amount
from huitou.program.coupons import CouponKind
from huitou.program.model import (
    Brand,
    CurrencyId,
    EndOfMonth,
    EndOfYear,
    Expiry,
    Never,
    PointCurrency,
    Program,
    RollingDays,
    Sliding,
    Store,
)
from huitou.program.rules import (
    Bonus,
    Cap,
    Combine,
    Condition,
    EarningRule,
    Multiplier,
    Per,
    Rate,
    Reward,
    Rounding,
    Stack,
)
from huitou.program.terms import Conversion, Cost, MoneyOff, Price, RefundPolicy, Settlement, Worth
from huitou.program.tiers import AnniversaryWindow, CalendarWindow, Measure, RollingWindow, Tier, TierPolicy

Stored = Mapping[str, Any]

TIMES_DECIMALS = 2
"""Of a multiplier."""
_COSTS: tuple[Cost, ...] = ("waived", "debt", "courtesy", "adjustment", "campaign")


def compile_program(stored: Stored, version: int) -> Program:
    """The programme of a validated document in its stored form.

    What segments are made of, some 25 classes, is loaded with the first programme that is read, and no start waits.
    """
    from huitou.program.campaign_compilation import compile_campaigns  # noqa: PLC0415
    from huitou.program.looking_back import comparing, lines_asked, looks_back_days  # noqa: PLC0415
    from huitou.program.segment_compilation import compile_segments  # noqa: PLC0415

    zone = ZoneInfo(stored["time_zone"])
    currencies = {part["id"]: _currency(part) for part in stored["point_currencies"]}
    units = _Units(stored["money"]["exponent"], {each.id: each.exponent for each in currencies.values()})
    stacks = {part["id"]: Stack(part["id"], Combine(part["combine"])) for part in stored.get("stacks", ())}
    refunds = stored.get("refunds", {})
    segments = compile_segments(stored.get("segments", ()), units, stored["home_currency"])
    return Program(
        version=version,
        name=stored["name"],
        zone=zone,
        money=stored["money"]["currency"],
        money_exponent=units.money_exponent,
        home_currency=stored["home_currency"],
        brands=MappingProxyType({part["id"]: Brand(part["id"], part["name"]) for part in stored["brands"]}),
        stores=MappingProxyType({part["id"]: _store(part, zone) for part in stored["stores"]}),
        currencies=MappingProxyType(currencies),
        earning=tuple(_rule(part, currencies[part["currency"]], stacks, units) for part in stored["earning"]),
        channels=frozenset(stored["channels"]),
        joins_on_use=stored["joins"] == "on_use",
        late_limit=timedelta(days=stored["late_limit_days"]),
        claim_limit=timedelta(days=stored["claim_limit_days"]),
        leap_day_in_march=stored.get("leap_day_birthday") == "03-01",
        tiers=_tiers(stored.get("tiers"), units, stored["home_currency"]),
        segments=segments,
        looks_back_days=looks_back_days(segments.values()),
        lines_asked=lines_asked(segments.values()),
        comparing_segments=comparing(segments.values()),
        money_off=MappingProxyType(
            {(part["brand"], part["currency"]): _money_off(part, units) for part in stored.get("money_off", ())}
        ),
        conversions=MappingProxyType(
            {(part["from"], part["to"]): _conversion(part, units) for part in stored.get("conversions", ())}
        ),
        refund_policy=RefundPolicy(refunds.get("policy", "clamp")),
        refund_limit=timedelta(days=refunds.get("limit_days", 366)),
        courtesy_days=refunds.get("courtesy_days", 0),
        hold_limit=timedelta(minutes=stored.get("hold_limit_minutes", 60)),
        settlement=_settlement(stored.get("settlement", {}), units),
        coupons=MappingProxyType({part["id"]: _coupon(part, units) for part in stored.get("coupons", ())}),
        campaigns=compile_campaigns(stored.get("campaigns", ()), units, zone),
    )


@dataclass(frozen=True, slots=True)
class _Units:
    """Turns decimal strings into smallest units."""

    money_exponent: int
    exponents: Mapping[CurrencyId, int]

    def money(self, text: str) -> int:
        return parse_amount(text, self.money_exponent)

    def points(self, text: str, currency: CurrencyId) -> int:
        return parse_amount(text, self.exponents[currency])


def _store(part: Stored, zone: ZoneInfo) -> Store:
    own = part["time_zone"]
    return Store(part["id"], part["brand"], part["name"], part["region"], ZoneInfo(own) if own else zone)


def _currency(part: Stored) -> PointCurrency:
    return PointCurrency(
        id=part["id"],
        name=part["name"],
        exponent=part["exponent"],
        brand=part["brand"],
        expiry=_expiry(part["expiry"]),
        pending_days=part["pending_days"],
        transferable=part.get("transferable", False),
        expiry_notice_days=part.get("expiry_notice_days"),
    )


def _expiry(part: Stored) -> Expiry:
    match part:
        case {"type": "rolling_days", "days": days}:
            return RollingDays(days)
        case {"type": "end_of_month", "months": months}:
            return EndOfMonth(months)
        case {"type": "end_of_year", "years": years}:
            return EndOfYear(years)
        case {"type": "sliding", "days": days}:
            return Sliding(days)
    return Never()


def _rule(part: Stored, currency: PointCurrency, stacks: Mapping[str, Stack], units: _Units) -> EarningRule:
    budget, stack = part.get("budget"), part.get("stack")
    return EarningRule(
        id=part["id"],
        name=part["name"],
        currency=currency.id,
        reward=_reward(part, units),
        rounding=Rounding(part["rounding"]),
        when=_condition(part["when"], currency, units),
        caps=tuple(Cap(units.points(cap["points"], currency.id), Per(cap["per"])) for cap in part.get("caps", ())),
        budget=None if budget is None else units.points(budget, currency.id),
        stack=None if stack is None else stacks[stack],
        excludes=frozenset(part.get("excludes", ())),
        priority=part.get("priority", 0),
        funded_by=part.get("funded_by", "issuer"),
    )


def _reward(part: Stored, units: _Units) -> Reward:
    if part.get("times") is not None:
        return Multiplier(parse_amount(part["times"], TIMES_DECIMALS), frozenset(part["of"]))
    points = units.points(part["points"], part["currency"])
    return Bonus(points) if part["per"] is None else Rate(points, units.money(part["per"]))


def _condition(part: Stored, currency: PointCurrency, units: _Units) -> Condition:
    dates, hours = part["dates"] or {}, part["hours"]
    # Points of one brand are earned at that brand, whether or not the rule says so.
    brands = part["brands"] or ([currency.brand] if currency.brand else [])
    return Condition(
        brands=frozenset(brands),
        stores=frozenset(part.get("stores", ())),
        regions=frozenset(part.get("regions", ())),
        channels=frozenset(part["channels"]),
        payments=frozenset(part.get("payments", ())),
        categories=frozenset(part["categories"]),
        skus=frozenset(part.get("skus", ())),
        minimum=units.money(part.get("minimum") or "0"),
        first_day=_day(dates.get("from")),
        last_day=_day(dates.get("to")),
        weekdays=frozenset(part["weekdays"]),
        hours=(time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])) if hours else None,
        tiers=frozenset(part.get("tiers", ())),
        segments=frozenset(part.get("segments", ())),
        first_purchase=part.get("first_purchase"),
        birthday_month=part.get("birthday_month", False),
    )


def _tiers(part: Stored | None, units: _Units, home_currency: CurrencyId) -> TierPolicy | None:
    if part is None:
        return None
    measure: Measure = part["measure"]
    exponent = {"spend": units.money_exponent, "visits": 0, "points": units.exponents[home_currency]}[measure]
    return TierPolicy(
        measure=measure,
        window=_window(part["window"]),
        grace_days=part["grace_days"],
        downgrade=part["downgrade"],
        on_refund=part["on_refund"],
        warning_days=part["warning_days"],
        levels=tuple(
            Tier(level["id"], level["name"], parse_amount(level["threshold"], exponent)) for level in part["levels"]
        ),
    )


def _window(part: Stored) -> RollingWindow | CalendarWindow | AnniversaryWindow:
    match part:
        case {"type": "rolling", "days": days}:
            return RollingWindow(days)
        case {"type": "calendar", "months": months}:
            return CalendarWindow(months)
    return AnniversaryWindow()


def _money_off(part: Stored, units: _Units) -> MoneyOff:
    currency = part["currency"]
    return MoneyOff(
        brand=part["brand"],
        currency=currency,
        points=units.points(part["points"], currency),
        money=units.money(part["money"]),
        minimum=units.points(part["minimum"] or part["points"], currency),
        share=part["share"],
    )


def _conversion(part: Stored, units: _Units) -> Conversion:
    source, target = part["from"], part["to"]
    return Conversion(source, target, units.points(part["give"], source), units.points(part["get"], target))


def _coupon(part: Stored, units: _Units) -> CouponKind:
    cost = part["cost"]
    return CouponKind(
        id=part["id"],
        name=part["name"],
        brand=part["brand"],
        valid_days=part["valid_days"],
        cost=None if cost is None else units.money(cost),
    )


def _settlement(part: Stored, units: _Units) -> Settlement:
    bearers = part.get("bearers", {})
    return Settlement(
        prices=tuple(_price(each, units) for each in part.get("prices", ())),
        worth=tuple(
            Worth(
                each["currency"],
                date.fromisoformat(each["since"]),
                units.points(each["points"], each["currency"]),
                units.money(each["money"]),
            )
            for each in part.get("worth", ())
        ),
        bearers=MappingProxyType({cost: bearers.get(cost, "brand") for cost in _COSTS}),
    )


def _price(part: Stored, units: _Units) -> Price:
    return Price(
        currency=part["currency"],
        issuer=part["issuer"],
        honoured_by=part["honoured_by"],
        since=date.fromisoformat(part["since"]),
        points=units.points(part["points"], part["currency"]),
        money=units.money(part["money"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
