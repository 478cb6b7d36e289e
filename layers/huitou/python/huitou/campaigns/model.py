"""A member's way through a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

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
    """There are points, or a coupon."""
    TAGGED = "tagged"
    """The member carries the tag, or does not any more."""
    HELD_OUT = "held_out"
    """So it would be, were the member not among those whom this campaign leaves alone (E27)."""
    HELD_OUT_OF_ALL = "held_out_of_all"
    """Likewise, among those whom every campaign of the programme leaves alone."""
    SHARED_ADDRESS = "shared_address"
    """So it would be, did it not reach somebody who is held out and has come to share an address with them."""
    NO_CONSENT = "no_consent"
    SUPPRESSED_ADDRESS = "suppressed_address"
    UNREACHABLE = "unreachable"
    CAP_REACHED = "cap_reached"
    TOO_LATE = "too_late"
    """What it says would be over."""
    NOT_A_MEMBER = "not_a_member"
    """Of the brand that would have done it."""
    TEMPLATE_GONE = "template_gone"
    POINTS_GONE = "points_gone"
    """The campaign is another brand's by now, which has no such points."""
    COUPON_GONE = "coupon_gone"
    """Likewise a coupon; or the programme has none of this kind any more."""
    TOO_MANY_TAGS = "too_many_tags"


EFFECTIVE: Final = frozenset({TurnOutcome.PLANNED, TurnOutcome.GIVEN, TurnOutcome.TAGGED})
"""Of a step that was taken with effect."""


class Turn(NamedTuple):
    """Step number ``step``, counted from 0, was taken at ``at``.

    ``message`` is the ULID of the one that it planned, ``entry`` the id of the one that booked its points, ``coupon``
    the ULID of the one that it gave.
    """

    step: int
    at: datetime
    outcome: TurnOutcome
    message: str | None = None
    entry: str | None = None
    coupon: str | None = None


class Draw(NamedTuple):
    """Whether an address cluster is left alone, as one of its members has it (E27). The arm never changes."""

    held_out: bool | None
    """None: of a journey through a campaign that holds nobody out."""
    follows: bool = False
    """Whether somebody else of the cluster was drawn before: that one counts for it."""
    apart: bool = False
    """Whether it has come together since with what was drawn the other way."""
    of_all: bool = False
    """Of a journey: whether every campaign leaves them alone."""
    apart_of_all: bool = False
    """Of a journey: as `apart`, of what was drawn for all campaigns."""


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
    step: int
    """The next to be taken."""
    due_at: datetime | None
    """When the next step is taken; None where it has come to its end."""
    usual_hour: int | None = None
    """At which the member usually came when it began; None: not known, or not asked for."""
    draw: Draw | None = None
    """E27: from the first step on that would do something; None before, and where there is nothing to say."""
    turns: tuple[Turn, ...] = ()
    state: JourneyState = JourneyState.RUNNING
    reason: str | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def campaign(self) -> CampaignId:
        return self.id.cause.campaign

    @property
    def held_out(self) -> bool | None:
        """None: that was not drawn."""
        return self.draw.held_out if self.draw else None

    def is_due(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at <= now
