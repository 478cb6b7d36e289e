"""What was bought and what the decision saw, as bytes: ten lines in one write unit.

Deflated JSON: lines, discounts, payments; then, where there is any, what was seen of the member and what was taken
from budgets, with nothing after the last thing that there is.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from huitou.points.budgets import BudgetId, Grant, granted
from huitou.points.circumstances import NOBODY, Circumstances
from huitou.purchases.model import Discount, Line, Payment, Purchase

_FLAGS = ("birthday_month", "first_in_group", "first_at_brand")


def pack(purchase: Purchase) -> bytes:
    """The inverse of `unpack`."""
    basket: list[Any] = [purchase.lines, purchase.discounts, purchase.payments]
    seen, grants = purchase.seen, purchase.grants
    if seen is not NOBODY or grants:
        flags = sum(getattr(seen, name) << bit for bit, name in enumerate(_FLAGS))
        parts = [flags, seen.tier, sorted(seen.segments), seen.used, [[*each.budget, *each[1:]] for each in grants]]
        while parts and not parts[-1]:
            parts.pop()
        basket += parts
    return zlib.compress(json.dumps(basket, separators=(",", ":"), ensure_ascii=False).encode(), wbits=-zlib.MAX_WBITS)


def unpack(packed: bytes) -> Mapping[str, Any]:
    """The fields of a `Purchase` that were packed."""
    lines, discounts, payments, *seen = json.loads(zlib.decompress(packed, wbits=-zlib.MAX_WBITS))
    return {
        "lines": tuple(Line(*line) for line in lines),
        "discounts": tuple(Discount(*discount) for discount in discounts),
        "payments": tuple(Payment(*payment) for payment in payments),
        **(_seen(*seen) if seen else {}),
    }


def _seen(
    flags: int,
    tier: str | None = None,
    segments: list[str] | None = None,
    used: dict[str, int] | None = None,
    grants: list[list[Any]] | None = None,
) -> Mapping[str, Any]:
    taken = tuple(Grant(BudgetId(rule, currency), *rest) for rule, currency, *rest in grants or ())
    seen = Circumstances(
        tier=tier,
        segments=frozenset(segments or ()),
        **{name: bool(flags >> bit & 1) for bit, name in enumerate(_FLAGS)},
        used=used or {},
        budgets=granted(taken),
    )
    return {"seen": seen, "grants": taken}
