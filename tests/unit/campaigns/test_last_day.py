"""E24: what is about one day is not said on another, whatever has held it up."""

from __future__ import annotations

from typing import Any

import pytest

from huitou.outbox.model import MessageState
from tests.builders import at
from tests.campaigns import DAY, Town, campaign, turns
from tests.outbox import NOON, pressure_of

QUIET = {"from": "22:00", "to": "08:00"}


def within(days: int, **changes: Any) -> dict[str, Any]:
    """Who lapses on the first of April at noon is told so many days later at most."""
    return campaign(steps=[{"send": {"template": "hello", "within_days": days}}], **changes)


def test_it_is_good_to_the_end_of_its_last_day() -> None:
    town = Town(within(1, at="10:00"))
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 31 * DAY)
    (message,) = town.messages_of(mei)
    assert (message.created_at, message.expires_at) == (at("2026-04-02 10:00"), at("2026-04-03 00:00"))
    assert message.state is MessageState.ACCEPTED


@pytest.mark.parametrize("rules", [{"at": "10:00"}, {"at": "23:00"}])
def test_a_step_that_comes_too_late_tells_nothing_and_takes_no_room(rules: dict[str, Any]) -> None:
    """At ten the day is over; at eleven in the night, it is as soon as somebody may be woken up."""
    town = Town(within(0, **rules), quiet_hours=QUIET, frequency_caps=[{"most": 1, "days": 7}])
    mei = town.join()
    town.buy(mei)
    town.until(NOON + 33 * DAY)
    (journey,) = town.journeys_of(mei)
    assert turns(journey) == ["too_late"]
    assert town.messages_of(mei) == []
    assert pressure_of(town.pressure, mei).slots == ()


def test_a_pause_that_outlasts_the_day_ends_it() -> None:
    """M26: planned already, and steps that are still to come."""
    both = [each for day in (1, 2) for each in ({"send": {"template": "hello", "within_days": day}}, {"wait_days": 1})]
    told = campaign(at="23:00", steps=both[:3])
    town = Town(told, quiet_hours=QUIET)
    mei = town.join()
    town.buy(mei)
    town.until(at("2026-04-02 06:00"))
    town.republish(campaigns=[{**told, "paused": True}])
    town.until(at("2026-04-04 12:00"))
    town.republish(campaigns=[told])
    town.until(at("2026-04-05 12:00"))
    (message,) = town.messages_of(mei)
    assert (message.state, message.reason) == (MessageState.SUPPRESSED, "too_late")
    (journey,) = town.journeys_of(mei)
    assert turns(journey) == ["planned", "too_late"]
