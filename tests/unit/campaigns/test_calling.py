"""M19: a campaign begins by the calendar with those who are meant at that instant, once each, whatever is repeated."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from huitou.campaigns import calling
from huitou.campaigns.calling import LISTED_WITHIN
from huitou.campaigns.occasions import OccasionId
from huitou.kernel.errors import UnavailableError
from huitou.kernel.instants import MILLISECOND
from huitou.platform.keys import member_shard, members_of_shard
from huitou.standing.messages import DueOccasion
from tests.builders import at
from tests.campaigns import DAY, HELLO, MINUTE, SEGMENTS, Town, campaign, turns
from tests.office import HOUR
from tests.purchases import bill

CALLED = at("2026-03-04 10:00")
"""Two days after the first noon."""
BUYERS = {"id": "buyers", "name": "Buyers", "when": {"purchases": {"at_least": 1}}}


def dated(**changes: Any) -> dict[str, Any]:
    """Says hello to all of maru who are buyers, on that day."""
    said = {"calendar": {"date": "2026-03-04"}, "at": "10:00", "members_of": "buyers"}
    return campaign(enters=None, **{**said, **changes})


def a_town(*campaigns: dict[str, Any], **messages: Any) -> Town:
    town = Town(**messages)
    town.republish(segments=[*SEGMENTS, BUYERS], campaigns=list(campaigns) or [dated()])
    return town


def occasions_due(town: Town, until: Any = CALLED + DAY) -> list[DueOccasion]:
    return [each for each in town.due(until) if isinstance(each, DueOccasion)]


def test_on_its_day_it_begins_with_who_is_in_the_segment() -> None:
    town = a_town()
    mei, fang = town.join(), town.join()
    town.buy(mei)
    town.until(CALLED - MILLISECOND)
    assert town.journeys_of(mei) == []
    town.until(CALLED + HOUR)
    (journey,), (message,) = town.journeys_of(mei), town.messages_of(mei)
    assert (journey.id.cause.occurrence, journey.began_at) == ("2026-03-04", CALLED)
    assert message.created_at - CALLED < MINUTE
    assert town.journeys_of(fang) == []
    assert occasions_due(town) == []


def test_it_begins_anew_with_each_of_its_days() -> None:
    town = a_town(dated(calendar={"monthly": 31}))
    mei = town.join()
    town.buy(mei)
    town.until(at("2026-05-01 00:00"))
    assert [each.id.cause.occurrence for each in town.journeys_of(mei)] == ["2026-03-31", "2026-04-30"]
    assert len(town.messages_of(mei)) == 2


def test_once_ever_is_once() -> None:
    town = a_town(dated(calendar={"monthly": 4}, once="ever"))
    mei = town.join()
    town.buy(mei)
    town.until(at("2026-06-01 00:00"))
    assert [each.id.cause.occurrence for each in town.journeys_of(mei)] == ["ever"]
    assert len(town.messages_of(mei)) == 1


def test_a_festival_is_named_by_its_own_day() -> None:
    """So it happens once, also where it is announced earlier or later meanwhile."""
    town = a_town(dated(calendar={"lunar": "01-17", "days_before": 2}))  # 元宵 is over, this is not
    mei = town.join()
    town.buy(mei)
    town.until(at("2026-03-04 11:00"))
    town.republish(campaigns=[dated(calendar={"lunar": "01-17", "days_before": 1})])
    town.until(at("2026-03-08 00:00"))
    assert [each.id.cause.occurrence for each in town.journeys_of(mei)] == ["2026-03-05"]


def test_who_enters_after_the_instant_is_not_meant_and_who_leaves_is_told_no_more() -> None:
    town = a_town(dated(steps=[HELLO, {"wait_days": 1}, HELLO]))
    mei, fang = town.join(), town.join()
    town.until(CALLED + HOUR - DAY)
    town.buy(mei)
    town.until(CALLED + HOUR)
    town.buy(fang, "A-2")
    town.give_back(mei, "A-1")
    town.until(CALLED + 3 * DAY)
    assert (len(town.messages_of(mei)), len(town.messages_of(fang))) == (1, 0)
    assert [(each.state.value, each.reason) for each in town.journeys_of(mei)] == [("stopped", "left")]


def test_who_was_in_the_segment_already_but_not_on_its_list_is_meant_too() -> None:
    """They were found to be in it only after all others were called."""
    town = a_town()
    mei = town.join()
    town.shop.sell(bill("A-9", occurred_at=CALLED - MINUTE), mei, now=CALLED - MINUTE)
    town.until(CALLED + HOUR)
    assert town.journeys_of(mei) == []
    town.segments.refresh(mei, town.now)
    assert [each.began_at for each in town.journeys_of(mei)] == [CALLED]
    town.segments.refresh(mei, town.now + DAY)
    town.until(CALLED + DAY)
    assert len(town.messages_of(mei)) == 1


def test_who_moves_in_as_the_day_begins_is_meant() -> None:
    """At a midnight many enter by the time alone, and the list follows."""
    born = {"id": "born", "name": "Born", "when": {"birthday_month": True}}
    town = Town()
    town.republish(segments=[born], campaigns=[dated(members_of="born", calendar={"monthly": 1}, at=None)])
    mei = town.join(birthday=date(1990, 4, 20))
    town.until(at("2026-04-01 01:00"))
    assert [each.began_at for each in town.journeys_of(mei)] == [at("2026-04-01 00:00")]
    assert len(town.messages_of(mei)) == 1


def test_without_a_segment_everybody_of_the_brand_is_meant() -> None:
    town = a_town(dated(members_of=None), dated(id="of-sora", brand="sora", members_of=None))
    mei = town.join()
    town.until(CALLED + MINUTE)
    fang = town.join()
    town.enrolment.tag(fang, "staff", "group", town.now)
    town.until(CALLED + DAY)
    assert [each.campaign for each in town.journeys_of(mei)] == ["miss-you"]


@pytest.mark.parametrize(("changes", "begins"), [({"only_in": ["staff"]}, [0, 1]), ({"not_in": ["staff"]}, [1, 0])])
def test_it_begins_only_with_whom_it_is_for(changes: dict[str, Any], begins: list[int]) -> None:
    town = a_town(dated(**changes))
    mei, fang = town.join(), town.join()
    for member in (mei, fang):
        town.buy(member, f"A-{member}")
    town.enrolment.tag(fang, "staff", "group", town.now)
    town.segments.refresh(fang, town.now)
    town.until(CALLED + HOUR)
    assert [len(town.journeys_of(each)) for each in (mei, fang)] == begins


def test_each_is_told_on_its_day_at_the_hour_at_which_they_usually_come() -> None:
    """It begins as the day does; also with who is found to be meant only later."""
    town = a_town(dated(at="10:00", at_usual_hour=True))
    mei, fang, lin = town.join(), town.join(), town.join()
    for number in range(3):
        town.now += HOUR
        town.buy(mei, f"A-{number}")
        sold = bill(f"L-{number}", occurred_at=town.now)
        town.shop.sell(sold, lin, now=town.now)
    town.buy(fang, "F-1")
    town.until(at("2026-03-04 00:30"))
    assert [each.due_at for each in town.journeys_of(mei)] == [at("2026-03-04 14:00")]
    assert [each.began_at for each in town.journeys_of(fang)] == [at("2026-03-04 00:00")]
    town.segments.refresh(lin, town.now)
    town.until(CALLED + DAY)
    told = {each: [message.created_at for message in town.messages_of(each)] for each in (mei, fang, lin)}
    assert told == {mei: [at("2026-03-04 14:00")], fang: [CALLED], lin: [at("2026-03-04 14:00")]}


class TestWhateverIsRepeated:
    def test_many_are_begun_page_by_page_and_each_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker that dies after its page leaves one that is gone through again."""
        monkeypatch.setattr(calling, "PAGE", 1)
        town = a_town(dated(members_of=None))
        members = [town.join() for _ in range(8)]
        town.calendar.announce(CALLED - MINUTE)
        now = CALLED + LISTED_WITHIN
        deliveries = 0
        while due := occasions_due(town):
            named = OccasionId(*_name(due[0]))
            before = town.occasions.load(named)
            town.calls.go_on(named, now)
            town.commit([town.occasions.save(town.occasions.load(named), before)])  # type: ignore[arg-type]
            town.calls.go_on(named, now)
            deliveries += 1
            assert deliveries < 60
        assert all(len(town.journeys_of(each)) == 1 for each in members)

    def test_a_worker_that_was_overtaken_lets_the_other_go_on(self) -> None:
        town = a_town()
        town.calendar.announce(CALLED)
        named = OccasionId("miss-you", CALLED, 0)
        refused = []

        def overtaken(writes: Any) -> None:
            refused.append(writes)
            town.shop.table.commit(writes)
            town.shop.table.commit(writes)

        town.commit = overtaken
        assert town._calls().go_on(named, CALLED + MINUTE) is None
        assert refused

    def test_what_was_announced_is_announced_once(self) -> None:
        town = a_town()
        assert [town.calendar.announce(CALLED - MINUTE), town.calendar.announce(CALLED)] == [1, 0]
        again = calling.CampaignCalendar(town.occasions, town.programs, town.commit, 16)
        assert [again.announce(CALLED), again.announce(CALLED + MINUTE)] == [0, 0]

    def test_one_who_cannot_be_looked_at_holds_nobody_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        town = a_town()
        mei, fang = town.join(), town.join()
        for member in (mei, fang):
            town.buy(member, f"A-{member}")
        load = town.shop.states.load
        monkeypatch.setattr(town.shop.states, "load", lambda member: load(member) if member != mei else 1 / 0)
        for due in _called(town):
            town.deliver(due)
        assert town.failures == [mei]
        assert len(town.journeys_of(fang)) == 1

    def test_where_the_table_is_out_of_reach_it_goes_on_from_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        town = a_town()
        mei = town.join()
        town.buy(mei)
        (due,) = [each for each in _called(town) if members_of_shard(each.part) == member_shard(mei)]
        with monkeypatch.context() as broken:
            broken.setattr(town.shop.states, "load", _raise)
            with pytest.raises(UnavailableError):
                town.deliver(due)
        town.until(CALLED + HOUR)
        assert len(town.journeys_of(mei)) == 1


