"""E20: for some seconds after a publication, functions judge by the version before. Whom they find is not lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.campaigns.situations import Situation, Situations
from huitou.kernel.ids import MemberId
from huitou.program.campaigns import Once
from huitou.segments.service import Segments
from tests.campaigns import DAY, LAPSED, MINUTE, SEGMENTS, Town, campaign
from tests.office import HOUR
from tests.outbox import NOON
from tests.purchases import bill
from tests.standing import deeds_of

SECOND = timedelta(seconds=1)
LAPSES = NOON + 30 * DAY
PUBLISHED_ON = LAPSES - SECOND
HERE = {"id": "here", "name": "Here", "when": {"days_since_last_purchase": {"at_most": 29}}}


def a_town(*campaigns: dict[str, Any], published_on: Any = PUBLISHED_ON) -> tuple[Town, MemberId, Segments]:
    """It is about to publish something; a function that will not hear of it in time looks at who buys at noon."""
    town = Town(*campaigns, changes={"segments": [*SEGMENTS, HERE]})
    mei = town.join()
    town.buy(mei)
    town.until(published_on)
    return town, mei, town.lagging()


def looked_at(town: Town, mei: MemberId, late: Segments, *, at: Any = LAPSES + SECOND) -> list[Any]:
    """When journeys began, once somebody who is late has looked, and then others have."""
    late.refresh(mei, at)
    town.now = at + MINUTE
    for _ in range(2):
        town.segments.refresh(mei, town.now)
    town.until(town.now + 10 * MINUTE)
    return [each.began_at for each in town.journeys_of(mei)]


@pytest.mark.parametrize("include_current", [False, True])
@pytest.mark.parametrize("once", [each for each in Once if each is not Once.BIRTHDAY])
def test_who_enters_meanwhile_is_told_once(once: Once, include_current: bool) -> None:
    town, mei, late = a_town()
    town.republish(campaigns=[campaign(once=once, include_current=include_current)])
    assert looked_at(town, mei, late) == [LAPSES]
    assert len(town.messages_of(mei)) == 1


def test_so_is_who_leaves() -> None:
    town, mei, late = a_town()
    town.republish(campaigns=[campaign(enters=None, leaves="here")])
    assert looked_at(town, mei, late) == [LAPSES]


@pytest.mark.parametrize("stays", [False, True])
def test_who_is_there_no_more_is_told_what_does_not_depend_on_staying(stays: bool) -> None:
    town, mei, late = a_town()
    town.republish(campaigns=[campaign(stays=stays)])
    late.refresh(mei, LAPSES)
    town.shop.sell(bill("A-2", occurred_at=LAPSES + SECOND), mei, now=LAPSES + SECOND)
    assert looked_at(town, mei, late, at=LAPSES + 2 * SECOND) == ([] if stays else [LAPSES])


def test_who_entered_before_the_publication_is_not_told() -> None:
    """Though they are found only after it."""
    town, mei, late = a_town(published_on=LAPSES - DAY)
    town.now = LAPSES + SECOND
    town.republish(campaigns=[campaign()])
    assert looked_at(town, mei, late, at=town.now + SECOND) == []


@pytest.mark.parametrize("before", Once)
@pytest.mark.parametrize("after", Once)
def test_who_has_been_told_by_the_version_before_is_not_told_again(before: Once, after: Once) -> None:
    town, mei, late = a_town(campaign(once=before))
    town.republish(campaigns=[campaign(once=after)])
    assert looked_at(town, mei, late) == [LAPSES]


def test_what_was_paused_until_the_publication_begins() -> None:
    town, mei, late = a_town(campaign(paused=True))
    town.republish(campaigns=[campaign()])
    assert looked_at(town, mei, late) == [LAPSES]


@pytest.mark.parametrize("then", [campaign(paused=True), campaign(enters="here")])
def test_what_was_paused_or_about_others_then_begins_nothing(then: dict[str, Any]) -> None:
    """E20: as with whom a function finds that is in time."""
    town, mei, late = a_town()
    town.republish(campaigns=[then])
    late.refresh(mei, LAPSES + SECOND)
    town.now = LAPSES + HOUR
    town.republish(campaigns=[campaign()])
    town.segments.refresh(mei, town.now + MINUTE)
    assert town.journeys_of(mei) == []


@pytest.mark.parametrize("include_current", [False, True])
def test_who_entered_what_the_segment_meant_before_counts_as_moved_by_the_publication(include_current: bool) -> None:
    """By what it means now, they may have been in it already."""
    town, mei, late = a_town()
    wider = {**LAPSED, "when": {"days_since_last_purchase": {"at_least": 20}}}
    town.republish(segments=[wider, *SEGMENTS[1:], HERE], campaigns=[campaign(include_current=include_current)])
    assert looked_at(town, mei, late) == ([LAPSES] if include_current else [])


def test_what_is_found_too_late_begins_nothing() -> None:
    town, mei, late = a_town()
    town.republish(campaigns=[campaign()])
    late.refresh(mei, LAPSES + SECOND)
    town.segments.refresh(mei, LAPSES + 2 * DAY)
    assert town.journeys_of(mei) == []


def test_who_is_late_hears_of_the_publication_from_who_was_not() -> None:
    """Else what a new segment holds would end and begin anew, and with it whoever must stay in it."""
    town, mei, late = a_town(published_on=NOON + DAY)
    anybody = {"id": "anybody", "name": "Anybody", "when": {"days_since_last_purchase": {"at_most": 300}}}
    town.republish(segments=[*SEGMENTS, HERE, anybody])
    town.segments.refresh(mei, town.now)
    placed = town.shop.states.load(mei).position
    late.refresh(mei, town.now + SECOND)
    town.segments.refresh(mei, town.now + MINUTE)
    after = town.shop.states.load(mei).position
    assert placed is not None
    assert after is not None
    assert "anybody" in placed.segments_at(town.now)
    assert after.memberships == placed.memberships


def test_who_takes_a_step_of_a_journey_knows_the_version_that_began_it() -> None:
    """Else what is new in that would be gone for them, for good."""
    town, mei, _ = a_town()
    known = town.shop.programs.lagging()
    town.republish(campaigns=[campaign()])
    town.until(LAPSES + MINUTE)
    (journey,) = town.journeys_of(mei)
    late = Situations(town.journeys, town.shop.states, town.segments, known, deeds_of(town.shop.table))
    assert isinstance(late.of(journey, town.now), Situation)


def test_functions_that_take_turns_tell_nobody_twice() -> None:
    town, mei, late = a_town()
    town.republish(campaigns=[campaign(once="each_time")])
    for number in range(4):
        (late if number % 2 else town.segments).refresh(mei, LAPSES + number * SECOND)
    assert looked_at(town, mei, late, at=LAPSES + 4 * SECOND) == [LAPSES]
