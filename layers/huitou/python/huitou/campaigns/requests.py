"""Journeys as callers see them. Instants are in UTC (E33)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from huitou.campaigns.model import Journey, JourneyState, Turn, TurnOutcome
from huitou.fields import View
from huitou.kernel.ids import OwnedId
from huitou.kernel.instants import format_instant


class TurnView(View):
    """A step that would have done something."""

    step: int
    """Its number in the campaign, from 0 on."""
    at: datetime
    outcome: TurnOutcome
    """`planned`: there is a message. `given`: there are points, or a coupon. `tagged`: the tag is on, or off.
    `held_out`: so it would be, but the member is left alone, for comparison; `held_out_of_all`: and by every campaign.
    `shared_address`: it would reach somebody who is held out. Otherwise why it is not."""
    message_id: str | None
    entry_id: str | None
    """That booked the points."""
    coupon_id: str | None


class JourneyView(View):
    """A member's way through a campaign."""

    campaign: str
    occurrence: str
    """What it happens once for: a year, the last visit before an absence, …"""
    state: JourneyState
    reason: str | None
    """Why it ended before its last step."""
    began_at: datetime
    """When what it begins with became true."""
    ended_at: datetime | None
    next_step_at: datetime | None
    usual_hour: int | None
    """At which hour of the day the member usually came when it began; null where that is not known, or the campaign
    does not ask for it."""
    held_out: bool | None
    """Whether the member is one of those whom the campaign leaves alone; null before the first step that
    would do something, and where it holds nobody out."""
    turns: list[TurnView]
    program_version: int
    """Whose steps it takes."""


class JourneyPage(View):
    """A member's journeys, by campaign."""

    items: list[JourneyView]
    next_cursor: str | None


def journey_view(journey: Journey) -> dict[str, Any]:
    """A `JourneyView`."""
    return {
        "campaign": journey.campaign,
        "occurrence": journey.id.cause.occurrence,
        "state": journey.state,
        "reason": journey.reason,
        "began_at": format_instant(journey.began_at),
        "ended_at": format_instant(journey.ended_at) if journey.ended_at else None,
        "next_step_at": format_instant(journey.due_at) if journey.due_at else None,
        "usual_hour": journey.usual_hour,
        "held_out": journey.held_out,
        "turns": [_turn_view(journey, turn) for turn in journey.turns],
        "program_version": journey.program_version,
    }


def _turn_view(journey: Journey, turn: Turn) -> dict[str, Any]:
    return {
        "step": turn.step,
        "at": format_instant(turn.at),
        "outcome": turn.outcome,
        "message_id": str(OwnedId(journey.id.member, turn.message)) if turn.message else None,
        "entry_id": turn.entry,
        "coupon_id": str(OwnedId(journey.id.member, turn.coupon)) if turn.coupon else None,
    }
