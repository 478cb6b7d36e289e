"""The journeys that begin with a member: for what, whether they are new, and at which hour of theirs (M19, E20)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from huitou.campaigns.calendar import Coming
from huitou.campaigns.decisions import GOAL_REACHED, begun, has_entered_goal, occurrence, stop
from huitou.campaigns.model import Journey, JourneyId
from huitou.campaigns.ports import JourneyStore
from huitou.campaigns.usual_hour import WITHIN, usual_hour_of
from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import EPOCH
from huitou.outbox.model import Cause
from huitou.points.wallet import Wallet
from huitou.program.campaigns import Campaign, CampaignId, Once
from huitou.program.model import Program
from huitou.segments.facts import Deed
from huitou.standing.position import Position


class Whom(NamedTuple):
    """A member who is meant; ``birthday`` is asked for where it matters."""

    position: Position
    home: Wallet
    birthday: Callable[[], date | None]

    @property
    def people(self) -> tuple[MemberId, ...]:
        """The member, and who was merged into them (E15)."""
        return self.position.member, *self.home.absorbed


class Beginning(NamedTuple):
    """``campaign`` begins with a member by what became true ``since``, and its first wait is counted from ``now``.

    It happens once for ``meant``; an instant stands for their move at it, if they have not heard of the campaign since.
    """

    campaign: Campaign
    since: datetime
    now: datetime
    meant: str | datetime


def called(campaign: Campaign, coming: Coming, position: Position) -> Beginning:
    """With who is called with many others: on a day, or since they are there, as if it had begun as they entered."""
    meant: str | datetime
    if campaign.calendar is None:
        there = (each for each in position.memberships if each.segment == campaign.segment)
        meant = next(each.since for each in there if each.holds_at(coming.at))
    else:
        meant = "ever" if campaign.once is Once.EVER else coming.day.isoformat()
    return Beginning(campaign, coming.at, coming.at, meant)


class NewJourneys:
    """``read`` answers what the owner of a home wallet did from an instant on, or earlier, in the order of time.

    It is asked by campaigns that begin once for an absence or at the usual hour, and only where one begins.
    """

    def __init__(self, journeys: JourneyStore, read: Callable[[Wallet, datetime], Sequence[Deed]]) -> None:
        self._journeys = journeys
        self._read = read

    def begin(self, beginnings: Iterable[Beginning], whom: Whom, program: Program) -> list[Write]:
        """Writes those that have not begun for the same; of several of one campaign, the last (E15)."""
        named: dict[CampaignId, tuple[JourneyId, Beginning]] = {}
        for each in beginnings:
            meant = self._occurrence(each, whom, program.zone)
            if meant is not None:
                named[each.campaign.id] = JourneyId(whom.position.member, Cause(each.campaign.id, meant)), each
        if not named:
            return []
        causes = [journey.cause for journey, _ in named.values()]
        known = self._journeys.load_all([JourneyId(person, cause) for cause in causes for person in whom.people])
        begun_before = {journey.id.cause for journey in known}
        new = [(journey, each) for journey, each in named.values() if journey.cause not in begun_before]
        return [self._journeys.add(self._begun(journey, each, whom, program)) for journey, each in new]

    def _occurrence(self, beginning: Beginning, whom: Whom, zone: ZoneInfo) -> str | None:
        """None: they have heard of it since they moved.

        All visits are read: who looks at a position knows them only as far back as segments ask.
        """
        campaign, moved_at = beginning.campaign, beginning.meant
        if isinstance(moved_at, str):
            return moved_at
        if any(each.began_at >= moved_at for each in self._journeys.of_campaign(whom.people, campaign.id)):
            return None
        return occurrence(
            campaign,
            moved_at,
            birthday=whom.birthday() if campaign.once is Once.BIRTHDAY else None,
            deeds=self._read(whom.home, EPOCH) if campaign.once is Once.ABSENCE else (),
            zone=zone,
        )

    def _begun(self, named: JourneyId, beginning: Beginning, whom: Whom, program: Program) -> Journey:
        """Where its goal was reached before anybody wrote it down, it is over at once."""
        campaign, since, now, _ = beginning
        hour = None
        if campaign.at_usual_hour:
            hour = usual_hour_of(self._read(whom.home, since - WITHIN), campaign.brand, since, program.zone)
        journey = begun(named, campaign, since, program, now, usual_hour=hour)
        if has_entered_goal(journey, campaign, whom.position.memberships):
            return stop(journey, GOAL_REACHED, now)
        return journey
