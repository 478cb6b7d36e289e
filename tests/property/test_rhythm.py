"""M16, M18 for any member: what is judged at an instant and when it is said to change are one."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from huitou.kernel.calendars import add_days
from huitou.program.predicates import Bounds
from huitou.segments.alive import Repeats, alive, probability, silence
from huitou.segments.facts import AliveModel
from huitou.segments.rfm import Measures, cuts_of, measures_of, scale_of
from huitou.segments.rhythm import after_days, days_between, overdue, usual_interval
from tests.builders import at
from tests.deeds import bought

MILLISECOND = timedelta(milliseconds=1)
TAIPEI = ZoneInfo("Asia/Taipei")
START = at("2026-01-01 00:00")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("Asia/Taipei", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")]
)
INSTANTS = st.integers(0, 3 * 366 * 86_400_000).map(lambda millis: START + millis * MILLISECOND)
DAYS = st.fractions(0, 800, max_denominator=60)
PARAMETERS = st.floats(0.01, 50)
MODELS = st.builds(AliveModel, PARAMETERS, PARAMETERS, PARAMETERS, PARAMETERS)
REPEATS = st.integers(1, 400).flatmap(lambda x: st.builds(Repeats, st.just(x), st.integers(x, 4000)))
LEVELS = st.fractions(Fraction(1, 1000), Fraction(999, 1000), max_denominator=1000)
COUNTS = st.dictionaries(st.integers(-50, 400), st.integers(1, 9), min_size=1)


@given(INSTANTS, DAYS, ZONES)
def test_days_have_passed_from_the_very_millisecond_on_that_is_named(
    start: datetime, days: Fraction, zone: ZoneInfo
) -> None:
    """E9: `after_days` and `days_between` are each other's inverse, over changes of the clocks too."""
    end = after_days(start, days, zone)
    assert end is not None
    assert end >= start
    assert days_between(start, end, zone) >= days
    if end > start:
        assert days_between(start, end - MILLISECOND, zone) < days


@given(INSTANTS, st.integers(1, 800), ZONES)
def test_whole_days_end_at_the_same_local_time(start: datetime, days: int, zone: ZoneInfo) -> None:
    """E9: as every other count of days does."""
    assert after_days(start, Fraction(days), zone) == add_days(start, days, zone)


@given(INSTANTS, st.lists(DAYS, min_size=2, max_size=9), ZONES)
def test_more_days_never_end_earlier(start: datetime, lengths: list[Fraction], zone: ZoneInfo) -> None:
    ends = [after_days(start, days, zone) for days in sorted(lengths)]
    assert all(one <= other for one, other in pairwise(filter(None, ends)))


@given(st.lists(st.integers(1, 90), min_size=3, max_size=12))
def test_the_usual_interval_is_the_median_of_the_gaps(gaps: list[int]) -> None:
    """M18."""
    days = [START.date()]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    interval = usual_interval(days)
    assert interval is not None
    assert float(interval) == median(gaps)


@given(INSTANTS, st.integers(2, 120), st.fractions(Fraction(1, 10), 9, max_denominator=20), INSTANTS, ZONES)
def test_who_is_overdue_is_so_by_the_ratio(
    last: datetime, halves: int, least: Fraction, now: datetime, zone: ZoneInfo
) -> None:
    """M18: at any instant."""
    assume(now > last)
    interval = Fraction(halves, 2)
    span = overdue(last, interval, least, zone)
    assert span is not None
    assert span.verdict(now).holds == (days_between(last, now, zone) / interval >= least)


@given(MODELS, REPEATS, LEVELS)
def test_p_alive_has_fallen_to_a_level_just_when_it_is_said(
    model: AliveModel, repeats: Repeats, level: Fraction
) -> None:
    """M18: the silence is the inverse of the probability."""
    days = silence(model, repeats, float(level))
    assume(days is not None)
    assert days is not None
    t_x = repeats.t_x / 7
    reached = probability(model, repeats.x, t_x, t_x + days / 7)
    if days:
        assert reached == pytest.approx(float(level), rel=1e-6)
    else:
        assert reached <= level


@given(MODELS, REPEATS, st.lists(st.floats(0, 1000), min_size=2, max_size=9))
def test_p_alive_only_falls_while_nothing_is_bought(model: AliveModel, repeats: Repeats, waits: list[float]) -> None:
    """M18."""
    t_x = repeats.t_x / 7
    chances = [probability(model, repeats.x, t_x, t_x + wait) for wait in sorted(waits)]
    assert all(0 <= later <= earlier <= 1 for earlier, later in pairwise(chances))


@given(MODELS, REPEATS, st.lists(LEVELS, min_size=2, max_size=9))
def test_lower_levels_take_no_less_time(model: AliveModel, repeats: Repeats, levels: list[Fraction]) -> None:
    """M18."""
    waits = [silence(model, repeats, float(level)) for level in sorted(levels, reverse=True)]
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert waits[: len(known)] == known, "what is never reached is the lowest"


@given(MODELS, REPEATS, LEVELS, INSTANTS, INSTANTS)
def test_a_member_is_either_above_a_level_or_not(
    model: AliveModel, repeats: Repeats, level: Fraction, last: datetime, now: datetime
) -> None:
    """M18: at any instant, and until when is said by both alike."""
    assume(now > last)
    above = alive(Bounds(least=level), model, repeats, last, TAIPEI)
    below = alive(Bounds(below=level), model, repeats, last, TAIPEI)
    verdicts = [span.verdict(now) if span else None for span in (above, below)]
    assert [verdict is not None and verdict.holds for verdict in verdicts].count(True) == 1
    if above and above.end and now < above.end:
        assert {verdict.until for verdict in verdicts if verdict} == {above.end}


@given(COUNTS)
def test_each_class_is_ahead_of_as_many_fifths_as_its_number_says(counts: dict[int, int]) -> None:
    """M16: against counting, member by member."""
    cuts, everybody = cuts_of(counts), sum(counts.values())
    for value in counts:
        behind = sum(members for other, members in counts.items() if other < value)
        assert 1 + sum(value >= cut for cut in cuts) == 1 + behind * 5 // everybody


@given(
    st.dictionaries(
        st.builds(Measures, st.integers(0, 89), st.integers(1, 40), st.integers(0, 9999)), st.integers(1, 9), min_size=1
    )
)
def test_classes_of_recency_are_those_of_fewer_days(measured: dict[Measures, int]) -> None:
    """M16."""
    scale, everybody = scale_of(measured, 90), sum(measured.values())
    assert scale is not None
    for each in measured:
        behind = sum(members for other, members in measured.items() if other.recency > each.recency)
        assert 1 + sum(each.recency <= cut for cut in scale.recency) == 1 + behind * 5 // everybody


@given(st.lists(INSTANTS, min_size=1, max_size=30), ZONES)
def test_a_day_counts_once_however_often_something_was_bought(instants: list[datetime], zone: ZoneInfo) -> None:
    """M16."""
    deeds = [bought(instant) for instant in sorted(instants)]
    once = measures_of(deeds, max(instants) + MILLISECOND, zone)
    twice = measures_of([deed for deed in deeds for _ in range(2)], max(instants) + MILLISECOND, zone)
    assert once is not None
    assert twice is not None
    assert (once.frequency, 2 * once.money) == (twice.frequency, twice.money)
