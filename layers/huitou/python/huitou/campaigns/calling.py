"""Campaigns that begin with many: the tick finds that the time has come, workers begin it with the members (M19)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Final

from huitou.campaigns.calendar import Coming, announced, coming_at
from huitou.campaigns.decisions import LOOK_AGAIN, is_called
from huitou.campaigns.new_journeys import NewJourneys, Whom, called
from huitou.campaigns.occasions import Occasion, OccasionId, go_on_from, put_off
from huitou.campaigns.ports import OccasionStore, Places
from huitou.kernel.commits import Commit, StaleReadError
from huitou.kernel.errors import ContentionError, UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import Page
from huitou.members.ports import MemberIndex, Profiles
from huitou.program.campaigns import Campaign, CampaignId
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.purchases.ports import MemberStates
from huitou.purchases.standing import known_of
from huitou.segments.ports import MemberLists
from huitou.segments.service import is_member

AHEAD: Final = timedelta(minutes=3)
"""How long before its instant an occasion is put into the due index: the ticks after it find it in time."""
LISTED_WITHIN: Final = timedelta(seconds=10)
"""So long after its instant an occasion begins, with who was in the segment then: lists follow their members."""
PAGE: Final = 50
"""Members of one delivery from the queue: some seconds."""


class CampaignCalendar:
    """What the tick does. It remembers what it has put into the index; who forgets finds it there."""

    def __init__(self, occasions: OccasionStore, programs: Programs, commit: Commit, parts: int) -> None:
        self._occasions = occasions
        self._programs = programs
        self._commit = commit
        self._parts = parts
        self._known: dict[tuple[CampaignId, datetime], datetime] = {}

    def announce(self, now: datetime) -> int:
        """Puts what comes within the next minutes, or came and was missed, into the due index; how many there were.

        E20: nothing that was over when it was published, or before what is made up for; nothing that is paused.

        Raises `UnavailableError`: then the next tick looks again.
        """
        program = self._programs.active()
        self._known = {named: until for named, until in self._known.items() if until > now}
        return sum(
            self._add(campaign, coming.at, now)
            for campaign in program.campaigns.values()
            if not campaign.paused
            for coming in announced(self._programs, campaign, now - campaign.catch_up, now + AHEAD)
            if (campaign.id, coming.at) not in self._known
        )

    def _add(self, campaign: Campaign, at: datetime, now: datetime) -> bool:
        parts = (OccasionId(campaign.id, at, part) for part in range(self._parts))
        added = False
        with suppress(StaleReadError):  # the process that ticked before has done it
            self._commit([self._occasions.add(Occasion(each, at + LISTED_WITHIN)) for each in parts])
            added = True
        self._known[campaign.id, at] = max(at, now) + campaign.catch_up
        return added


class Occasions:
    """What the worker does. ``failed`` hears why a member could not be looked at."""

    def __init__(
        self,
        *,
        occasions: OccasionStore,
        journeys: NewJourneys,
        lists: MemberLists,
        everybody: MemberIndex,
        states: MemberStates,
        places: Places,
        profiles: Profiles,
        programs: Programs,
        commit: Commit,
        failed: Callable[[MemberId, Exception], None],
    ) -> None:
        self._occasions = occasions
        self._journeys = journeys
        self._lists = lists
        self._everybody = everybody
        self._states = states
        self._places = places
        self._profiles = profiles
        self._programs = programs
        self._commit = commit
        self._failed = failed

    def go_on(self, named: OccasionId, now: datetime) -> Occasion | None:
        """Begins with a page of members, and answers how far it is; None: there is none, or another worker is further.

        Raises `UnavailableError`, `ContentionError`: then it is worth going on a little later.
        """
        before = self._occasions.load(named)
        if before is None or not before.is_due(now):
            return before
        after = self._next(before, now)
        try:
            self._commit([self._occasions.save(before, after)])
        except StaleReadError:
            return None
        return after

    def _next(self, before: Occasion, now: datetime) -> Occasion:
        program, (named, at, _) = self._programs.active(), before.id
        campaign, coming = program.campaigns.get(named), coming_at(self._programs, named, at)
        if campaign is None or coming is None or at <= now - campaign.catch_up:
            return put_off(before, None)
        if campaign.paused:
            return put_off(before, now + LOOK_AGAIN)
        page = self._page(before, campaign)
        begun_with = [self._begins(member, campaign, coming, program, now) for member in page.items]
        return go_on_from(before, page.next_cursor, sum(begun_with))

    def _page(self, occasion: Occasion, campaign: Campaign) -> Page[MemberId]:
        """Who may be meant; lists are in the order of entering, and who entered later is not."""
        _, at, part = occasion.id
        if campaign.segment is None:
            return self._everybody.members(part, after=occasion.after, limit=PAGE)
        page = self._lists.entries(campaign.segment, part, after=occasion.after, limit=PAGE)
        there = tuple(each.member for each in page.items if each.since <= at)
        return Page(there, page.next_cursor if len(there) == len(page.items) else None)

    def _begins(self, member: MemberId, campaign: Campaign, coming: Coming, program: Program, now: datetime) -> bool:
        """Whether it has begun with the member just now. One who cannot be looked at holds nobody up."""
        try:
            return self._begin(member, campaign, coming, program, now)
        except StaleReadError:
            return False  # it had begun
        except (UnavailableError, ContentionError):
            raise
        except Exception as error:
            self._failed(member, error)
            return False

    def _begin(self, member: MemberId, campaign: Campaign, coming: Coming, program: Program, now: datetime) -> bool:
        state = self._states.load(member)
        if not is_member(state, program):
            return False  # E15, E25
        home = state.wallets[program.home_currency]
        if known_of(home, state.record).enrolled_at > coming.at:
            return False
        position = self._places.position_of(member, state, now)
        has_left = campaign.stays and campaign.segment not in position.segments_at(now)
        if has_left or not is_called(campaign, coming.at, position, home.brands):
            return False
        whom = Whom(position, home, lambda: self._birthday(member))
        journeys = self._journeys.begin([called(campaign, coming, position)], whom, program)
        if journeys:
            self._commit(journeys)
        return bool(journeys)

    def _birthday(self, member: MemberId) -> date | None:
        record = self._profiles.load(member)
        return record.profile.birthday if record else None
