"""How journeys begin, go on and end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from huitou.campaigns.model import EFFECTIVE, Journey, JourneyId, JourneyState
from huitou.kernel.calendars import add_days, at_local, local_date
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import to_millis
from huitou.kernel.values import changed
from huitou.program.campaigns import Campaign, Once, Step, Wait
from huitou.program.model import BrandId, Program
from huitou.program.rules import SegmentId
from huitou.segments.being import birthday_in
from huitou.segments.facts import Deed, Facts
from huitou.standing.position import Membership, MoveCause, Position

GOAL_REACHED = "goal_reached"
LEFT = "left"
NOT_IN_SEGMENT = "not_in_segment"
LOOK_AGAIN = timedelta(minutes=1)
"""How soon what was paused goes on once it is not any more."""


def beginnings(
    before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
) -> Iterator[tuple[Campaign, datetime]]:
    """The campaigns that begin with the member by what ``after`` says otherwise than ``before``, and since when.

    E20: what a publication moves begins nothing, nor what is found out too late. What came and went while nobody
    looked begins what does not depend on staying (E10).
    """
    known = {(each.segment, each.since): each for each in before.memberships} if before else {}
    moved = [each for each in after.memberships if known.get((each.segment, each.since)) != each]
    for campaign in program.campaigns.values():
        if campaign.calendar is not None:
            continue
        for each in moved:
            if each.segment != campaign.segment:
                continue
            was_known = (each.segment, each.since) in known
            at = _left(each) if campaign.leaving else _entered(each, was_known, campaign)
            if at is not None and _begins(campaign, at, after, facts, now):
                yield campaign, at


def has_moved_since(position: Position, at: datetime) -> bool:
    """Whether the member has entered or left a segment at ``at`` or later, as far as is kept."""
    return any(each.since >= at or (each.until is not None and each.until >= at) for each in position.memberships)


def known_before(position: Position, since: datetime) -> Position:
    """``position`` without what moved at ``since`` or later."""
    there = (each for each in position.memberships if each.since < since)
    known = (
        each if each.until is None or each.until < since else each._replace(until=None, end=None) for each in there
    )
    return changed(position, memberships=tuple(known))


def newly_known(before: Position | None, after: Position) -> list[Membership]:
    """Those that were not known before."""
    known = {(each.segment, each.since) for each in before.memberships} if before else set()
    return [each for each in after.memberships if (each.segment, each.since) not in known]


def is_called(campaign: Campaign, at: datetime, position: Position, joined: Mapping[BrandId, datetime]) -> bool:
    """Whether a campaign that begins with many at ``at`` means the member who stands so."""
    return is_about(campaign, at, position.segments_at(at), joined)


def is_about(campaign: Campaign, at: datetime, there: frozenset[SegmentId], joined: Mapping[BrandId, datetime]) -> bool:
    """As `is_called`, of who is ``there`` at that instant."""
    if campaign.brand is not None and (campaign.brand not in joined or joined[campaign.brand] > at):
        return False
    return (campaign.segment is None or campaign.segment in there) and _asks_for(campaign, there)


def _asks_for(campaign: Campaign, there: frozenset[SegmentId]) -> bool:
    return campaign.only_in <= there and campaign.not_in.isdisjoint(there)


def _entered(membership: Membership, was_known: bool, campaign: Campaign) -> datetime | None:
    is_over = membership.until is not None and campaign.stays
    if was_known or is_over or membership.cause is MoveCause.PROGRAM:
        return None
    return membership.since


def _left(membership: Membership) -> datetime | None:
    return None if membership.end is MoveCause.PROGRAM else membership.until


def _begins(campaign: Campaign, at: datetime, after: Position, facts: Facts, now: datetime) -> bool:
    if campaign.paused or not campaign.begins_at(at) or at <= now - campaign.catch_up:
        return False
    if campaign.brand is not None and campaign.brand not in facts.joined:
        return False
    return _asks_for(campaign, after.segments_at(at))


def occurrence(
    campaign: Campaign, at: datetime, *, birthday: date | None, deeds: Sequence[Deed], zone: ZoneInfo
) -> str:
    """What the campaign happens once for, if it begins at ``at`` with a member who moved then and did ``deeds``."""
    match campaign.once:
        case Once.EVER:
            return "ever"
        case Once.BIRTHDAY if birthday is not None:
            return str(_birthday_near(local_date(at, zone), birthday).year)
        case Once.ABSENCE if visits := [deed.at for deed in deeds if deed.at < at]:
            return str(to_millis(visits[-1]))
    return str(to_millis(at))


def _birthday_near(day: date, born: date) -> date:
    """E10: the birthday that is meant on ``day``, a few days before or after it."""
    birthdays = (birthday_in(year, born) for year in (day.year - 1, day.year, day.year + 1))
    return min(birthdays, key=lambda each: abs(each - day))


def begun(
    journey: JourneyId, campaign: Campaign, since: datetime, program: Program, now: datetime, *, usual_hour: int | None
) -> Journey:
    """At its first step; ``since`` is when what it begins with became true."""
    at, (step, days) = _at(campaign, usual_hour), next_step(campaign.steps, 0)
    first = _after(days, at, now, program.zone) if days else _at_hour(now, at, program.zone)
    return Journey(
        id=journey,
        program_version=program.version,
        began_at=since,
        step=step,
        due_at=first + campaign.yields,
        usual_hour=usual_hour,
    )


def next_step(steps: Sequence[Step], step: int) -> tuple[int, int]:
    """Which step is taken next, from number ``step`` on, and after how many days."""
    days = 0
    while step < len(steps) and isinstance(wait := steps[step], Wait):
        step, days = step + 1, days + wait.days
    return step, days


def _at(campaign: Campaign, usual_hour: int | None) -> time | None:
    """The time of the day at which the steps of one member are taken, as the campaign says it by now."""
    return time(usual_hour) if campaign.at_usual_hour and usual_hour is not None else campaign.at


def _after(days: int, at: time | None, now: datetime, zone: ZoneInfo) -> datetime:
    """So many days later when clocks show ``at``, however late it is today; without it, at the same time of the day."""
    if at is None:
        return add_days(now, days, zone)
    return at_local(local_date(now, zone) + timedelta(days=days), at, zone)


def _at_hour(instant: datetime, at: time | None, zone: ZoneInfo) -> datetime:
    """The first instant from this one on at which clocks show ``at``."""
    if at is None:
        return instant
    day = local_date(instant, zone)
    today = at_local(day, at, zone)
    return today if today >= instant else at_local(day + timedelta(days=1), at, zone)


def ending(journey: Journey, campaign: Campaign, position: Position, now: datetime) -> str | None:
    """Why a journey ends now, whatever its steps; None: it goes on.

    After a merge (E15) ``position`` is the survivor's, and it does not matter since when they are in the segment.
    """
    if has_entered_goal(journey, campaign, position.memberships):
        return GOAL_REACHED
    stays = (
        each.since <= journey.began_at or position.member != journey.id.member
        for each in position.memberships
        if each.segment == campaign.segment and (each.until is None or each.until > now)
    )
    return LEFT if campaign.stays and not any(stays) else None


def has_entered_goal(journey: Journey, campaign: Campaign, memberships: Iterable[Membership]) -> bool:
    """Whether one of ``memberships`` is in a goal, and has begun since the journey did."""
    return any(each.segment in campaign.goals and each.since >= journey.began_at for each in memberships)


def has_bought(journey: Journey, campaign: Campaign, deeds: Iterable[Deed], now: datetime) -> bool:
    """Whether one of ``deeds`` is a purchase since the journey began, where the campaign's purchases are made."""
    return any(
        each.is_purchase and campaign.brand in {None, each.brand} and journey.began_at <= each.at <= now
        for each in deeds
    )


