"""A member's own rhythm, how probable it is that they still come, and their classes of RFM (M16, M18)."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from huitou.program.predicates import Bounds
from huitou.segments.alive import WEEK, Repeats, alive, probability, repeats_of
from huitou.segments.facts import RfmScale, Verdict
from huitou.segments.rfm import Measures, bought_within, cuts_of, measures_of, scale_of
from huitou.segments.rhythm import ALWAYS, Span, after_days, days_between, overdue, purchase_days, usual_interval
from tests.builders import at
from tests.deeds import CDNOW, bought, visited

TAIPEI = ZoneInfo("Asia/Taipei")
LAST = at("2026-03-05 18:00")
MILLISECOND = timedelta(milliseconds=1)


def days_of(*dates: str) -> list[str]:
    return [f"2026-{each} 12:00" for each in dates]


def interval_of(*dates: str) -> Fraction | None:
    return usual_interval(purchase_days([bought(each) for each in days_of(*dates)], TAIPEI))


def test_the_rhythm_is_the_median_of_the_days_between_purchases() -> None:
    """M18."""
    assert interval_of("01-01", "01-08", "01-14", "01-22") == 7


def test_between_two_middle_gaps_the_rhythm_is_half_way() -> None:
    """M18."""
    assert interval_of("01-01", "01-06", "01-12", "01-19", "01-31") == Fraction(13, 2)


def test_one_long_holiday_does_not_change_the_rhythm() -> None:
    """M18: an average would be spoilt."""
    assert interval_of("01-01", "01-08", "01-15", "01-22", "04-22", "04-29", "05-06") == 7


def test_with_fewer_than_three_gaps_there_is_no_rhythm_yet() -> None:
    """M18."""
    assert interval_of() is None
    assert interval_of("01-01", "01-08", "01-15") is None
    assert interval_of("01-01", "01-08", "01-15", "01-22") is not None


def test_only_the_latest_twelve_gaps_count() -> None:
    """M18: habits change."""
    monthly = [bought(f"2025-{month:02}-01 12:00") for month in range(1, 13)]
    weekly = [bought(at("2026-01-01 12:00") + timedelta(days=7 * number)) for number in range(13)]
    assert usual_interval(purchase_days([*monthly, *weekly], TAIPEI)) == 7


def test_several_purchases_of_one_day_are_one_coming_back_and_visits_none() -> None:
    """M18: a day is the member's: 23:30 in Taipei is the same day as noon there, and 00:30 the next."""
    deeds = [
        *(bought("2026-01-01 12:00"), bought("2026-01-01 23:30"), bought("2026-01-02 00:30")),
        visited("2026-01-05 12:00"),
    ]
    assert [day.isoformat() for day in purchase_days(deeds, TAIPEI)] == ["2026-01-01", "2026-01-02"]


def test_who_comes_weekly_is_twice_overdue_two_weeks_later_at_the_same_time() -> None:
    """M18, E9: from that instant on, not from midnight."""
    span = overdue(LAST, Fraction(7), Fraction(2), TAIPEI)
    assert span == Span(at("2026-03-19 18:00"), None)
    assert span.verdict(at("2026-03-19 18:00") - MILLISECOND) == Verdict(False, at("2026-03-19 18:00"))
    assert span.verdict(at("2026-03-19 18:00")) == Verdict(True, None)


def test_days_are_local_also_when_the_clocks_change() -> None:
    """E9: from 7 to 8 March 2026 clocks in New York jump ahead: half of that day is 11.5 hours."""
    zone, start = ZoneInfo("America/New_York"), at("2026-03-07T12:00-05:00")
    assert after_days(start, Fraction(1), zone) == start + timedelta(hours=23)
    assert after_days(start, Fraction(1, 2), zone) == start + timedelta(hours=11, minutes=30)


def test_what_takes_a_thousand_years_is_not_foreseen() -> None:
    assert overdue(LAST, Fraction(30), Fraction(10**6), TAIPEI) is None


