"""Whether a journey goes on: asked before each of its steps, and again before each of its messages is sent (M26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from huitou.campaigns.decisions import GOAL_REACHED, LOOK_AGAIN, ending, foremost, has_bought
from huitou.campaigns.model import Journey, JourneyId
from huitou.campaigns.ports import JourneyStore, Places
from huitou.kernel.ids import MemberId
from huitou.messages.recipients import Recipient
from huitou.outbox.model import Cause, OutboxMessage
from huitou.outbox.ports import Hindrance
from huitou.points.membership import MEMBER_ERRORS, require_seen
from huitou.points.reaching import for_survivor
from huitou.points.wallet import Wallet
from huitou.program.campaigns import Campaign
from huitou.program.model import GROUP, BrandId, CurrencyId, Program
from huitou.program.ports import LatestPrograms
from huitou.purchases.ports import MemberState, MemberStates
from huitou.segments.facts import Deed
from huitou.standing.position import Position

CAMPAIGN_GONE = "campaign_gone"
CAMPAIGN_PAUSED = "campaign_paused"
NOBODY = "not_a_member"
"""Any more: erased, for example."""
MERGED = "merged"
"""Another journey of the same person goes on with the same (E15)."""


class Situation(NamedTuple):
    """What is known of a journey that goes on; ``wallets`` are of whoever goes on with it."""

    program: Program
    campaign: Campaign
    wallets: Mapping[CurrencyId, Wallet]
    position: Position

    @property
    def home(self) -> Wallet:
        return self.wallets[self.program.home_currency]

    @property
    def brand(self) -> BrandId:
        """Whose campaign it is."""
        return self.campaign.brand or GROUP

    @property
    def is_of_the_brand(self) -> bool:
        """Whether the member is, where it is a brand's campaign."""
        return self.brand == GROUP or self.home.has_joined(self.brand)


class Situations:
    """`huitou.outbox.ports.Campaigns`, and the same for journeys.

    ``read`` answers as that of `huitou.campaigns.new_journeys`, and is asked where a purchase is the goal.
    """

    def __init__(
        self,
        journeys: JourneyStore,
        states: MemberStates,
        places: Places,
        programs: LatestPrograms,
        read: Callable[[Wallet, datetime], Sequence[Deed]],
    ) -> None:
        self._journeys = journeys
        self._states = states
        self._places = places
        self._programs = programs
        self._read = read

    def hindrance(self, message: OutboxMessage, cause: Cause, recipient: Recipient, now: datetime) -> Hindrance | None:
        journey = self._journeys.load(JourneyId(message.id.member, cause))
        found = self._of(journey, lambda _: recipient.state, now) if journey else Hindrance(CAMPAIGN_GONE)
        return found if isinstance(found, Hindrance) else None

    def of(self, journey: Journey, now: datetime) -> Situation | Hindrance:
        def survivor(program: Program) -> MemberState:
            return for_survivor(lambda way: self._seen(way[-1], program.home_currency), journey.id.member)

        try:
            return self._of(journey, survivor, now)
        except MEMBER_ERRORS:
            return Hindrance(NOBODY)

    def _of(self, journey: Journey, survivor: Callable[[Program], MemberState], now: datetime) -> Situation | Hindrance:
        """``survivor`` says how whoever goes on with what is the member's stands (E15)."""
        program = self._programs.active(at_least=journey.program_version)
        campaign = program.campaigns.get(journey.id.cause.campaign)
        if campaign is None:
            return Hindrance(CAMPAIGN_GONE)
        if campaign.paused:
            return Hindrance(CAMPAIGN_PAUSED, now + LOOK_AGAIN)
        state = survivor(program)
        home = state.wallets[program.home_currency]
        same = [journey, *self._others(journey, home)]
        if foremost(same) is not journey:
            return Hindrance(MERGED)
        if any(each.reason == GOAL_REACHED for each in same) or self._has_bought(journey, campaign, home, now):
            return Hindrance(GOAL_REACHED)
        position = self._places.position_of(home.member, state, now)
        reason = ending(journey, campaign, position, now)
        return Hindrance(reason) if reason else Situation(program, campaign, state.wallets, position)

    def _has_bought(self, journey: Journey, campaign: Campaign, home: Wallet, now: datetime) -> bool:
        if not campaign.purchase_is_goal:
            return False
        return has_bought(journey, campaign, self._read(home, journey.began_at), now)

    def _others(self, journey: Journey, home: Wallet) -> Sequence[Journey]:
        """What has begun for the same with whom the member is one person by now."""
        if not home.absorbed:
            return ()
        members = {home.member, *home.absorbed} - {journey.id.member}
        return self._journeys.load_all([JourneyId(each, journey.id.cause) for each in sorted(members)])

    def _seen(self, member: MemberId, home: CurrencyId) -> MemberState:
        state = self._states.load(member)
        require_seen(state.wallets.get(home), GROUP)
        return state
