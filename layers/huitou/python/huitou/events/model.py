"""Changes as the stream tells them, and the events that are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from huitou.kernel.ids import MemberId
from huitou.points.wallet import Entry
from huitou.program.model import BrandId
from huitou.standing.position import Position

SOURCE = "huitou"
"""Who speaks on the bus."""


class EventType(StrEnum):
    """What happened, and in which version of its shape it is told: a new shape is a new type beside the old one."""

    POINTS_EARNED = "points.earned.v1"
    POINTS_ACTIVATED = "points.activated.v1"
    POINTS_REDEEMED = "points.redeemed.v1"
    POINTS_RETURNED = "points.returned.v1"
    POINTS_TAKEN_BACK = "points.taken_back.v1"
    POINTS_REPAID = "points.repaid.v1"
    POINTS_EXPIRING = "points.expiring.v1"
    POINTS_EXPIRED = "points.expired.v1"
    POINTS_ADJUSTED = "points.adjusted.v1"
    POINTS_HELD = "points.held.v1"
    POINTS_RELEASED = "points.released.v1"
    POINTS_TRANSFERRED = "points.transferred.v1"
    POINTS_CONVERTED = "points.converted.v1"
    TIER_CHANGED = "tier.changed.v1"
    SEGMENT_ENTERED = "segment.entered.v1"
    SEGMENT_LEFT = "segment.left.v1"
    MEMBER_JOINED = "member.joined.v1"
    MEMBER_MERGED = "member.merged.v1"
    MEMBER_UNMERGED = "member.unmerged.v1"
    MEMBER_ERASED = "member.erased.v1"


@dataclass(frozen=True, slots=True)
class DomainEvent:
    """``detail`` is what subscribers read, as JSON has it; its ``id`` is a function of the change, and of no delivery.

    No personal data: ids, points, brands, instants.
    """

    type: EventType
    id: str
    recorded_at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MemberState:
    """What the wallet of the home currency says of who is behind it, as of its ``version``."""

    member: MemberId
    version: int
    recorded_at: datetime
    brands: Mapping[BrandId, datetime] = field(default_factory=dict)
    """When each was joined."""
    absorbed: tuple[MemberId, ...] = ()
    moved_to: MemberId | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberChange:
    """``before`` is None for a member who has just enrolled."""

    before: MemberState | None
    after: MemberState


@dataclass(frozen=True, slots=True)
class PositionChange:
    """``before`` is None where it was worked out for the first time."""

    before: Position | None
    after: Position


Change = Entry | MemberChange | PositionChange
