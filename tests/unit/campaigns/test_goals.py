"""M20, M26: whoever does what a campaign is for hears no more of it, however long it waits between its steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huitou.campaigns.goals import MOST_STOPPED
from huitou.campaigns.model import Journey, JourneyId, JourneyState
from huitou.kernel.ids import MemberId
from huitou.outbox.model import Cause, MessageState
from tests.builders import at
from tests.campaigns import DAY, HELLO, MINUTE, SEGMENTS, Town, campaign
from tests.office import HOUR
from tests.outbox import NOON
from tests.purchases import bill, booking, return_of

LATELY = {"id": "lately", "name": "Bought lately", "when": {"purchases": {"at_least": 1, "in": "last 7 days"}}}
TWICE = {"id": "twice", "name": "Bought twice", "when": {"purchases": {"at_least": 2}}}
SECOND = timedelta(seconds=1)


def patient(**changes: Any) -> dict[str, Any]:
    """Speaks to who is appointed, and once more two months later, whatever becomes of their appointment."""
    steps = [HELLO, {"wait_days": 60}, HELLO]
    return campaign(enters="staff", stays=False, steps=steps, **changes)


def a_town(*campaigns: dict[str, Any], **messages: Any) -> tuple[Town, MemberId]:
    """Somebody was appointed at noon."""
    town = Town(**messages)
    town.republish(segments=[*SEGMENTS, LATELY, TWICE], campaigns=list(campaigns) or [patient(goals=["lately"])])
    mei = town.join()
    town.appoint(mei)
    town.until(NOON + HOUR)
    return town, mei


def ends_of(town: Town, *members: MemberId) -> list[tuple[str, str | None]]:
    return [(each.state.value, each.reason) for each in town.journeys_of(*members)]


REACHED = [("stopped", "goal_reached")]
COMPLETED = [("completed", None)]


def test_a_goal_ends_it_at_once_and_stays_reached_after_its_segment_is_forgotten() -> None:
    town, mei = a_town()
    town.until(NOON + DAY)
    town.buy(mei)
    assert ends_of(town, mei) == REACHED
    assert town.journeys_of(mei)[0].ended_at == NOON + DAY + SECOND
    town.until(NOON + 45 * DAY)
    town.segments.refresh(mei, town.now)
    town.buy(mei, "A-2", brand="sora", store="s1")
    position = town.segments.position(mei, town.now)
    assert min(each.since for each in position.memberships if each.segment == "lately") > NOON + DAY
    town.until(NOON + 70 * DAY)
    assert town.told(mei) == [(0, "hello")]


def test_a_sale_that_comes_late_counts_from_when_it_is_known() -> None:
    town, mei = a_town()
    town.until(NOON + 4 * DAY)
    town.shop.sell(bill(occurred_at=NOON + DAY), mei, now=town.now)
    town.until(NOON + 70 * DAY)
    town.segments.refresh(mei, town.now)
    assert town.journeys_of(mei)[0].reason is None
    town, mei = a_town()
    town.until(NOON + 4 * DAY)
    town.shop.sell(bill(occurred_at=NOON + DAY), mei, now=town.now)
    town.segments.refresh(mei, town.now + SECOND)
    assert ends_of(town, mei) == REACHED


def test_who_has_been_there_before_it_began_has_not_reached_it() -> None:
    town = Town()
    town.republish(segments=[*SEGMENTS, LATELY], campaigns=[patient(goals=["lately"])])
    mei = town.join()
    town.buy(mei)
    town.until(NOON + DAY)
    town.appoint(mei)
    town.buy(mei, "A-2")
    town.until(NOON + 70 * DAY)
    assert ends_of(town, mei) == COMPLETED


def test_a_message_that_waits_is_not_sent_though_the_goal_is_none_any_more() -> None:
    goes_on = patient(goals=["lately"], at="23:00")
    town, mei = a_town(goes_on, quiet_hours={"from": "22:00", "to": "08:00"})
    town.until(at("2026-03-03 06:00"))
    town.buy(mei)
    town.republish(campaigns=[{**goes_on, "goals": []}])
    town.until(at("2026-03-03 12:00"))
    (message,) = town.messages_of(mei)
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "goal_reached")
    assert town.handed() == []


def test_it_ends_with_who_survives_a_merge() -> None:
    """E15: with all journeys of who is one person by now."""
    town, mei = a_town(patient(goals=["lately"], once="ever"))
    card = town.join()
    town.merge(card, mei, town.now)
    town.until(NOON + DAY)
    town.buy(card)
    assert ends_of(town, mei, card) == REACHED


def test_what_one_had_reached_before_a_merge_both_have() -> None:
    """E15: of a campaign that had begun with both for the same."""
    town, mei = a_town(patient(goals=["lately"], once="ever"))
    card = town.join()
    town.appoint(card)
    town.until(NOON + DAY)
    town.buy(card)
    town.until(NOON + 10 * DAY)
    town.merge(mei, card, town.now)
    town.until(NOON + 70 * DAY)
    assert {reason for _, reason in ends_of(town, mei, card)} <= {"goal_reached", "merged"}
    assert [len(town.messages_of(each)) for each in (mei, card)] == [1, 1]


def test_where_it_was_reached_before_the_journey_was_written_it_is_over_at_once() -> None:
    """A campaign by the calendar begins some seconds after its instant."""
    called = at("2026-03-04 10:00")
    steps = [{"wait_days": 60}, HELLO]
    festival = campaign(enters=None, calendar={"date": "2026-03-04"}, at="10:00", goals=["lately"], steps=steps)
    town, mei = a_town(festival)
    town.until(called + SECOND)
    town.buy(mei)
    assert town.journeys_of(mei) == []
    town.until(called + HOUR)
    assert ends_of(town, mei) == REACHED


def test_a_goal_that_is_new_counts_for_those_on_their_way() -> None:
    town, mei = a_town(patient())
    town.until(NOON + DAY)
    town.buy(mei)
    town.republish(campaigns=[patient(goals=["lately"])])
    town.until(NOON + 2 * DAY)
    town.segments.refresh(mei, town.now)
    assert ends_of(town, mei) == REACHED


def test_of_many_journeys_those_end_first_that_would_be_asked_last() -> None:
    """One commit has room for so many; the others are found before they do anything."""
    town, mei = a_town()
    (begun,) = town.journeys_of(mei)
    others = [copy_of(begun, number) for number in range(MOST_STOPPED + 5)]
    for each in others:
        town.commit([town.journeys.add(each)])
    town.until(NOON + DAY)
    town.buy(mei)
    running = {each.id for each in town.journeys_of(mei) if each.state is JourneyState.RUNNING}
    assert running == {begun.id, *(each.id for each in others[:5])}
    town.until(NOON + 70 * DAY)
    assert ends_of(town, mei) == REACHED * (len(others) + 1)
    assert len(town.messages_of(mei)) == 1


def copy_of(journey: Journey, number: int) -> Journey:
    named = JourneyId(journey.id.member, Cause(journey.campaign, f"z-{number:02}"))
    assert journey.due_at
    return replace(journey, id=named, due_at=journey.due_at + (number + 1) * MINUTE)


class TestPurchases:
    """Of a campaign for which a purchase is the goal: also for who buys all the time."""

    def test_whoever_buys_again_is_left_alone(self) -> None:
        town = Town(patient(purchase_is_goal=True))
        mei = town.join()
        town.buy(mei)
        town.until(NOON + DAY)
        town.appoint(mei)
        town.until(NOON + 2 * DAY)
        assert town.journeys_of(mei)[0].state is JourneyState.RUNNING
        town.buy(mei, "A-2")
        assert ends_of(town, mei) == REACHED
        town.until(NOON + 70 * DAY)
        assert town.told(mei) == [(1, "hello")]

    @pytest.mark.parametrize(("brand", "ends"), [("maru", COMPLETED), (None, REACHED)])
    def test_a_brands_campaign_is_for_its_own_purchases(self, brand: str | None, ends: Any) -> None:
        town, mei = a_town(patient(purchase_is_goal=True, brand=brand))
        town.until(NOON + DAY)
        town.buy(mei, brand="sora", store="s1")
        town.until(NOON + 70 * DAY)
        assert ends_of(town, mei) == ends

    def test_to_come_without_buying_is_not_enough(self) -> None:
        town, mei = a_town(patient(purchase_is_goal=True))
        town.until(NOON + DAY)
        town.shop.visit(booking(occurred_at=town.now, member=mei), now=town.now)
        town.until(NOON + 70 * DAY)
        assert ends_of(town, mei) == COMPLETED

    def test_a_sale_counts_by_when_it_was_made(self) -> None:
        """However late it comes: before the journey began, or after that."""
        for sold_at, ends in ((NOON - DAY, COMPLETED), (NOON + DAY, REACHED)):
            town, mei = a_town(patient(purchase_is_goal=True))
            town.until(NOON + 20 * DAY)
            town.shop.sell(bill(occurred_at=sold_at), mei, now=town.now)
            town.until(NOON + 70 * DAY)
            assert ends_of(town, mei) == ends

    def test_a_sale_that_nobody_has_looked_at_stops_the_step(self) -> None:
        """The stream has lost it, and no segment asks for it."""
        town, mei = a_town(patient(purchase_is_goal=True))
        town.until(NOON + 59 * DAY)
        town.shop.sell(bill(occurred_at=town.now), mei, now=town.now)
        town.until(NOON + 70 * DAY)
        assert ends_of(town, mei) == REACHED
        assert len(town.messages_of(mei)) == 1

    def test_a_sale_stops_a_message_that_waits(self) -> None:
        town, mei = a_town(patient(purchase_is_goal=True, at="23:00"), quiet_hours={"from": "22:00", "to": "08:00"})
        town.until(at("2026-03-03 06:00"))
        town.shop.sell(bill(occurred_at=town.now), mei, now=town.now)
        town.until(at("2026-03-03 12:00"))
        (message,) = town.messages_of(mei)
        assert (message.state, message.reason) == (MessageState.SUPPRESSED, "goal_reached")

    def test_what_was_brought_back_before_anybody_looked_is_none(self) -> None:
        town, mei = a_town(patient(purchase_is_goal=True))
        town.until(NOON + DAY)
        sold = bill(occurred_at=town.now)
        town.shop.sell(sold, mei, now=town.now)
        town.shop.refund(return_of(sold, occurred_at=town.now), now=town.now + MINUTE)
        town.until(NOON + 70 * DAY)
        assert ends_of(town, mei) == COMPLETED

    def test_who_brings_it_back_later_has_reached_it_all_the_same(self) -> None:
        town, mei = a_town(patient(purchase_is_goal=True))
        town.until(NOON + DAY)
        town.buy(mei)
        town.until(NOON + 2 * DAY)
        town.shop.refund(return_of(bill(occurred_at=NOON + DAY), "R-1"), now=town.now)
        town.until(NOON + 70 * DAY)
        assert ends_of(town, mei) == REACHED
