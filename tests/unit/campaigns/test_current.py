"""E20: with `include_current`, a campaign begins also with who is in its segment as it comes into force."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from huitou.program.campaigns import Once
from tests.builders import at
from tests.campaigns import DAY, HELLO, LAPSED, MINUTE, SEGMENTS, Town, campaign, turns
from tests.office import HOUR
from tests.outbox import NOON
from tests.purchases import bill

PUBLISHED_ON = NOON + 75 * DAY
REGULARS = {"id": "regulars", "name": "Regulars", "when": {"purchases": {"at_least": 2}}}


def winning_back(**changes: Any) -> dict[str, Any]:
    return campaign(**{"once": "absence", "include_current": True, **changes})


def a_town(*, away: int = 1) -> tuple[Town, list[MemberId]]:
    """Nobody speaks to those who have bought on the first noon, and not come again for 75 days."""
    town = Town()
    members = [town.join() for _ in range(away)]
    for number, member in enumerate(members):
        town.buy(member, f"A-{number}")
    town.until(PUBLISHED_ON)
    return town, members


def begun(town: Town, member: MemberId) -> list[Any]:
    return [each.began_at for each in town.journeys_of(member)]


def test_whom_it_finds_there_is_told_once() -> None:
    town, members = a_town(away=3)
    newcomer = town.join()
    town.republish(campaigns=[winning_back()])
    town.until(PUBLISHED_ON + HOUR)
    assert [begun(town, each) for each in members] == [[PUBLISHED_ON]] * 3
    town.until(PUBLISHED_ON + 3 * DAY)
    assert [len(town.messages_of(each)) for each in (*members, newcomer)] == [1, 1, 1, 0]


def test_without_it_nothing_begins_for_the_past() -> None:
    town, (mei,) = a_town()
    town.republish(campaigns=[winning_back(include_current=False)])
    town.until(PUBLISHED_ON + 3 * DAY)
    assert begun(town, mei) == []


@pytest.mark.parametrize("once", [each for each in Once if each is not Once.BIRTHDAY])
def test_with_whom_it_has_begun_for_the_same_it_does_not_begin_again(once: Once) -> None:
    """As it had without that word."""
    town, (mei,) = a_town()
    early = town.join()
    town.buy(early, "B-1")
    town.republish(campaigns=[winning_back(once=once, include_current=False)])
    town.until(town.now + 40 * DAY)
    assert (len(begun(town, mei)), len(begun(town, early))) == (0, 1)
    since = town.now
    town.republish(campaigns=[winning_back(once=once)])
    town.until(since + DAY)
    assert begun(town, mei) == [since]
    assert len(begun(town, early)) == 1


def test_whoever_comes_back_and_stays_away_again_hears_of_it_again() -> None:
    town, (mei,) = a_town()
    town.republish(campaigns=[winning_back()])
    town.until(PUBLISHED_ON + DAY)
    town.buy(mei, "A-9")
    town.until(PUBLISHED_ON + 40 * DAY)
    assert len(begun(town, mei)) == 2


@pytest.mark.parametrize("segment", [LAPSED, {**LAPSED, "when": {"purchases": {"at_most": 5}}}])
def test_whom_a_publication_moves_there_is_included(segment: dict[str, Any]) -> None:
    """The segment is new, or means something else: its members are found page by page, some before the tick."""
    town, (mei,) = a_town()
    if segment is LAPSED:
        town.republish(segments=[SEGMENTS[1]])
        town.segments.refresh(mei, town.now)
    town.now += MINUTE
    fang, since = town.join(), town.now
    town.republish(segments=[segment, SEGMENTS[1]], campaigns=[winning_back()])
    town.segments.refresh(mei, town.now)
    town.until(since + HOUR)
    assert begun(town, mei) == [since]
    assert len(town.messages_of(mei)) == 1
    town.segments.refresh(fang, town.now)
    assert begun(town, fang) == ([] if segment is LAPSED else [since])


def test_what_comes_into_force_later_begins_then() -> None:
    """At the first instant of its dates."""
    town, (mei,) = a_town()
    town.republish(campaigns=[winning_back(dates={"from": "2026-06-01", "to": None})])
    town.until(at("2026-06-01 01:00"))
    assert begun(town, mei) == [at("2026-06-01 00:00")]


def test_a_pause_keeps_it_from_beginning_until_it_ends() -> None:
    town, (mei,) = a_town()
    town.republish(campaigns=[winning_back(paused=True)])
    town.until(PUBLISHED_ON + 3 * DAY)
    assert begun(town, mei) == []
    town.republish(campaigns=[winning_back()])
    town.until(PUBLISHED_ON + 4 * DAY)
    assert begun(town, mei) == [PUBLISHED_ON + 3 * DAY]


def test_another_publication_does_not_begin_it_again() -> None:
    """Nor with who came in between and was left out."""
    town, (mei,) = a_town()
    town.republish(campaigns=[winning_back(not_in=["staff"])])
    town.enrolment.tag(mei, "staff", "group", town.now)
    town.segments.refresh(mei, town.now)
    town.until(PUBLISHED_ON + DAY)
    town.enrolment.untag(mei, "staff", "group")
    town.segments.refresh(mei, town.now)
    town.republish(campaigns=[winning_back(not_in=["staff"], steps=[HELLO, {"wait_days": 1}, HELLO])])
    town.until(PUBLISHED_ON + 3 * DAY)
    assert begun(town, mei) == []


def test_goals_count_from_now_on() -> None:
    town, (mei,) = a_town()
    town.republish(segments=[*SEGMENTS, REGULARS])
    town.buy(mei, "A-9")
    town.until(town.now + 40 * DAY)
    town.republish(campaigns=[winning_back(goals=["regulars"])])
    town.until(town.now + HOUR)
    assert [turns(each) for each in town.journeys_of(mei)] == [["planned"]]


def test_who_is_found_out_later_to_have_been_there_is_made_up_for() -> None:
    town, (mei,) = a_town()
    town.republish(segments=[*SEGMENTS, REGULARS], campaigns=[winning_back(enters="regulars", once="each_time")])
    town.until(PUBLISHED_ON + HOUR)
    town.shop.sell(bill("A-9", occurred_at=PUBLISHED_ON - HOUR), mei, now=town.now)
    assert begun(town, mei) == []
    town.segments.refresh(mei, town.now)
    assert begun(town, mei) == [PUBLISHED_ON]
