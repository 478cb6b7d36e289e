"""Journeys whose goal is reached end with the look that finds it (M20).

A position remembers for a while only which segments a member was in, and a journey may wait for much longer: so that
its goal was reached is kept with the journey, in the commit of the position that says so. What nobody has looked at by
then is found by `huitou.campaigns.situations`, before a step is taken or a message sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from huitou.campaigns.decisions import GOAL_REACHED, has_bought, has_entered_goal, newly_known, stop
from huitou.campaigns.model import Journey, JourneyState
from huitou.campaigns.ports import JourneyStore
from huitou.kernel.commits import Write
from huitou.points.wallet import Wallet
from huitou.program.campaigns import Campaign
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.segments.facts import Deed, Facts
from huitou.standing.position import Membership, Position

MOST_STOPPED: Final = 30
"""In one commit, beside what begins by it. Of more, those that are due last: the others are asked soon."""


class Goals:
    """Follows as `huitou.segments.ports.Followers`. Journeys are read where a member has entered a goal, or done
    something and a purchase is the goal; then ``read`` is asked, as that of `huitou.campaigns.new_journeys`.
    """

    def __init__(
        self, journeys: JourneyStore, programs: Programs, read: Callable[[Wallet, datetime], Sequence[Deed]]
    ) -> None:
        self._journeys = journeys
        self._programs = programs
        self._read = read

    def follow(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Sequence[Write]:
        """The journeys that end, with those of who was merged into the member (E15)."""
        home = facts.wallets[program.home_currency]
        reached = list(self._reached(before, after, home, program, now))
        last_first = sorted(reached, key=lambda each: each.due_at or now, reverse=True)
        return [self._journeys.save(each, stop(each, GOAL_REACHED, now)) for each in last_first[:MOST_STOPPED]]

    def _reached(
        self, before: Position | None, after: Position, home: Wallet, program: Program, now: datetime
    ) -> Iterator[Journey]:
        news = newly_known(before, after)
        did_something = before is None or before.seen != after.seen
        for campaign in program.campaigns.values():
            is_new = self._has_new_goals(campaign, before, program)
            entered = [each for each in (after.memberships if is_new else news) if each.segment in campaign.goals]
            may_have_bought = campaign.purchase_is_goal and (did_something or is_new)
            if entered or may_have_bought:
                yield from self._ending(campaign, entered, may_have_bought, home, now)

    def _ending(
        self, campaign: Campaign, entered: Sequence[Membership], may_have_bought: bool, home: Wallet, now: datetime
    ) -> Iterator[Journey]:
        def bought(journey: Journey) -> bool:
            return may_have_bought and has_bought(journey, campaign, self._read(home, journey.began_at), now)

        journeys = self._journeys.of_campaign((home.member, *home.absorbed), campaign.id)
        running = (each for each in journeys if each.state is JourneyState.RUNNING)
        return (each for each in running if has_entered_goal(each, campaign, entered) or bought(each))

    def _has_new_goals(self, campaign: Campaign, before: Position | None, program: Program) -> bool:
        """Whether it had others in the version by which the member was looked at last: they count for those on their
        way, as far as is remembered."""
        if before is None or before.program == program.version:
            return False
        held = self._programs.version(before.program).campaigns.get(campaign.id)
        return held is None or (held.goals, held.purchase_is_goal) != (campaign.goals, campaign.purchase_is_goal)
