"""M19, M20: a campaign begins with a member at a moment, once, goes on by its steps, and stops when it should."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from huitou.campaigns.model import Journey, JourneyState
from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import MILLISECOND
from huitou.outbox.model import MessageState
from huitou.purchases.ports import MemberState
from huitou.suppressions.model import SuppressionGround, Word, destination
from tests.builders import at
from tests.campaigns import DAY, HELLO, SEGMENTS, Town, campaign, turns
from tests.office import HOUR
from tests.outbox import NOON, pressure_of


def ended(journey: Journey) -> tuple[str, str | None]:
    return journey.state.value, journey.reason


def test_who_stays_away_is_told_at_the_moment_at_which_it_becomes_true() -> None:
    town = Town(campaign())
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 30 * DAY - MILLISECOND)
    assert town.messages_of(mei) == []
    town.until(NOON + 31 * DAY)
    (message,) = town.messages_of(mei)
    assert message.created_at - NOON < 30 * DAY + HOUR
    assert (message.state, message.cause) == (MessageState.ACCEPTED, town.journeys_of(mei)[0].id.cause)
    assert ended(town.journeys_of(mei)[0]) == ("completed", None)


def test_steps_wait_for_their_day_and_their_hour() -> None:
    """The clock of the programme; a day later is the same hour a day later."""
    town = Town(campaign(at="10:00", steps=[HELLO, {"wait_days": 7}, HELLO]))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 60 * DAY)
    assert [each.created_at for each in town.messages_of(mei)] == [at("2026-04-02 10:00"), at("2026-04-09 10:00")]


def test_who_comes_back_is_not_told_the_rest_and_may_be_told_another_time() -> None:
    town = Town(campaign(steps=[HELLO, {"wait_days": 7}, HELLO]))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 33 * DAY)
    town.buy(mei, "A-2")
    town.until(NOON + 80 * DAY)
    assert [day for day, _ in town.told(mei)] == [30, 63, 70]
    assert [ended(each) for each in town.journeys_of(mei)] == [("stopped", "left"), ("completed", None)]


def test_a_message_that_waits_is_not_sent_to_who_has_come_back_meanwhile() -> None:
    """M26: planned in the evening, for the morning after."""
    town = Town(campaign(at="23:00"), quiet_hours={"from": "22:00", "to": "08:00"})
    mei = town.join()
    town.buy(mei)
    town.until(at("2026-04-02 06:00"))
    assert [each.state for each in town.messages_of(mei)] == [MessageState.PLANNED]
    town.buy(mei, "A-2")
    town.until(at("2026-04-02 12:00"))
    (message,) = town.messages_of(mei)
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "left")
    assert town.handed() == []


def test_who_has_done_what_it_is_for_is_left_alone() -> None:
    member_of = {"id": "regular", "name": "Regular", "when": {"purchases": {"at_least": 2}}}
    steps = [HELLO, {"wait_days": 3}, HELLO]
    town = Town()
    town.republish(segments=[*SEGMENTS, member_of], campaigns=[campaign(stays=False, goals=["regular"], steps=steps)])
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 31 * DAY)
    town.buy(mei, "A-2")
    town.until(NOON + 50 * DAY)
    assert [ended(each) for each in town.journeys_of(mei)] == [("stopped", "goal_reached")]
    assert len(town.messages_of(mei)) == 1


def test_it_goes_on_only_with_who_is_in_a_segment_then() -> None:
    town = Town(campaign(steps=[HELLO, {"wait_days": 1}, {"only_in": ["staff"]}, HELLO]))
    mei, fang = town.join(), town.join()
    for member in (mei, fang):
        town.buy(member, f"A-{member}")
    town.until(NOON + 30 * DAY + HOUR)
    town.enrolment.tag(mei, "staff", "group", town.now)
    town.until(NOON + 40 * DAY)
    assert [len(town.messages_of(each)) for each in (mei, fang)] == [2, 1]
    assert [ended(each) for each in town.journeys_of(fang)] == [("stopped", "not_in_segment")]


def test_it_begins_with_who_leaves_a_segment() -> None:
    town = Town(campaign(enters=None, leaves="lapsed"))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 40 * DAY)
    assert town.journeys_of(mei) == []
    town.buy(mei, "A-2")
    town.until(NOON + 41 * DAY)
    assert town.told(mei) == [(40, "hello")]


@pytest.mark.parametrize(("changes", "begins"), [({"only_in": ["staff"]}, 0), ({"not_in": ["staff"]}, 1)])
def test_it_begins_only_with_whom_it_is_for(changes: dict[str, Any], begins: int) -> None:
    town = Town(campaign(**changes))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 29 * DAY)
    fang = town.join()
    town.buy(fang, "A-2")
    town.enrolment.tag(fang, "staff", "group", town.now)
    town.until(NOON + 70 * DAY)
    assert [len(town.journeys_of(each)) for each in (mei, fang)] == [begins, 1 - begins]


class TestOnce:
    def test_an_absence_counts_once_also_where_what_ended_it_came_back(self) -> None:
        """The visit with which it began is the same again; without that rule, they are told again."""
        for once, told in (("absence", 1), ("each_time", 2)):
            town = Town(campaign(once=once))
            mei = town.join()
            town.buy(mei)
            town.until(NOON + 40 * DAY)
            town.buy(mei, "A-2")
            town.until(NOON + 41 * DAY)
            town.give_back(mei, "A-2")
            town.until(NOON + 45 * DAY)
            assert len(town.messages_of(mei)) == told

    def test_a_birthday_counts_once_also_where_it_is_corrected_later(self) -> None:
        """E10: and again next year."""
        town = Town(campaign(enters="birthday", once="birthday", stays=False))
        mei = town.join(birthday=date(1990, 3, 20))
        town.until(NOON + 40 * DAY)
        town.enrolment.change_profile(mei, {"birthday": date(1990, 5, 20)}, None, "maru", town.now)
        town.segments.refresh(mei, town.now)
        town.until(NOON + 420 * DAY)
        assert [each.created_at.date() for each in town.messages_of(mei)] == [date(2026, 3, 12)]
        town.until(NOON + 450 * DAY)
        assert [each.id.cause.occurrence for each in town.journeys_of(mei)] == ["2026", "2027"]

    def test_a_birthday_in_january_is_that_of_the_year_in_which_it_lies(self) -> None:
        town = Town(campaign(enters="birthday", once="birthday"))
        mei = town.join(birthday=date(1990, 1, 3))
        town.until(at("2026-12-30 12:00"))
        assert [each.id.cause.occurrence for each in town.journeys_of(mei)] == ["2027"]

    def test_ever_is_once(self) -> None:
        town = Town(campaign(once="ever"))
        mei = town.join()
        town.buy(mei)
        town.until(NOON + 40 * DAY)
        town.buy(mei, "A-2")
        town.until(NOON + 90 * DAY)
        assert town.told(mei) == [(30, "hello")]


class TestThePast:
    """E20."""

    def test_a_publication_begins_nothing_and_the_next_step_of_a_ladder_does(self) -> None:
        """Who has been away for 75 days meets the step of 90 next."""
        later = {"id": "lapsed-90", "name": "90", "when": {"days_since_last_purchase": {"at_least": 90}}}
        town = Town()
        mei = town.join()
        town.buy(mei)
        town.until(NOON + 75 * DAY)
        town.republish(segments=[*SEGMENTS, later], campaigns=[campaign(), campaign(id="last", enters="lapsed-90")])
        town.segments.refresh(mei, town.now + HOUR)
        town.until(NOON + 100 * DAY)
        assert [each.campaign for each in town.journeys_of(mei)] == ["last"]

    def test_what_became_true_before_it_was_there_begins_nothing_though_it_is_found_later(self) -> None:
        town = Town()
        mei = town.join()
        town.buy(mei)
        town.now = NOON + 30 * DAY + HOUR
        town.republish(campaigns=[campaign()])
        town.until(NOON + 32 * DAY)
        assert town.journeys_of(mei) == []

    @pytest.mark.parametrize(("late", "begins"), [(DAY - MILLISECOND, 1), (DAY, 0)])
    def test_what_is_found_too_late_begins_nothing(self, late: timedelta, begins: int) -> None:
        town = Town(campaign())
        mei = town.join()
        town.buy(mei)
        town.now = NOON + 30 * DAY + late
        town.segments.refresh(mei, town.now)
        assert len(town.journeys_of(mei)) == begins

    def test_a_birthday_on_which_nobody_looked_is_made_up_for(self) -> None:
        """E10: the segment holds for one day, and the clock stood still for two."""
        today = {"id": "today", "name": "Today", "when": {"birthday": {"days_before": 0, "days_after": 0}}}
        town = Town()
        town.republish(
            segments=[today], campaigns=[campaign(enters="today", once="birthday", stays=False, catch_up_days=3)]
        )
        mei = town.join(birthday=date(1990, 3, 5))
        town.now = at("2026-03-07 12:00")
        town.segments.refresh(mei, town.now)
        town.until(at("2026-03-07 13:00"))
        assert len(town.messages_of(mei)) == 1

    def test_it_begins_only_within_its_days(self) -> None:
        town = Town(
            campaign(dates={"from": "2026-04-02", "to": "2026-04-02"}), campaign(id="b", dates={"to": "2026-03-31"})
        )
        mei, fang = town.join(), town.join()
        town.buy(mei)
        town.until(NOON + DAY)
        town.buy(fang, "A-2")
        town.until(NOON + 40 * DAY)
        assert (len(town.journeys_of(mei)), len(town.journeys_of(fang))) == (0, 1)


def test_who_is_held_out_goes_the_same_way_and_is_told_nothing() -> None:
    """E27: no slot is taken either; about so many of a hundred as it says."""
    steps = [HELLO, {"wait_days": 2}, HELLO]
    town = Town(campaign(holdout_percent=50, steps=steps), frequency_caps=[{"most": 5, "days": 30}])
    members = [town.join() for _ in range(10)]
    for member in members:
        town.buy(member, f"A-{member}")
    town.until(NOON + 40 * DAY)
    journeys = town.journeys_of(*members)
    assert {each.state for each in journeys} == {JourneyState.COMPLETED}
    told = {each.held_out: turns(each) for each in journeys}
    assert told == {True: ["held_out"] * 2, False: ["planned"] * 2}
    for each in journeys:
        expected = 0 if each.held_out else 2
        member = each.id.member
        assert (len(town.messages_of(member)), len(pressure_of(town.pressure, member).slots)) == (expected, expected)


@pytest.mark.parametrize(
    ("profile", "agrees", "caps", "outcome"),
    [
        ({}, False, [], "no_consent"),
        ({"contact_email": None}, True, [], "unreachable"),
        ({}, True, [{"most": 1, "days": 7}], "cap_reached"),
    ],
)
def test_why_nobody_was_told_is_kept(profile: dict[str, Any], agrees: bool, caps: list[Any], outcome: str) -> None:
    """Of both arms alike (E27): who is held out is found out last."""
    town = Town(campaign(), frequency_caps=caps)
    mei = town.join(**profile)
    if not agrees:
        town.refuse(mei)
    town.buy(mei)
    town.until(NOON + 29 * DAY)
    if caps:
        town.order(mei)
    town.until(NOON + 31 * DAY)
    (journey,) = town.journeys_of(mei)
    assert (journey.state, turns(journey)) == (JourneyState.COMPLETED, [outcome])
    assert len(town.handed()) == len(caps)


def test_where_the_address_takes_nothing_both_arms_say_so() -> None:
    """E27: who is held out is found out last."""
    town = Town(campaign(holdout_percent=50))
    members = [town.join() for _ in range(10)]
    for member in members:
        town.buy(member, f"A-{member}")
        record = town.shop.profiles.load(member)
        assert record
        assert record.profile.contact_email
        bounced = destination(MessageChannel.EMAIL, record.profile.contact_email)
        town.commit(town.suppressions.hear(bounced, Word(NOON, SuppressionGround.BOUNCED)))
    town.until(NOON + 31 * DAY)
    journeys = town.journeys_of(*members)
    assert {each.held_out for each in journeys} == {True, False}
    assert [turns(each) for each in journeys] == [["suppressed_address"]] * 10


def test_a_message_of_a_campaign_reads_its_member_once(monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(campaign(at="23:00"), quiet_hours={"from": "22:00", "to": "08:00"})
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 31 * DAY - 5 * HOUR)
    (waiting,) = town.messages_of(mei)
    assert waiting.due_at
    read: list[MemberId] = []
    load = town.shop.states.load

    def counted(member: MemberId) -> MemberState:
        read.append(member)
        return load(member)

    monkeypatch.setattr(town.shop.states, "load", counted)
    town.now = waiting.due_at
    message, _ = town.dispatcher().dispatch(waiting.id)
    assert message
    assert (message.state, read) == (MessageState.ACCEPTED, [mei])


def test_what_is_paused_waits_and_goes_on_within_a_minute() -> None:
    """Messages that were planned already, and steps."""
    goes_on = campaign(at="23:00", steps=[HELLO, {"wait_days": 1}, HELLO])
    town = Town(goes_on, quiet_hours={"from": "22:00", "to": "08:00"})
    mei = town.join()
    town.buy(mei)
    town.until(at("2026-04-02 06:00"))
    town.republish(campaigns=[{**goes_on, "paused": True}])
    town.until(at("2026-04-02 08:10"))
    (message,) = town.messages_of(mei)
    assert (message.state, message.reason, len(message.history)) == (MessageState.DEFERRED, "campaign_paused", 2)
    town.republish(campaigns=[goes_on])
    town.until(at("2026-04-02 08:11"))
    assert town.messages_of(mei)[0].state is MessageState.ACCEPTED

    town.republish(campaigns=[{**goes_on, "paused": True}])
    town.until(at("2026-04-02 23:10"))
    assert len(town.messages_of(mei)) == 1
    town.republish(campaigns=[goes_on])
    town.until(at("2026-04-02 23:11"))
    assert len(town.messages_of(mei)) == 2


def test_nothing_begins_while_it_is_paused() -> None:
    town = Town(campaign(paused=True))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 40 * DAY)
    assert town.journeys_of(mei) == []


def test_what_there_is_no_more_ends() -> None:
    town = Town(campaign(steps=[HELLO, {"wait_days": 1}, HELLO]))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 30 * DAY + HOUR)
    town.republish(campaigns=[])
    town.until(NOON + 40 * DAY)
    assert [ended(each) for each in town.journeys_of(mei)] == [("stopped", "campaign_gone")]


def test_a_journey_goes_on_with_who_survives_a_merge_and_not_twice() -> None:
    """E15."""
    town = Town(campaign(once="ever", steps=[{"wait_days": 1}, HELLO]))
    mei, card = town.join(contact_email="mei@example.com"), town.join()
    town.buy(card)
    town.until(NOON + 30 * DAY + HOUR)
    town.merge(mei, card, town.now)
    town.until(NOON + 40 * DAY)
    assert [ended(each) for each in town.journeys_of(mei, card)] == [("completed", None)]
    assert town.handed() == [("email", "mei@example.com")]


def test_what_both_had_begun_is_finished_once_after_a_merge() -> None:
    """E15."""
    town = Town(campaign(once="ever", steps=[{"wait_days": 1}, HELLO]))
    mei, card = town.join(contact_email="mei@example.com"), town.join()
    town.buy(card)
    town.buy(mei, "A-2")
    town.until(NOON + 30 * DAY + HOUR)
    town.merge(mei, card, town.now)
    town.until(NOON + 40 * DAY)
    assert sorted(map(ended, town.journeys_of(mei, card))) == [("completed", None), ("stopped", "merged")]
    assert town.handed() == [("email", "mei@example.com")]


def test_a_message_that_waits_is_sent_once_after_a_merge_and_not_stopped_by_its_own_turn() -> None:
    """E15: both were planned in the evening, and in the morning the two are one person."""
    town = Town(campaign(once="ever", at="23:00"), quiet_hours={"from": "22:00", "to": "08:00"})
    mei, card = town.join(contact_email="mei@example.com"), town.join()
    town.buy(card)
    town.buy(mei, "A-2")
    town.until(at("2026-04-02 06:00"))
    assert [len(town.messages_of(each)) for each in (mei, card)] == [1, 1]
    town.merge(mei, card, town.now)
    town.until(at("2026-04-02 12:00"))
    kept = [each for member in (mei, card) for each in town.messages_of(member)]
    assert sorted((each.state.value, each.reason) for each in kept) == [("accepted", None), ("suppressed", "merged")]
    assert town.handed() == [("email", "mei@example.com")]


def test_who_was_erased_is_not_told_anything() -> None:
    """E25."""
    town = Town(campaign(steps=[{"wait_days": 1}, HELLO]))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 30 * DAY + HOUR)
    town.erase(mei)
    town.until(NOON + 40 * DAY)
    assert [ended(each) for each in town.journeys_of(mei)] == [("stopped", "not_a_member")]
