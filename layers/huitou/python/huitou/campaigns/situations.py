"""Whether a journey goes on: asked before each of its steps, and again before each of its messages is sent (M26)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from huitou.campaigns.decisions import LOOK_AGAIN, ending
from huitou.campaigns.model import Journey, JourneyId
from huitou.campaigns.ports import JourneyStore, Places
from huitou.outbox.model import Cause, OutboxMessage
from huitou.outbox.ports import Hindrance
from huitou.points.wallet import Wallet
from huitou.program.campaigns import Campaign
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.purchases.ports import MemberState, MemberStates
from huitou.standing.position import Position

CAMPAIGN_GONE = "campaign_gone"
CAMPAIGN_PAUSED = "campaign_paused"
NOBODY = "not_a_member"
"""Any more: erased, for example."""
MERGED = "merged"
"""Whoever goes on with what was the member's has begun the same already (E15)."""


class Situation(NamedTuple):
    """What is known of a journey that goes on; ``home`` is of whoever goes on with it."""

    program: Program
    campaign: Campaign
    home: Wallet
    position: Position


class Situations:
    """`huitou.outbox.ports.Campaigns`, and the same for journeys."""

    def __init__(self, journeys: JourneyStore, states: MemberStates, places: Places, programs: Programs) -> None:
        self._journeys = journeys
        self._states = states
        self._places = places
        self._programs = programs

    def hindrance(self, message: OutboxMessage, cause: Cause, now: datetime) -> Hindrance | None:
        journey = self._journeys.load(JourneyId(message.id.member, cause))
        found = self.of(journey, now) if journey else Hindrance(CAMPAIGN_GONE)
        return found if isinstance(found, Hindrance) else None

    def of(self, journey: Journey, now: datetime) -> Situation | Hindrance:
        program = self._programs.active()
        campaign = program.campaigns.get(journey.id.cause.campaign)
        if campaign is None:
            return Hindrance(CAMPAIGN_GONE)
        if campaign.paused:
            return Hindrance(CAMPAIGN_PAUSED, now + LOOK_AGAIN)
        state, home = self._survivor(journey, program)
        if home is None or home.erased_at:
            return Hindrance(NOBODY)
        if home.member != journey.id.member and self._journeys.load(JourneyId(home.member, journey.id.cause)):
            return Hindrance(MERGED)
        position = self._places.position_of(home.member, state, now)
        reason = ending(journey, campaign, position, now)
        return Hindrance(reason) if reason else Situation(program, campaign, home, position)

    def _survivor(self, journey: Journey, program: Program) -> tuple[MemberState, Wallet | None]:
        """E15: whoever goes on with what is the member's."""
        state = self._states.load(journey.id.member)
        home = state.wallets.get(program.home_currency)
        while home is not None and home.moved_to:
            state = self._states.load(home.moved_to)
            home = state.wallets.get(program.home_currency)
        return state, home