class TestThePast:
    """E20."""

    def test_a_day_that_was_over_at_publication_begins_nothing(self) -> None:
        town = Town()
        mei = town.join()
        town.now = CALLED + HOUR
        town.republish(segments=[*SEGMENTS, BUYERS], campaigns=[dated(members_of=None)])
        assert town.calendar.announce(town.now) == 0
        town.until(CALLED + DAY)
        assert town.journeys_of(mei) == []

    @pytest.mark.parametrize(("late", "begins"), [(timedelta(days=2) - HOUR, 1), (timedelta(days=2), 0)])
    def test_a_day_on_which_no_clock_ticked_is_made_up_for(self, late: timedelta, begins: int) -> None:
        town = a_town(dated(catch_up_days=2))
        mei = town.join()
        town.buy(mei)
        town.now = CALLED + late
        assert town.calendar.announce(town.now) == begins
        town.until(town.now + MINUTE)
        assert len(town.journeys_of(mei)) == begins

    def test_what_was_announced_and_is_too_late_begins_nothing(self) -> None:
        town = a_town()
        mei = town.join()
        town.buy(mei)
        town.calendar.announce(CALLED)
        town.now = CALLED + DAY
        town.until(town.now)
        assert town.journeys_of(mei) == []
        assert occasions_due(town) == []

    def test_a_day_that_was_taken_back_begins_nothing(self) -> None:
        town = a_town()
        mei = town.join()
        town.buy(mei)
        town.calendar.announce(CALLED - MINUTE)
        town.now = CALLED - MILLISECOND
        town.republish(campaigns=[])
        town.until(CALLED + HOUR)
        assert town.journeys_of(mei) == []
        assert occasions_due(town) == []

    def test_what_was_paused_at_its_instant_is_left_out(self) -> None:
        town = a_town(dated(paused=True))
        mei = town.join()
        town.buy(mei)
        town.now = CALLED + HOUR
        town.republish(campaigns=[dated()])
        assert town.calendar.announce(town.now) == 0
        town.until(CALLED + DAY)
        assert town.journeys_of(mei) == []

    def test_a_pause_while_it_begins_holds_up_the_rest_until_it_ends(self) -> None:
        town = a_town()
        mei = town.join()
        town.buy(mei)
        town.calendar.announce(CALLED)
        town.now = CALLED + timedelta(seconds=5)
        town.republish(campaigns=[dated(paused=True)])
        town.until(CALLED + HOUR)
        assert town.journeys_of(mei) == []
        town.republish(campaigns=[dated()])
        town.until(CALLED + 2 * HOUR)
        assert len(town.journeys_of(mei)) == 1


