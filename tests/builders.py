"""Builders: small, valid things for tests; each test names only what it is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import parse_instant
from huitou.points.wallet import Lot, Wallet
from huitou.program.compilation import compile_program
from huitou.program.document import canonical_json
from huitou.program.model import Program
from huitou.program.validation import read_document

TAIPEI = ZoneInfo("Asia/Taipei")
MEI = MemberId("01JMEMBERMEM0000000000MEY0")
"""A member."""


def at(text: str) -> datetime:
    """An instant, as Taipei's clocks show it where no offset is given: ``at("2026-03-02 12:00")``."""
    written = datetime.fromisoformat(text)
    return parse_instant((written if written.tzinfo else written.replace(tzinfo=TAIPEI)).isoformat())


OPENED = at("2026-01-01 09:00")
"""When the wallets of tests were opened."""


def document(**changes: Any) -> dict[str, Any]:
    """A small programme document that can be published; ``changes`` replace its fields."""
    return {
        "name": "Huitou Club",
        "time_zone": "Asia/Taipei",
        "money": {"currency": "TWD", "exponent": 0},
        "home_currency": "points",
        "brands": [{"id": "maru", "name": "Maru"}, {"id": "sora", "name": "Sora"}],
        "stores": [
            {"id": "m1", "brand": "maru", "name": "Maru Xinyi", "region": "north"},
            {"id": "s1", "brand": "sora", "name": "Sora Ginza", "region": "abroad", "time_zone": "Asia/Tokyo"},
        ],
        "channels": ["store", "app"],
        "categories": ["bread", "tea"],
        "payments": ["cash", "card", "line_pay"],
        "point_currencies": [
            {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 90}},
            {"id": "beans", "name": "Beans", "brand": "sora", "exponent": 1, "expiry": {"type": "never"}},
        ],
        "earning": [rule()],
        **changes,
    }


def rule(**changes: Any) -> dict[str, Any]:
    """An earning rule of `document`: one point per 100."""
    return {"id": "base", "name": "Base", "currency": "points", "points": "1", "per": "100", **changes}


def program(written: dict[str, Any] | None = None, version: int = 1) -> Program:
    """What decisions read of a document, by default of `document`; it goes the way that a publication goes."""
    text = canonical_json(read_document(json.dumps(written or document())))
    return compile_program(json.loads(text), version)


def lot(number: int = 1, remaining: int = 100, **changes: Any) -> Lot:
    """Points that can be spent since `OPENED` and do not end."""
    return Lot(**{"number": number, "remaining": remaining, **_LOT, **changes})


_LOT: dict[str, Any] = {"active_at": OPENED, "expires_at": None, "issuer": "maru"}


def wallet(*lots: Lot, **changes: Any) -> Wallet:
    """A wallet of `MEI` with these lots, stored once, of a member of both brands."""
    fields: dict[str, Any] = {
        "member": MEI,
        "currency": "points",
        "version": 1,
        "lots": lots,
        "next_lot": max((each.number for each in lots), default=0) + 1,
        "brands": {"maru": OPENED, "sora": OPENED},
        "last_activity": None,
        "recorded_at": OPENED,
    }
    return Wallet(**{**fields, **changes})


@dataclass(frozen=True)
class Line:
    """A line as earning sees it."""

    amount: int
    category: str | None = None
    sku: str = "bread-1"


@dataclass(frozen=True)
class Paid:
    """A means of payment as earning sees it."""

    method: str


@dataclass(frozen=True)
class SaleSeen:
    """A sale as earning sees it."""

    brand: str
    store: str | None
    channel: str
    occurred_at: datetime
    lines: tuple[Line, ...]
    payments: tuple[Paid, ...] = ()


def sale(*lines: Line, **changes: Any) -> SaleSeen:
    """A sale of 1000 at a store of brand maru, on a Monday at noon."""
    fields: dict[str, Any] = {"brand": "maru", "store": "m1", "channel": "store", "occurred_at": at("2026-03-02 12:00")}
    return SaleSeen(**{**fields, **changes}, lines=lines or (Line(1000),))
