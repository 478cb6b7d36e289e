"""What was bought and what the decision saw, as bytes: ten lines in one write unit.

Deflated JSON: lines, discounts, payments; then, where there is any, what was seen of the member, what was taken
from budgets and what points paid, with nothing after the last thing that there is.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from huitou.points.budgets import BudgetId, Grant, granted
from huitou.points.circumstances import NOBODY, Circumstances
from huitou.purchases.model import Discount, Line, Payment, PointsPaid, Purchase
from huitou.purchases.returns import NOTHING_RETURNED, Returns

_FLAGS = ("birthday_month", "first_in_group", "first_at_brand")
_PARTS = 6
"""Flags, tier, segments, use of caps, grants, what points paid."""


def pack(purchase: Purchase) -> bytes:
    """The inverse of `unpack`."""
    basket: list[Any] = [purchase.lines, purchase.discounts, purchase.payments]
    seen, grants, paid = purchase.seen, purchase.grants, purchase.paid
    if seen is not NOBODY or grants or paid:
        flags = sum(getattr(seen, name) << bit for bit, name in enumerate(_FLAGS))
        taken = [[*each.budget, *each[1:]] for each in grants]
        parts = [flags, seen.tier, sorted(seen.segments), dict(seen.used), taken, paid]
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
        **(_seen(seen) if seen else {}),
    }


def _seen(parts: Sequence[Any]) -> Mapping[str, Any]:
    padded: list[Any] = [*parts, *[None] * (_PARTS - len(parts))]
    flags, tier, segments, used, grants, paid = padded
    taken = tuple(Grant(BudgetId(rule, currency), *rest) for rule, currency, *rest in grants or ())
    seen = Circumstances(
        tier=tier,
        segments=frozenset(segments or ()),
        **{name: bool(flags >> bit & 1) for bit, name in enumerate(_FLAGS)},
        used=used or {},
        budgets=granted(taken),
    )
    return {"seen": seen, "grants": taken, "paid": PointsPaid(*paid) if paid else None}


def pack_returns(returns: Returns) -> str | None:
    """What came back, as one text for one value: a write can ask whether it is still the same. None for nothing."""
    if returns == NOTHING_RETURNED:
        return None
    quantities = [sorted(each.items()) for each in (returns.lines, returns.unearned)]
    sums = [sorted(each.items()) for each in (returns.owed, returns.used, returns.budgets)]
    return json.dumps([*quantities, *sums, returns.points, returns.refunds, returns.awaited], separators=(",", ":"))


def unpack_returns(packed: str | None) -> Returns:
    """The inverse of `pack_returns`."""
    if packed is None:
        return NOTHING_RETURNED
    *mappings, points, refunds, awaited = json.loads(packed)
    lines, unearned, owed, used, budgets = (dict(pairs) for pairs in mappings)
    return Returns(lines, unearned, owed, used, budgets, points, tuple(refunds), tuple(awaited))
