"""E20: with `include_current`, a campaign begins also with who is in its segment as it comes into force."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.ids import MemberId
from huitou.members.identity import phone_identity
from huitou.program.campaigns import Once
from tests.builders import at
from tests.campaigns import DAY, HELLO, LAPSED, MINUTE, SEGMENTS, Town, campaign, turns
from tests.members import said
from tests.office import HOUR
from tests.outbox import NOON
from tests.purchases import bill, return_of

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


AWAY = {**LAPSED, "when": {"days_since_last_purchase": {"at_least": 20}}}
BOUNDED = {**LAPSED, "when": {"purchases": {"at_most": 0, "in": "last 20 days"}}}
"""It looks back no further than so many days: who has come before that is not known to whoever looks."""


class TestOnceForAnAbsence:
    def test_it_begins_once_whoever_finds_the_member_first(self) -> None:
        """Whoever rebuilds, before the tick; the visit was before anything that segments ask for."""
        town = Town()
        town.republish(segments=SEGMENTS[1:])
        mei = town.join()
        town.buy(mei)
        town.until(PUBLISHED_ON)
        town.republish(segments=[BOUNDED, *SEGMENTS[1:]], campaigns=[winning_back()])
        town.now += timedelta(seconds=5)
        town.segments.refresh(mei, town.now)
        town.until(PUBLISHED_ON + 3 * DAY)
        assert begun(town, mei) == [PUBLISHED_ON]
        assert len(town.messages_of(mei)) == 1

    @pytest.mark.parametrize("segment", [AWAY, BOUNDED])
    @pytest.mark.parametrize("refunded", [False, True])
    def test_a_pause_that_ends_tells_nobody_again(self, segment: dict[str, Any], refunded: bool) -> None:
        """Neither where somebody has looked at the member meanwhile, nor where the last visit is none any more."""
        town = Town()
        town.republish(segments=[segment, *SEGMENTS[1:]], campaigns=[winning_back()])
        mei = town.join()
        town.buy(mei, "A-1")
        town.until(NOON + 10 * DAY)
        last = bill("A-2", occurred_at=town.now)
        town.buy(mei, "A-2")
        town.until(town.now + 25 * DAY)
        known = begun(town, mei)
        assert known[-1] == NOON + 30 * DAY
        if refunded:
            town.shop.refund(return_of(last, "R-2"), now=town.now)
        town.republish(campaigns=[winning_back(paused=True)])
        town.until(town.now + 5 * DAY)
        town.segments.refresh(mei, town.now)
        town.republish(campaigns=[winning_back()])
        town.segments.refresh(mei, town.now + MINUTE)
        town.until(town.now + 5 * DAY)
        assert begun(town, mei) == known


class TestWhatIsTakenBack:
    """Within the seconds before it begins, or while it does."""

    @pytest.mark.parametrize(
        "instead",
        [
            winning_back(include_current=False),
            campaign(enters=None, leaves="lapsed"),
            campaign(enters=None, calendar={"monthly": 31}),
            winning_back(enters="birthday"),
        ],
    )
    def test_nobody_hears_of_what_the_campaign_is_not_any_more(self, instead: dict[str, Any]) -> None:
        town, (mei,) = a_town()
        fang = town.join()
        town.republish(campaigns=[winning_back(once="each_time")])
        town.calendar.announce(town.now)
        town.now += timedelta(seconds=5)
        town.republish(campaigns=[instead])
        town.until(PUBLISHED_ON + HOUR)
        assert begun(town, mei) == begun(town, fang) == []


@pytest.mark.parametrize("is_republished", [False, True])
def test_a_history_that_is_imported_is_told_nothing(is_republished: bool) -> None:
    """Nobody has looked at the member before; whether something else was published since makes no difference."""
    town = Town()
    town.republish(campaigns=[winning_back()])
    mei = town.meet(said(phone_identity("0912-345-670")), contact_email="m670@example.com")
    town.agree(mei)
    town.shop.sell(bill("A-1", occurred_at=town.now), mei, now=town.now)
    town.until(PUBLISHED_ON)
    if is_republished:
        town.republish()
    town.until(town.now + HOUR)
    town.segments.refresh(mei, town.now)
    town.until(town.now + DAY)
    assert begun(town, mei) == []


def test_who_has_left_before_their_turn_came_is_left_out() -> None:
    town, (mei,) = a_town()
    town.republish(campaigns=[winning_back(once="ever")])
    town.calendar.announce(town.now)
    town.shop.sell(bill("A-9", occurred_at=town.now + MINUTE), mei, now=town.now + MINUTE)
    town.now += 2 * MINUTE
    town.until(PUBLISHED_ON + HOUR)
    assert begun(town, mei) == []
