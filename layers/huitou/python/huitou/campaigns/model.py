"""A member's way through a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from huitou.kernel.ids import MemberId
from huitou.outbox.model import Cause
from huitou.program.campaigns import CampaignId


class JourneyState(StrEnum):
    """Where a journey stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    """All steps were taken."""
    STOPPED = "stopped"
    """It ended before that; the reason says why."""


class TurnOutcome(StrEnum):
    """What became of a step that does something."""

    PLANNED = "planned"
    """There is a message."""
    GIVEN = "given"
    """There are points."""
    TAGGED = "tagged"
    """The member carries the tag, or does not any more."""
    HELD_OUT = "held_out"
    """So it would be, were the member not among those who are left alone (E27)."""
    NO_CONSENT = "no_consent"
    SUPPRESSED_ADDRESS = "suppressed_address"
    UNREACHABLE = "unreachable"
    CAP_REACHED = "cap_reached"
    NOT_A_MEMBER = "not_a_member"
    """Of the brand that would have done it."""
    TEMPLATE_GONE = "template_gone"
    POINTS_GONE = "points_gone"
    """The campaign is another brand's by now, which has no such points."""
    TOO_MANY_TAGS = "too_many_tags"


class Turn(NamedTuple):
    """Step number ``step``, counted from 0, was taken at ``at``.

    ``message`` is the ULID of the one that it planned, ``entry`` the id of the one that booked its points.
    """

    step: int
    at: datetime
    outcome: TurnOutcome
    message: str | None = None
    entry: str | None = None


class JourneyId(NamedTuple):
    """There is one for each member, campaign and occurrence, for ever: so nothing begins twice."""

    member: MemberId
    cause: Cause


@dataclass(frozen=True, slots=True)
class Journey:
    """Of one member through one campaign, begun at one occurrence."""

    id: JourneyId
    program_version: int
    """Whose steps it takes, to the end."""
    began_at: datetime
    """When what it begins with became true."""
    held_out: bool
    """E27: drawn at the beginning, and told to nobody before a message would be planned."""
    step: int
    """The next to be taken."""
    due_at: datetime | None
    """When the next step is taken; None where it has come to its end."""
    turns: tuple[Turn, ...] = ()
    state: JourneyState = JourneyState.RUNNING
    reason: str | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def campaign(self) -> CampaignId:
        return self.id.cause.campaign

    def is_due(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at <= now