class TestWhoIsNotThereAnyMore:
    def test_who_was_erased_is_not_meant(self) -> None:
        """E25."""
        town = a_town(dated(members_of=None))
        mei = town.join()
        town.erase(mei)
        town.until(CALLED + DAY)
        assert town.journeys_of(mei) == []

    def test_of_two_who_were_merged_one_is_told(self) -> None:
        """E15: before, in between, and the survivor not again."""
        town = a_town(dated(members_of=None))
        mei = town.join()
        fang = next(each for each in iter(town.join, None) if member_shard(each) != member_shard(mei))
        town.calendar.announce(CALLED - MINUTE)
        town.now = CALLED + LISTED_WITHIN
        (due,) = [each for each in occasions_due(town) if members_of_shard(each.part) == member_shard(fang)]
        town.deliver(due)
        assert len(town.journeys_of(fang)) == 1
        town.merge(mei, fang, town.now)
        town.until(CALLED + DAY)
        assert [len(town.journeys_of(each)) for each in (mei, fang)] == [0, 1]


def test_it_is_told_like_any_other() -> None:
    """Consent, caps and those held out."""
    town = a_town(dated(members_of=None))
    mei, fang = town.join(), town.join()
    town.refuse(fang)
    town.until(CALLED + DAY)
    assert [turns(*town.journeys_of(each)) for each in (mei, fang)] == [["planned"], ["no_consent"]]


def _name(due: DueOccasion) -> tuple[str, Any, int]:
    return due.campaign, due.begins_at, due.part


def _called(town: Town) -> list[DueOccasion]:
    """The parts, at their instant."""
    town.calendar.announce(CALLED - MINUTE)
    town.now = CALLED + LISTED_WITHIN
    return occasions_due(town)


def _raise(*_: Any) -> Any:
    raise UnavailableError("out of reach")
