"""M19: the hour at which a member usually comes lies on a circle, and does not depend on where the day begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huitou.campaigns.decisions import begun
from huitou.campaigns.model import JourneyId
from huitou.campaigns.usual_hour import LATEST_VISITS, LEAST_VISITS, WITHIN, usual_hour, usual_hour_of
from huitou.kernel.instants import to_instant
from huitou.outbox.model import Cause
from huitou.segments.facts import Deed
from tests.builders import MEI, program
from tests.campaigns import SEGMENTS, campaign
from tests.templates import speaking, template

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
"""Clocks in Berlin are put forward half an hour later."""
MOMENTS = st.integers(0, 500 * 24 * 60).map(lambda minutes: AT - timedelta(minutes=minutes - 24 * 60))
DEEDS = st.lists(
    st.builds(
        lambda at, brand, buys: Deed(at, brand, None, buys), MOMENTS, st.sampled_from(["maru", "sora"]), st.booleans()
    ),
    max_size=40,
).map(sorted)
HOURS = st.lists(st.integers(0, 23), max_size=40)
SOME = st.lists(st.integers(0, 23), min_size=LEAST_VISITS, max_size=40)


@given(HOURS)
def test_it_is_an_hour_of_a_visit_where_there_are_enough(hours: list[int]) -> None:
    found = usual_hour(hours)
    assert (found is None) is (len(hours) < LEAST_VISITS)
    assert found is None or found in hours


@given(SOME, st.integers(0, 23))
def test_it_turns_with_the_clock(hours: list[int], by: int) -> None:
    """The day is a circle: midnight is an hour as any other."""
    turned = usual_hour([(hour + by) % 24 for hour in hours])
    assert turned == ((usual_hour(hours) or 0) + by) % 24


@given(SOME, st.data())
def test_more_visits_at_the_usual_hour_do_not_change_it(hours: list[int], data: st.DataObject) -> None:
    usual = usual_hour(hours)
    assert usual is not None
    place = data.draw(st.integers(0, len(hours)))
    assert usual_hour([*hours[:place], usual, *hours[place:]]) == usual


@given(SOME)
def test_no_hour_has_more_visits_around_it(hours: list[int]) -> None:
    def around(hour: int) -> int:
        distances = (min((each - hour) % 24, (hour - each) % 24) for each in hours)
        return sum({0: 2, 1: 1}.get(distance, 0) for distance in distances)

    usual = usual_hour(hours)
    assert usual is not None
    assert around(usual) == max(map(around, hours))


def test_who_comes_around_midnight_comes_at_midnight() -> None:
    assert usual_hour([23, 0, 1, 0, 12]) == 0


def test_of_noon_and_evening_it_is_one_and_not_the_afternoon() -> None:
    assert usual_hour([12, 19, 12, 19, 19]) == 19
    assert usual_hour([12, 19, 12, 19]) == 19


@given(DEEDS, st.sampled_from(["maru", None]))
def test_it_is_an_hour_at_which_they_came_lately_where_the_campaign_may_know(
    deeds: list[Deed], brand: str | None
) -> None:
    """E31; and what comes after the moment says nothing (E7)."""
    counted = [each for each in deeds if AT - WITHIN <= each.at < AT and brand in {None, each.brand}]
    found = usual_hour_of(deeds, brand, AT, BERLIN)
    assert (found is None) is (len(counted) < LEAST_VISITS)
    assert found is None or found in {each.at.astimezone(BERLIN).hour for each in counted[-LATEST_VISITS:]}
    assert usual_hour_of(counted, brand, AT, BERLIN) == found


@given(DEEDS, st.randoms(use_true_random=False))
def test_what_was_done_at_one_instant_may_come_in_any_order(deeds: list[Deed], order: Random) -> None:
    doubled = [*deeds, *deeds]
    order.shuffle(doubled)
    expected = usual_hour_of(sorted([*deeds, *deeds]), None, AT, BERLIN)
    assert usual_hour_of(sorted(doubled, key=lambda each: each.at), None, AT, BERLIN) == expected


@pytest.mark.parametrize("calendar", [None, {"monthly": 31}])
@example(hour=2, minutes=0)
@given(hour=st.one_of(st.none(), st.integers(0, 23)), minutes=st.integers(0, 400 * 24 * 60))
def test_the_first_step_comes_when_clocks_next_show_the_hour(
    calendar: dict[str, int] | None, hour: int | None, minutes: int
) -> None:
    """E9: also on the day on which they jump over it; the same, however often it is worked out."""
    when = {"enters": None, "calendar": calendar} if calendar else {}
    written = campaign(at="10:00", at_usual_hour=True, **when)
    version = program(speaking(template(), time_zone="Europe/Berlin", segments=SEGMENTS, campaigns=[written]))
    named, now = JourneyId(MEI, Cause("miss-you", "ever")), to_instant(AT + timedelta(minutes=minutes))
    journey, again = (begun(named, version.campaigns["miss-you"], now, version, now, usual_hour=hour) for _ in range(2))
    assert journey == again
    assert journey.due_at is not None
    assert timedelta() <= journey.due_at - now <= timedelta(hours=25)
    due = journey.due_at.astimezone(BERLIN)
    meant = 10 if hour is None else hour
    jumped = datetime(due.year, due.month, due.day, meant, tzinfo=BERLIN).astimezone(UTC).astimezone(BERLIN).hour
    assert (due.hour, due.minute) == (jumped, 0)
