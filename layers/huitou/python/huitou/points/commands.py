"""Redemptions and adjustments: commands that are their ``Idempotency-Key`` (E14).

A command is its own idempotency marker: its id is a digest of who asked and under which key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.program.model import BrandId, CurrencyId, StoreId

PointsCommandType = Literal["redemption", "adjustment"]


@dataclass(frozen=True, slots=True)
class PointsCommand:
    """A command on points that was carried out. ``points`` is positive for a redemption, signed for an adjustment."""

    id: Digest
    type: PointsCommandType
    member: MemberId
    currency: CurrencyId
    points: int
    brand: BrandId
    store: StoreId | None
    reason: str | None
    actor: str | None
    client_reference: str | None
    booked_at: datetime
    version: int
    """The version of its entry."""
    reversed_version: int | None = None
    """The version of the entry that reversed it."""

    def content(self) -> Mapping[str, object]:
        """What a repeat must agree in."""
        return {
            "type": self.type,
            "member": self.member,
            "currency": self.currency,
            "points": self.points,
            "brand": self.brand,
            "store": self.store,
            "reason": self.reason,
        }


def command_id(scope: BrandId, idempotency_key: str) -> Digest:
    """One key space per brand (and one for the group), so that a rotated API key changes nothing."""
    return digest_of((scope, idempotency_key))
