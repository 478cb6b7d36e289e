"""The shapes of the events, for subscribers: events/domain/*.schema.json is generated from them.

Points are decimal strings with the decimals of their currency, instants RFC 3339 in UTC (E33). Within a version, fields
may be added, and none is removed, renamed or changed in meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from huitou.events.model import EventType
from huitou.fields import View
from huitou.points.answers import BalanceView
from huitou.standing.model import TierCause


class EventCauseView(View):
    """Why it happened."""

    type: Annotated[str, Field(examples=["purchase", "redemption", "refund", "clock", "merge"])]
    id: str | None
    """Of what caused it, where that has an id."""


class EventView(View):
    """Something that happened to a member."""

    id: str
    """The same whenever this is delivered again: who has seen it before drops it."""
    type: str
    occurred_at: datetime
    """From when on it counts."""
    recorded_at: datetime
    """When it was written down, never before it became known."""
    member_id: str
    brand: str
    """Whose business it is; group: that of all."""
    cause: EventCauseView


class MovementView(EventView):
    """A line of a member's ledger. By `wallet_version` the events of a wallet can be put in order."""

    program_version: int
    """Under which version of the programme it was decided."""
    entry_id: str
    """Explained by GET /v1/entries/{entry_id}/explanation."""
    entry_type: str
    """As the ledger calls it; finer than the type of the event."""
    wallet_version: int
    """Counts the changes of the wallet: the balance of the highest that you saw is the latest."""
    currency: str
    points: str
    """The change of what the member has in lots; below zero for what they gave or lost."""
    balance: BalanceView
    """What was left when it was recorded."""


class PointsEarnedView(MovementView):
    """A purchase brought points."""

    active_at: datetime | None
    """When they can first be spent."""
    expires_at: datetime | None
    """From here on they cannot; null: never."""


class PointsActivatedView(MovementView):
    """Pending points can be spent from now on. `points` says how many; the sum of both balances did not change."""


class PointsRedeemedView(MovementView):
    """Points were spent; of a capture, those that had been held."""


class PointsReturnedView(MovementView):
    """Points came back: a redemption was undone, a refund gave back what had paid, or expired ones were given again."""


class PointsTakenBackView(MovementView):
    """A refund took back what its purchase had earned."""

    waived: str
    """What it did not take back, and nobody owes."""
    debt: str
    """What it could not take back, and the member owes since."""


class PointsRepaidView(MovementView):
    """Points that just came paid what the member owed."""


class PointsExpiringView(EventView):
    """Points will be gone soon unless they are spent: so many days before, as the programme says of the currency."""

    program_version: int
    currency: str
    points: str
    """How many there were when this was recorded. An end is announced once, also where more points come to it."""
    expires_at: datetime
    """From here on they cannot be spent; where they stay as long as the member does, this may move on."""


class PointsExpiredView(MovementView):
    """Points are over."""


class PointsAdjustedView(MovementView):
    """Points were given or taken by hand."""


class PointsHeldView(MovementView):
    """Points were set aside for a till."""

    ends_at: datetime | None
    """When they return by themselves."""


class PointsReleasedView(MovementView):
    """Held points returned."""


class PointsTransferredView(MovementView):
    """Points left for another member or came from one; in a merge, all that the absorbed member had."""


class PointsConvertedView(MovementView):
    """Points left for another currency or came from one. Both events name the same cause."""


class MoveCauseView(View):
    """Why a member moved."""

    type: Literal["facts", "time", "program"]
    """What they did or what became known; that time passed; or that the programme changed, whoever did nothing."""
    id: None


class TierChangedView(EventView):
    """The member has another tier."""

    cause: MoveCauseView  # type: ignore[assignment]
    program_version: int
    why: TierCause | None
    """What let it begin, as `GET …/standing` has it in `tier.cause`."""
    from_tier: str | None
    """null: this is the first time that it was worked out, which may be later than when they reached it."""
    to_tier: str | None
    direction: Literal["up", "down"] | None
    """null where there is nothing to compare."""


class SegmentEnteredView(EventView):
    """The member is in a segment from now on. `brand` is whose segment it is."""

    cause: MoveCauseView  # type: ignore[assignment]
    program_version: int
    segment: str


class SegmentLeftView(SegmentEnteredView):
    """The member is in it no more."""

    since: datetime
    """When they had entered: `occurred_at` of the event that this one ends."""


class MemberJoinedView(EventView):
    """The member belongs to this brand from now on. The cause is enrolment, use (a first purchase there) or merge."""


class MemberMergedView(EventView):
    """Two members are one: `member_id` goes on, and `absorbed_id` leads there from now on."""

    absorbed_id: str


class MemberUnmergedView(EventView):
    """They turned out to be two: `absorbed_id` is a member of its own again."""

    absorbed_id: str


class MemberErasedView(EventView):
    """What was known of the person has been destroyed: destroy what you know, too."""


VIEWS: Final[Mapping[EventType, type[EventView]]] = {
    EventType.POINTS_EARNED: PointsEarnedView,
    EventType.POINTS_ACTIVATED: PointsActivatedView,
    EventType.POINTS_REDEEMED: PointsRedeemedView,
    EventType.POINTS_RETURNED: PointsReturnedView,
    EventType.POINTS_TAKEN_BACK: PointsTakenBackView,
    EventType.POINTS_REPAID: PointsRepaidView,
    EventType.POINTS_EXPIRING: PointsExpiringView,
    EventType.POINTS_EXPIRED: PointsExpiredView,
    EventType.POINTS_ADJUSTED: PointsAdjustedView,
    EventType.POINTS_HELD: PointsHeldView,
    EventType.POINTS_RELEASED: PointsReleasedView,
    EventType.POINTS_TRANSFERRED: PointsTransferredView,
    EventType.POINTS_CONVERTED: PointsConvertedView,
    EventType.TIER_CHANGED: TierChangedView,
    EventType.SEGMENT_ENTERED: SegmentEnteredView,
    EventType.SEGMENT_LEFT: SegmentLeftView,
    EventType.MEMBER_JOINED: MemberJoinedView,
    EventType.MEMBER_MERGED: MemberMergedView,
    EventType.MEMBER_UNMERGED: MemberUnmergedView,
    EventType.MEMBER_ERASED: MemberErasedView,
}


class _Untitled(GenerateJsonSchema):
    """A title for each field would say its name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def schema_of(type_: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event's `detail`. Fields that it does not know are allowed: more may come."""
    schema = TypeAdapter(VIEWS[type_]).json_schema(schema_generator=_Untitled)
    schema["properties"]["type"] = {"const": type_.value}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:huitou:{type_.value}",
        **schema,
        "title": type_.value,
    }
