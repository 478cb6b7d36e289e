"""M21: lift and incremental sales by published figures, by scipy's own answers, and where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import skew, ttest_ind
from scipy.stats.contingency import relative_risk

from huitou.campaigns.lift import result_of
from huitou.campaigns.results import (
    CONFIDENCE,
    Arm,
    Costs,
    IntervalMethod,
    LiftVerdict,
    enough_conversions,
    enough_sales,
)

FREE = Costs()


def arm(units: int, converted: int) -> Arm:
    """Each that converted bought for 100."""
    bought = Arm.of(converted=True, sales=100)
    return sum([bought] * converted, Arm(units - converted))


def counted(sales: list[int]) -> Arm:
    """Who bought converted."""
    return sum((Arm.of(each > 0, each) for each in sales), Arm())


def many(seed: int, units: int, rate: float) -> list[int]:
    """The sales of so many units; a share of ``rate`` bought."""
    chance = np.random.default_rng(seed)
    amounts = chance.lognormal(6, 0.5, units) * (chance.random(units) < rate)
    return [int(each) for each in amounts]


@pytest.mark.parametrize(
    ("treated", "held_out", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_conversion_is_newcombes(
    treated: tuple[int, int], held_out: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998, table II, method 10."""
    found = result_of(arm(treated[1], treated[0]), arm(held_out[1], held_out[0]), FREE).conversion
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4), found.method) == (low, high, IntervalMethod.NEWCOMBE)


def test_the_relative_interval_is_near_scipys_where_there_are_many() -> None:
    """Katz's interval of the ratio, by another way."""
    found = result_of(arm(90_000, 5_400), arm(10_000, 500), FREE).relative
    known = relative_risk(5_400, 90_000, 500, 10_000).confidence_interval(CONFIDENCE)
    assert found is not None
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((known.low - 1, known.high - 1), abs=2e-3)


def test_nothing_is_told_relative_to_nobody() -> None:
    result = result_of(arm(9_000, 90), arm(1_000, 0), FREE)
    assert result.relative is None
    assert result.conversion_verdict is LiftVerdict.MORE


def test_the_interval_of_sales_is_that_of_welchs_test_on_all_rows() -> None:
    rows = many(1, 9_000, 0.6), many(2, 1_000, 0.5)
    found = result_of(counted(rows[0]), counted(rows[1]), FREE).sales
    known = ttest_ind(rows[0], rows[1], equal_var=False).confidence_interval(CONFIDENCE)
    assert found is not None
    assert found[:3] == pytest.approx((np.mean(rows[0]) - np.mean(rows[1]), known.low, known.high), rel=1e-9)


def test_sums_of_money_beyond_what_a_float_holds_stay_exact() -> None:
    """An amount that all paid more changes neither the difference nor its interval."""
    rows = many(1, 900, 0.6), many(2, 300, 0.5)
    more = [[each + 10**9 for each in row] for row in rows]
    assert result_of(counted(rows[0]), counted(rows[1]), FREE).sales == pytest.approx(
        result_of(counted(more[0]), counted(more[1]), FREE).sales, rel=1e-12
    )


def test_sales_are_told_for_each_treated_in_all_and_without_the_costs() -> None:
    """M21: who is held out costs nothing."""
    result = result_of(counted(many(1, 9_000, 0.6)), counted(many(2, 1_000, 0.5)), Costs(10_000, 4_000, 1_000))
    assert result.sales
    assert result.sales_in_all
    assert result.net
    assert result.sales_in_all[:3] == pytest.approx([9_000 * each for each in result.sales[:3]])
    assert result.net[:3] == pytest.approx([each - 15_000 for each in result.sales_in_all[:3]])
    assert result.sales_verdict is result.net_verdict is LiftVerdict.MORE


@pytest.mark.parametrize(("treated", "held_out"), [(Arm(), Arm()), (arm(500, 20), Arm()), (Arm(), arm(500, 20))])
def test_where_an_arm_has_nobody_there_is_not_enough_data(treated: Arm, held_out: Arm) -> None:
    result = result_of(treated, held_out, Costs(points=5))
    assert (result.conversion, result.relative, result.sales, result.net) == (None, None, None, None)
    assert result.conversion_verdict is result.sales_verdict is result.net_verdict is LiftVerdict.NOT_ENOUGH_DATA


def test_conversions_are_enough_where_five_of_each_are_to_be_expected() -> None:
    """Cochran 1954: a tenth of all is held out, so of those who convert in all a tenth."""
    assert enough_conversions(arm(900, 49), arm(100, 1))
    assert not enough_conversions(arm(900, 48), arm(100, 1))
    assert enough_conversions(arm(900, 851), arm(100, 99)), "as many have to stay away"
    assert not enough_conversions(arm(900, 852), arm(100, 99))
    assert not enough_conversions(arm(900, 0), arm(100, 0))


def test_too_few_conversions_show_nothing_however_far_they_are_apart() -> None:
    result = result_of(arm(12, 4), arm(12, 0), FREE)
    assert result.conversion
    assert result.conversion.low > 0
    assert result.conversion_verdict is LiftVerdict.NOT_ENOUGH_DATA


def test_sales_are_enough_by_their_skewness() -> None:
    """Cochran 1977, as extended by Sugden, Smith and Jones 2000: against scipy's skewness."""
    for units in (200, 400, 600, 800, 1_600):
        sales = many(units, units, 0.2)
        assert enough_sales(counted(sales)) == (units >= 28 + 25 * float(skew(sales)) ** 2)
    assert not enough_sales(counted([100] * 5_000)), "nothing says how much they vary"
    assert not enough_sales(counted([1, 2] * 13))
    assert enough_sales(counted([1, 2] * 14))
