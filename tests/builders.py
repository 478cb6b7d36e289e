"""Builders: small, valid things for tests; each test names only what it is about."""

from __future__ import annotations

import json
from typing import Any

from huitou.program.compilation import compile_program
from huitou.program.document import canonical_json
from huitou.program.model import Program
from huitou.program.validation import read_document


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
        "point_currencies": [
            {"id": "points", "name": "Points", "expiry": {"kind": "rolling_days", "days": 90}},
            {"id": "beans", "name": "Beans", "brand": "sora", "exponent": 1, "expiry": {"kind": "never"}},
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
