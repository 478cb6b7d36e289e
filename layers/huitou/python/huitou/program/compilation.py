"""From a published document to what decisions read.

Works on the stored form (`document.canonical_json`, read back), not on the pydantic model: a published document
has been validated, and a function that only decides need not load the validator (some 50 ms at its start).
A field that a later release adds to the document needs a default here, since published versions never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from huitou.kernel.money import parse_amount
from huitou.program.model import (
    Brand,
    Condition,
    EarningRule,
    EndOfMonth,
    EndOfYear,
    Expiry,
    Never,
    PointCurrency,
    Program,
    RollingDays,
    Rounding,
    Sliding,
    Store,
)

Stored = Mapping[str, Any]


def compile_program(stored: Stored, version: int) -> Program:
    """The programme of a validated document in its stored form."""
    money_exponent = stored["money"]["exponent"]
    zone = ZoneInfo(stored["time_zone"])
    currencies = {part["id"]: _currency(part) for part in stored["point_currencies"]}
    return Program(
        version=version,
        name=stored["name"],
        zone=zone,
        money=stored["money"]["currency"],
        money_exponent=money_exponent,
        home_currency=stored["home_currency"],
        brands=MappingProxyType({part["id"]: Brand(part["id"], part["name"]) for part in stored["brands"]}),
        stores=MappingProxyType({part["id"]: _store(part, zone) for part in stored["stores"]}),
        currencies=MappingProxyType(currencies),
        earning=tuple(_rule(part, currencies[part["currency"]], money_exponent) for part in stored["earning"]),
        channels=frozenset(stored["channels"]),
        joins_on_use=stored["joins"] == "on_use",
        late_limit=timedelta(days=stored["late_limit_days"]),
        claim_limit=timedelta(days=stored["claim_limit_days"]),
    )


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


def _rule(part: Stored, currency: PointCurrency, money_exponent: int) -> EarningRule:
    return EarningRule(
        id=part["id"],
        name=part["name"],
        currency=currency.id,
        points=parse_amount(part["points"], currency.exponent),
        per=parse_amount(part["per"], money_exponent),
        rounding=Rounding(part["rounding"]),
        when=_condition(part["when"], currency),
    )


def _condition(part: Stored, currency: PointCurrency) -> Condition:
    dates, hours = part["dates"] or {}, part["hours"]
    # Points of one brand are earned at that brand, whether or not the rule says so.
    brands = part["brands"] or ([currency.brand] if currency.brand else [])
    return Condition(
        brands=frozenset(brands),
        categories=frozenset(part["categories"]),
        channels=frozenset(part["channels"]),
        first_day=_day(dates.get("from")),
        last_day=_day(dates.get("to")),
        weekdays=frozenset(part["weekdays"]),
        hours=(time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])) if hours else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
