"""The programme document: how members move through the tiers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from huitou.program.document_parts import Amount, Id, Label, Part


class RollingWindowPart(Part):
    """The last so many days. A tier that was reached is looked at again when as many days have passed."""

    type: Literal["rolling"]
    days: Annotated[int, Field(ge=1, le=3660)]
    """How many days count."""


class CalendarWindowPart(Part):
    """Fixed periods, counted from 1 January; tiers are looked at when one ends."""

    type: Literal["calendar"]
    months: Literal[1, 3, 6, 12]
    """How long a period is: 12 is a calendar year, 3 a quarter."""


class AnniversaryWindowPart(Part):
    """Years of membership, counted from the day on which the member joined."""

    type: Literal["anniversary"]


class TierPart(Part):
    """One tier."""

    id: Id
    """Short: rules refer to it. Lower-case letters, digits, - and _."""

    name: Label
    """What members read."""

    threshold: Amount
    """From how much on a member has it: money, visits or points, as measured. 0 for the first, which all have."""


class TiersPart(Part):
    """How members move up at once and down, with notice, at a review."""

    measure: Literal["spend", "visits", "points"]
    """What counts: the money spent, the number of visits, or the points earned (of the home currency)."""

    window: Annotated[RollingWindowPart | CalendarWindowPart | AnniversaryWindowPart, Field(discriminator="type")]
    """Over which time it counts, and when a tier is looked at again."""

    grace_days: Annotated[int, Field(ge=0, le=366)] = 0
    """So many days after a review that failed the member still has the tier, and can still save it."""

    downgrade: Literal["one_level", "requalify"] = "one_level"
    """one_level: down by one tier. requalify: down to the tier that the member's figures are enough for."""

    on_refund: Literal["keep", "drop"] = "keep"
    """Where a refund takes a member below the threshold: keep the tier until the next review, or drop it at once."""

    warning_days: Annotated[int, Field(ge=0, le=366)] = 30
    """So many days before a review members are told what is missing."""

    levels: Annotated[tuple[TierPart, ...], Field(min_length=1, max_length=20)]
    """The tiers, the lowest first."""
