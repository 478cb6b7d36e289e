"""What begins with a member is written together with the move by which it begins: so it begins once, and surely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from huitou.campaigns.calendar import Coming, announced
from huitou.campaigns.decisions import beginnings, has_moved_since, is_called, known_before, newly_known, occurrence
from huitou.campaigns.new_journeys import Beginning, NewJourneys, Whom, called
from huitou.kernel.calendars import local_date
from huitou.kernel.commits import Write
from huitou.program.campaigns import Campaign
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.program.redefining import redefined
from huitou.program.rules import SegmentId
from huitou.segments.facts import Facts
from huitou.standing.position import Membership, MoveCause, Position

TAKEN_UP_WITHIN: Final = timedelta(minutes=1)
"""Every function has heard of a publication by then."""


class Beginnings:
    """Follows as `huitou.segments.ports.Followers`. Where no campaign begins, nothing is read.

    Of what began several times since somebody looked last, the latest counts.
    """

    def __init__(self, journeys: NewJourneys, programs: Programs) -> None:
        self._journeys = journeys
        self._programs = programs

    def follow(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Sequence[Write]:
        """The journeys that begin. E15: what began with somebody who was merged in does not begin again."""
        known = self._known(before, program)
        found = [
            *self._called(known, after, facts, program, now),
            *self._moved(known, after, facts, program, now),
        ]
        if not found:
            return ()
        whom = Whom(after, facts.wallets[program.home_currency], lambda: facts.birthday)
        return self._journeys.begin(found, whom, program)

    def _known(self, before: Position | None, program: Program) -> Position | None:
        """``before`` without what moved since the version by which it was judged held no more.

        A function takes up a publication some seconds late, and what it finds in these begins nothing of what is new.
        """
        if before is None or before.program >= program.version or not program.campaigns:
            return before
        if not has_moved_since(before, before.through - TAKEN_UP_WITHIN):
            return before
        return known_before(before, self._programs.published_at(before.program + 1))

    def _moved(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Iterator[Beginning]:
        """Those that begin with the member alone.

        E20: who entered what a segment meant before may have been in what it means now since the publication.
        """
        for campaign, at in beginnings(before, after, facts, program, now):
            held = self._programs.at(at).campaigns.get(campaign.id)
            if held is None:  # E20: it was not there when that happened
                continue
            if before is None or at > before.through:
                meant = occurrence(campaign, at, birthday=facts.birthday, deeds=facts.deeds, zone=program.zone)
                yield Beginning(campaign, at, now, meant)
            elif held.paused or held.segment != campaign.segment:
                continue
            elif campaign.include_current or campaign.segment not in self._redefined(before, program):
                yield Beginning(campaign, at, now, at)

    def _redefined(self, before: Position, program: Program) -> frozenset[SegmentId]:
        return redefined(self._programs.version(before.program), program)

    def _called(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Iterator[Beginning]:
        """Those that began with many, of whom the member is found to have been one only now.

        Who was known to be in the segment then is called with all others. A list follows its members by seconds, and at
        a midnight, when many move at once, by minutes: who was not on it yet is called here.
        """
        new = newly_known(before, after)
        entered = {each.segment for each in new}
        for campaign in program.campaigns.values():
            if campaign.segment not in entered:
                continue
            moved = [each for each in new if before is not None and each.segment == campaign.segment]
            for coming in self._comings(campaign, moved, now):
                if is_called(campaign, coming.at, after, facts.joined):
                    yield called(campaign, coming, after)

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
