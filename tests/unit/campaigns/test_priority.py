"""E23: where a cap has room for one of two campaigns, priority decides, also over what waits already."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import MemberId
from huitou.outbox.decisions import claim
from huitou.outbox.model import MessageState
from tests.campaigns import DAY, Town, campaign, turns
from tests.office import HOUR
from tests.outbox import NOON, pressure_of

ONE: Any = [{"most": 1, "days": 7}]
NIGHT = {"from": "22:00", "to": "08:00"}
APRIL_1, APRIL_2 = NOON + 30 * DAY, NOON + 31 * DAY
"""A month after the purchase, at noon; and the day on which the week before the birthday begins."""


def late(**changes: Any) -> dict[str, Any]:
    """Planned at 23:00 on the first of April, and waits for the morning."""
    return campaign(id="late", at="23:00", **{"priority": 3, **changes})


def early(**changes: Any) -> dict[str, Any]:
    """Planned at midnight, while the other one waits."""
    return campaign(id="early", enters="birthday", once="birthday", stays=False, **{"priority": 7, **changes})


def lapsed(*campaigns: dict[str, Any], until: timedelta = timedelta(), **rules: Any) -> tuple[Town, MemberId]:
    """Mei, who bought a month ago, as it stands at noon on the second of April or so much before or after."""
    town = Town(*campaigns, **{"frequency_caps": ONE, "quiet_hours": NIGHT, **rules})
    mei = town.join(birthday=date(1990, 4, 9))
    town.buy(mei)
    town.until(APRIL_2 + until)
    return town, mei


def ends(town: Town, member: MemberId) -> dict[str, tuple[str, str | None]]:
    return {each.cause.campaign: (each.state.value, each.reason) for each in town.messages_of(member) if each.cause}


def test_the_higher_one_displaces_what_waits() -> None:
    town, mei = lapsed(late(), early())
    assert ends(town, mei) == {"late": ("suppressed", "displaced"), "early": ("accepted", None)}
    assert len(town.handed()) == 1
    assert [slot.message for slot in pressure_of(town.pressure, mei).slots] == [town.messages_of(mei)[-1].id.key]


@pytest.mark.parametrize("priority", [3, 2])
def test_one_that_is_not_higher_displaces_nothing(priority: int) -> None:
    town, mei = lapsed(late(), early(priority=priority))
    assert ends(town, mei) == {"late": ("accepted", None)}
    assert {each.campaign: turns(each) for each in town.journeys_of(mei)} == {
        "late": ["planned"],
        "early": ["cap_reached"],
    }


def test_what_is_being_sent_or_may_have_been_is_not_displaced() -> None:
    town, mei = lapsed(late(), early(), until=-12 * HOUR - timedelta(seconds=1))
    (waiting,) = town.messages_of(mei)
    sending = claim(waiting, MessageChannel.EMAIL, "huitou", town.now)
    town.commit([town.outbox.save(waiting, sending)])
    town.until(APRIL_2)
    assert {each.campaign: turns(each) for each in town.journeys_of(mei)}["early"] == ["cap_reached"]
    (message,) = town.messages_of(mei)
    assert message.reason != "displaced"


def test_a_call_gives_way_to_no_campaign() -> None:
    town, mei = lapsed(early(), until=-13 * HOUR)
    town.order(mei)
    town.until(APRIL_2)
    assert ends(town, mei) == {}
    assert [each.state for each in town.messages_of(mei)] == [MessageState.ACCEPTED]


def test_who_is_held_out_displaces_nothing() -> None:
    """E27: and is counted among those who would have been told."""
    for _ in range(20):
        town, mei = lapsed(late(), early(holdout_percent=50))
        journeys = {each.campaign: each for each in town.journeys_of(mei)}
        if journeys["early"].held_out:
            break
    assert turns(journeys["early"]) == ["held_out"]
    assert ends(town, mei) == {"late": ("accepted", None)}


@pytest.mark.parametrize("names", [("one", "two"), ("two", "one")])
def test_of_two_at_the_same_instant_the_higher_one_goes_first(names: tuple[str, str]) -> None:
    """In whichever order they stand in the programme, and though neither waits for anything."""
    high, low = (
        campaign(id=name, priority=priority, stays=False) for name, priority in zip(names, (9, 1), strict=True)
    )
    town, mei = lapsed(*sorted((high, low), key=lambda each: each["id"]), quiet_hours=None)
    assert ends(town, mei) == {high["id"]: ("accepted", None)}
    assert {each.campaign: turns(each) for each in town.journeys_of(mei)}[low["id"]] == ["cap_reached"]


def test_only_one_that_makes_room_is_displaced() -> None:
    """By two caps: the one that is full for the week has nothing lower in it."""
    caps = [{"most": 1, "days": 1}, {"most": 2, "days": 7}]
    town, mei = lapsed(early(), until=-5 * DAY, frequency_caps=caps)
    town.order(mei)
    town.until(APRIL_2 - 4 * DAY)
    town.order(mei)
    town.until(APRIL_2)
    assert ends(town, mei) == {}
    assert {each.campaign: turns(each) for each in town.journeys_of(mei)}["early"] == ["cap_reached"]


def test_what_waits_is_displaced_also_where_it_was_planned_for_who_was_merged() -> None:
    """E15, E23: the same person."""
    town, mei = lapsed(late(), early(), until=-13 * HOUR + timedelta(minutes=5))
    survivor = town.join(birthday=date(1990, 4, 9))
    town.merge(survivor, mei, town.now)
    town.until(APRIL_2)
    assert ends(town, mei) == {"late": ("suppressed", "displaced")}
    assert ends(town, survivor) == {"early": ("accepted", None)}
    assert pressure_of(town.pressure, mei).slots == ()


def test_a_journey_keeps_its_rhythm_though_steps_are_taken_seconds_late() -> None:
    """A week after ten o'clock is ten o'clock, not the day after."""
    steps: Any = [{"send": {"template": "hello"}}, {"wait_days": 7}, {"send": {"template": "hello"}}]
    town = Town(campaign(at="10:00", steps=steps), quiet_hours=None)
    town.lag = timedelta(seconds=3)
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 60 * DAY)
    assert [day for day, _ in town.told(mei)] == [30, 37]
