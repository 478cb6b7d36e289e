"""M21: of 500 campaigns whose effect is known, about 95 in 100 have it within their interval.

How many exactly is chance too: so many as all but one of a thousand such tests would find. What is drawn is always the
same.
"""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, ttest_ind

from huitou.campaigns.lift import result_of
from huitou.campaigns.results import CONFIDENCE, Arm, Costs, Effect, LiftVerdict

RUNS = 500
LEAST, MOST = (int(binom.ppf(share, RUNS, CONFIDENCE)) for share in (0.001, 0.999))
FREE = Costs()

Sales = NDArray[np.int64]


def sales_of(chance: np.random.Generator, units: int, rate: float, spread: float = 0.5) -> Sales:
    """A share of ``rate`` buys, for an amount whose logarithm is normal."""
    sales = np.zeros(units, dtype=np.int64)
    bought = chance.binomial(units, rate)
    sales[:bought] = chance.lognormal(6, spread, bought)
    return sales


def arm_of(sales: Sales) -> Arm:
    return Arm(sales.size, int(np.count_nonzero(sales)), *(int((sales**power).sum()) for power in (1, 2, 3)))


def inside(effect: Effect | None, truth: float) -> bool:
    assert effect is not None
    return effect.low <= truth <= effect.high


@pytest.mark.parametrize("held_out", [200, 1_000, 5_000])
@pytest.mark.parametrize(
    ("base", "lift"), [(0.03, 0.0), (0.03, 0.02), (0.1, 0.0), (0.1, 0.03), (0.4, -0.1), (0.9, 0.0)]
)
def test_the_interval_of_conversion_holds_the_truth(base: float, lift: float, held_out: int) -> None:
    """A tenth is held out, of few and of many."""
    chance = np.random.default_rng(21)
    found = 0
    for _ in range(RUNS):
        treated = Arm(9 * held_out, int(chance.binomial(9 * held_out, base + lift)))
        found += inside(result_of(treated, Arm(held_out, int(chance.binomial(held_out, base))), FREE).conversion, lift)
    assert LEAST <= found <= MOST


@pytest.mark.parametrize(("base", "lift"), [(0.03, 0.0), (0.03, 0.02), (0.1, 0.03), (0.4, -0.1)])
def test_the_interval_of_the_relative_lift_holds_the_truth(base: float, lift: float) -> None:
    chance = np.random.default_rng(22)
    found = 0
    for _ in range(RUNS):
        treated = Arm(9_000, int(chance.binomial(9_000, base + lift)))
        found += inside(result_of(treated, Arm(1_000, int(chance.binomial(1_000, base))), FREE).relative, lift / base)
    assert LEAST <= found <= MOST


@pytest.mark.parametrize(("base", "lift", "held_out"), [(0.1, 0.0, 2_000), (0.1, 0.02, 2_000), (0.3, 0.05, 800)])
@pytest.mark.parametrize("times", [1, 9])
def test_the_interval_of_sales_holds_the_truth(base: float, lift: float, held_out: int, times: int) -> None:
    """As many are treated, or nine times as many."""
    chance = np.random.default_rng(23)
    truth = lift * exp(6 + 0.5**2 / 2) - lift / 2  # whole units of money: half of one is lost in each purchase
    found = 0
    for _ in range(RUNS):
        treated, others = sales_of(chance, times * held_out, base + lift), sales_of(chance, held_out, base)
        found += inside(result_of(arm_of(treated), arm_of(others), FREE).sales, truth)
    assert LEAST <= found <= MOST


def test_nothing_is_said_of_sales_where_their_interval_would_miss_the_truth_too_often() -> None:
    """Of 200 held out ten buy, and seldom one of the few large baskets: without the rule, chance would be taken for an
    effect."""
    chance = np.random.default_rng(24)
    found, verdicts = 0, set()
    for _ in range(RUNS):
        treated, others = sales_of(chance, 1_800, 0.05, 1.0), sales_of(chance, 200, 0.05, 1.0)
        interval = ttest_ind(treated, others, equal_var=False).confidence_interval(CONFIDENCE)
        found += bool(interval.low <= 0 <= interval.high)
        verdicts.add(result_of(arm_of(treated), arm_of(others), FREE).sales_verdict)
    assert found < LEAST
    assert verdicts == {LiftVerdict.NOT_ENOUGH_DATA}


def test_a_campaign_that_does_nothing_is_seldom_said_to_do_something() -> None:
    chance = np.random.default_rng(25)
    verdicts = [
        result_of(
            Arm(9_000, int(chance.binomial(9_000, 0.1))), Arm(1_000, int(chance.binomial(1_000, 0.1))), FREE
        ).conversion_verdict
        for _ in range(RUNS)
    ]
    assert LEAST <= verdicts.count(LiftVerdict.NO_EFFECT_SHOWN) <= MOST
