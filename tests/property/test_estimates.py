"""M16: what a sample says of all members: Wilson's interval, by its formula and as it must be."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from huitou.segments.estimating import CONFIDENCE, estimate, wilson

ASKED = st.integers(1, 400)


@st.composite
def samples(draw: st.DrawFn) -> tuple[int, int]:
    """So many found, of so many asked."""
    asked = draw(ASKED)
    return draw(st.integers(0, asked)), asked


@given(samples())
def test_the_interval_is_that_of_scipy(sample: tuple[int, int]) -> None:
    known = binomtest(*sample).proportion_ci(CONFIDENCE, method="wilson")
    assert wilson(*sample) == pytest.approx((known.low, known.high), abs=1e-6)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.93])
def test_what_is_true_lies_within_it_in_about_95_of_100_cases(share: float) -> None:
    """Counted over all samples of 400 that can be, each by how probable it is."""
    inside = [k for k in range(401) if wilson(k, 400)[0] <= share <= wilson(k, 400)[1]]
    covered = sum(comb(400, k) * share**k * (1 - share) ** (400 - k) for k in inside)
    assert covered == pytest.approx(CONFIDENCE, abs=0.02)


@given(samples(), st.integers(0, 10**7))
def test_an_estimate_lies_between_its_bounds_and_these_within_what_can_be(sample: tuple[int, int], others: int) -> None:
    """Who was found is there; who was asked and was not, is not."""
    found, asked = sample
    told = estimate(found, asked, asked + others)
    assert found <= told.least <= told.members <= told.most <= found + others
    assert told.is_exact == (others == 0)


def test_where_all_were_asked_the_answer_is_exact() -> None:
    assert estimate(7, 30, 30) == (7, 7, 7, True)


def test_where_nobody_was_found_some_may_be_there() -> None:
    told = estimate(0, 400, 1_000_000)
    assert (told.members, told.least, told.most) == (0, 0, 9513)


def test_where_nobody_could_be_asked_nothing_is_known() -> None:
    assert estimate(0, 0, 10) == (0, 0, 10, False)