def foremost(journeys: Iterable[Journey]) -> Journey:
    """E15: of those that one person has for the same since a merge, the one that goes on.

    None of the others has done anything at a later step: so whatever it still does has not been done. Where that is so
    of several, it is the first; but none that ended without having done anything.
    """

    def rank(journey: Journey) -> tuple[int, bool, datetime, MemberId]:
        done = max((turn.step for turn in journey.turns if turn.outcome in EFFECTIVE), default=-1)
        came_to_nothing = done < 0 and journey.state is not JourneyState.RUNNING
        return -done, came_to_nothing, journey.began_at, journey.id.member

    return min(journeys, key=rank)


def stop(journey: Journey, reason: str, now: datetime) -> Journey:
    return replace(
        journey,
        state=JourneyState.STOPPED,
        reason=reason,
        ended_at=now,
        due_at=None,
        version=journey.version + 1,
    )


def postpone(journey: Journey, until: datetime) -> Journey:
    return replace(journey, due_at=until, version=journey.version + 1)


def go_on(journey: Journey, campaign: Campaign, steps: Sequence[Step], now: datetime, zone: ZoneInfo) -> Journey:
    """Past the step that is due, to the next one of ``steps``; at the end, the journey is completed."""
    step, days = next_step(steps, journey.step + 1)
    if step == len(steps):
        state, due_at, ended_at = JourneyState.COMPLETED, None, now
    else:
        at = _at(campaign, journey.usual_hour)
        later = _after(days, at, now, zone) + campaign.yields if days else now
        state, due_at, ended_at = JourneyState.RUNNING, later, None
    return replace(journey, step=step, due_at=due_at, state=state, ended_at=ended_at, version=journey.version + 1)
