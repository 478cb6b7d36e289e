"""What begins with a member is written together with the move by which it begins: so it begins once, and surely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from huitou.campaigns.calendar import Coming, announced
from huitou.campaigns.called import Called, Whom
from huitou.campaigns.decisions import beginnings, begun, is_called, newly_known, occurrence
from huitou.campaigns.model import JourneyId
from huitou.campaigns.ports import JourneyStore
from huitou.campaigns.usual_hour import UsualHours
from huitou.kernel.calendars import local_date
from huitou.kernel.commits import Write
from huitou.outbox.model import Cause
from huitou.program.campaigns import Campaign, CampaignId
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.segments.facts import Facts
from huitou.standing.position import Membership, MoveCause, Position


class _Beginning(NamedTuple):
    journey: JourneyId
    campaign: Campaign
    since: datetime
    now: datetime


class Beginnings:
    """What `huitou.segments.ports.Followers` asks for. Where no campaign begins, nothing is read.

    Of what began several times since somebody looked last, the latest counts.
    """

    def __init__(self, journeys: JourneyStore, calls: Called, hours: UsualHours, programs: Programs) -> None:
        self._journeys = journeys
        self._calls = calls
        self._hours = hours
        self._programs = programs

    def follow(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Sequence[Write]:
        """The journeys that begin. E15: what began with somebody who was merged in does not begin again."""
        latest = self._called(before, after, facts, program, now)
        for campaign, at in beginnings(before, after, facts, program, now):
            if campaign.id in self._programs.at(at).campaigns:  # E20: it was there when that happened
                meant = occurrence(campaign, at, birthday=facts.birthday, deeds=facts.deeds, zone=program.zone)
                latest[campaign.id] = _Beginning(JourneyId(after.member, Cause(campaign.id, meant)), campaign, at, now)
        if not latest:
            return ()
        members = (after.member, *facts.wallets[program.home_currency].absorbed)
        causes = [each.journey.cause for each in latest.values()]
        known = self._journeys.load_all([JourneyId(each, cause) for cause in causes for each in members])
        begun_before = {each.id.cause for each in known}
        new = [each for each in latest.values() if each.journey.cause not in begun_before]
        return [self._begin(each, facts, program) for each in new]

    def _begin(self, it: _Beginning, facts: Facts, program: Program) -> Write:
        hour = self._hours.of(facts.wallets, it.campaign, it.since, program)
        return self._journeys.add(begun(it.journey, it.campaign, it.since, program, it.now, usual_hour=hour))

    def _called(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> dict[CampaignId, _Beginning]:
        """By campaign: those that began with many, of whom the member is found to have been one only now.

        Who was known to be in the segment then is called with all others. A list follows its members by seconds, and at
        a midnight, when many move at once, by minutes: who was not on it yet is called here.
        """
        new, called = newly_known(before, after), {}
        entered = {each.segment for each in new}
        for campaign in program.campaigns.values():
            if campaign.segment not in entered:
                continue
            moved = [each for each in new if before is not None and each.segment == campaign.segment]
            for coming in self._comings(campaign, moved, now):
                named = self._named(campaign, coming, after, facts, program)
                if named is not None:
                    called[campaign.id] = _Beginning(named, campaign, coming.at, coming.at)
        return called

    def _comings(self, campaign: Campaign, moved: Sequence[Membership], now: datetime) -> Iterator[Coming]:
        """When it began with many; and, if it includes those, when a publication ``moved`` the member alone."""
        since = now - campaign.catch_up
        yield from announced(self._programs, campaign, since, now)
        if not campaign.include_current or campaign.paused:
            return
        for each in moved:
            is_there = each.until is None or not campaign.stays
            if each.cause is MoveCause.PROGRAM and since < each.since and campaign.begins_at(each.since) and is_there:
                held = self._programs.at(each.since)
                if campaign.id in held.campaigns:
                    yield Coming(local_date(each.since, held.zone), each.since)

    def _named(
        self, campaign: Campaign, coming: Coming, after: Position, facts: Facts, program: Program
    ) -> JourneyId | None:
        """None: it is not about the member, or has begun with them for the same."""
        if not is_called(campaign, coming.at, after, facts.joined):
            return None
        home = facts.wallets[program.home_currency]
        return self._calls.journey(campaign, coming, Whom(after, home, lambda: facts.birthday), program.zone)
