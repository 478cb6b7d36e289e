"""M19: with `at_usual_hour`, each member's steps are taken when they usually come."""

from __future__ import annotations

from huitou.kernel.ids import MemberId
from tests.builders import TAIPEI, at
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.outbox import NOON


def visits(town: Town, member: MemberId, *days_and_hours: tuple[int, int], brand: str = "maru") -> None:
    """On so many days after the first, at that hour."""
    store = {"maru": "m1", "sora": "s1"}[brand]
    for number, (day, hour) in enumerate(days_and_hours):
        town.until(at(f"2026-03-{2 + day:02} {hour:02}:40"))
        town.buy(member, f"{brand}-{number}", brand=brand, store=store)


def test_each_is_told_when_they_usually_come_and_who_is_hardly_known_when_it_says() -> None:
    steps = [HELLO, {"wait_days": 7}, HELLO]
    town = Town(campaign(at="10:00", at_usual_hour=True, steps=steps))
    mei, fang = town.join(), town.join()
    visits(town, mei, (1, 19), (2, 12), (3, 19))
    town.buy(fang, "F-1")
    town.until(NOON + 60 * DAY)
    told = {
        who: [f"{each.created_at.astimezone(TAIPEI):%m-%d %H}" for each in town.messages_of(who)] for who in (mei, fang)
    }
    assert told == {mei: ["04-05 19", "04-12 19"], fang: ["04-05 10", "04-12 10"]}
    assert [town.journeys_of(who)[0].usual_hour for who in (mei, fang)] == [19, None]


def test_it_stays_as_it_was_when_the_journey_began() -> None:
    town = Town(campaign(at="10:00", at_usual_hour=True, stays=False, steps=[HELLO, {"wait_days": 7}, HELLO]))
    mei = town.join()
    visits(town, mei, (1, 19), (2, 19), (3, 19))
    town.until(at("2026-04-06 08:30"))
    for number in range(9):
        town.buy(mei, f"B-{number}")
    town.until(at("2026-04-20 00:00"))
    assert [each.created_at for each in town.messages_of(mei)] == [at("2026-04-05 19:00"), at("2026-04-12 19:00")]


def test_a_brand_goes_by_what_was_done_there_and_by_what_is_left_of_it() -> None:
    """E31, E2: the group's campaign knows all."""
    asking = {"at": "10:00", "at_usual_hour": True}
    town = Town(campaign(**asking), campaign(id="groups", brand=None, **asking))
    mei = town.join()
    visits(town, mei, (1, 8), (1, 9), (2, 8), (3, 8), brand="sora")
    visits(town, mei, (4, 19), (5, 19), (6, 19), (7, 19))
    town.until(town.now + DAY)
    town.give_back(mei, "maru-3")
    town.until(NOON + 60 * DAY)
    assert {each.campaign: each.usual_hour for each in town.journeys_of(mei)} == {"miss-you": 19, "groups": 8}


def test_who_was_merged_in_counts() -> None:
    """E15"""
    town = Town(campaign(at="10:00", at_usual_hour=True))
    mei, fang = town.join(), town.join()
    visits(town, fang, (1, 19), (2, 19))
    town.buy(mei, "M-1")
    town.merge(mei, fang, town.now)
    town.segments.refresh(mei, town.now)
    town.until(NOON + 60 * DAY)
    assert [each.usual_hour for each in town.journeys_of(mei)] == [19]


def test_a_running_journey_takes_the_time_that_the_campaign_says_by_now() -> None:
    steps = [HELLO, {"wait_days": 7}, HELLO, {"wait_days": 7}, HELLO]
    town = Town(campaign(at="10:00", at_usual_hour=True, steps=steps))
    mei = town.join()
    visits(town, mei, (1, 19), (2, 19), (3, 19))
    town.until(at("2026-04-06 00:00"))
    town.republish(campaigns=[campaign(at="15:00", steps=steps)])
    town.until(NOON + 60 * DAY)
    assert [each.created_at.astimezone(TAIPEI).hour for each in town.messages_of(mei)] == [19, 19, 15]