@pytest.mark.parametrize(
    ("x", "t_x", "expected"),
    [(0, 0.0, 1.0), (2, 30.43, 0.72658), (1, 1.71, 0.21210), (7, 29.43, 0.64176), (26, 31.00, 0.15228)],
)
def test_p_alive_of_customers_of_cdnow_is_that_of_the_formula(x: int, t_x: float, expected: float) -> None:
    """M18: after 38.86 weeks, as another implementation (PyPI `lifetimes` 0.11.3) works it out."""
    assert probability(CDNOW, x, t_x, 38.86) == pytest.approx(expected, abs=5e-6)


def test_who_came_once_is_alive_for_ever_by_this_model() -> None:
    """M18: in BG/NBD nobody leaves before coming back once."""
    once = repeats_of(purchase_days([bought(LAST)], TAIPEI))
    assert once == Repeats(0, 0)
    assert alive(Bounds(least=1), CDNOW, once, LAST, TAIPEI) == ALWAYS
    assert alive(Bounds(below=Fraction(1, 2)), CDNOW, once, LAST, TAIPEI) is None


def test_a_member_is_at_risk_from_one_level_down_to_another() -> None:
    """M18."""
    repeats, both = Repeats(5, 140), Bounds(least=Fraction(1, 5), below=Fraction(1, 2))
    span = alive(both, CDNOW, repeats, LAST, TAIPEI)
    assert span is not None
    assert span.begin is not None
    assert span.end is not None
    assert LAST < span.begin < span.end
    for instant, level in ((span.begin, 0.5), (span.end, 0.2)):
        age = repeats.t_x + float(days_between(LAST, instant, TAIPEI))
        assert probability(CDNOW, repeats.x, repeats.t_x / WEEK, age / WEEK) == pytest.approx(level)
    assert span.verdict(LAST + MILLISECOND) == Verdict(False, span.begin)
    assert span.verdict(span.begin) == Verdict(True, span.end)
    assert span.verdict(span.end) == Verdict(False, None)


def test_levels_that_are_never_met_or_always() -> None:
    """M18."""
    repeats = Repeats(5, 140)
    assert alive(Bounds(least=0), CDNOW, repeats, LAST, TAIPEI) == ALWAYS
    assert alive(Bounds(most=0), CDNOW, repeats, LAST, TAIPEI) is None
    assert alive(Bounds(least=1), CDNOW, repeats, LAST, TAIPEI) is None
    assert alive(Bounds(below=1), CDNOW, repeats, LAST, TAIPEI) == Span(LAST, None)


def test_classes_are_fifths_of_all_who_bought() -> None:
    """M16: of ten, two are in each class."""
    cuts = cuts_of(dict.fromkeys(range(10, 110, 10), 1))
    assert cuts == (21, 41, 61, 81)


def test_equals_are_in_one_class_the_one_that_the_least_of_them_deserves() -> None:
    """M16: six of ten bought once: they are ahead of nobody; who bought twice is ahead of three fifths."""
    assert cuts_of({1: 6, 2: 2, 9: 2}) == (2, 2, 2, 3)


def test_a_scale_is_measured_on_all_members() -> None:
    """M16: recency is better the fewer days there are."""
    measured = {Measures(recency, 11 - recency, 1100 - 100 * recency): 1 for recency in range(1, 11)}
    assert scale_of(measured, 90) == RfmScale(90, (8, 6, 4, 2), (3, 5, 7, 9), (201, 401, 601, 801))
    assert scale_of({}, 90) is None


def test_a_member_is_classed_by_what_they_bought_within_the_time() -> None:
    """M16, E9: a purchase counts for 90 days, to the same local time, exclusive."""
    deeds = [bought("2026-01-01 12:00", 9999), bought("2026-03-01 12:00", 800), bought("2026-03-20 09:00", 700)]
    now = at("2026-04-01 12:00")
    within = bought_within(deeds, now, 90, TAIPEI)
    assert within == deeds[1:]
    assert measures_of(within, now, TAIPEI) == Measures(recency=12, frequency=2, money=1500)


def test_who_bought_nothing_within_the_time_has_no_class() -> None:
    """M16."""
    assert measures_of([], LAST, TAIPEI) is None
