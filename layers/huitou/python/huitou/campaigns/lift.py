"""The lift of a campaign over those held out, with its interval (M21).

Conversion: Newcombe's hybrid score interval, method 10 of R. G. Newcombe: Interval Estimation for the Difference
between Independent Proportions. Statistics in Medicine 17, 1998, p. 873-890. Each rate has its Wilson interval, and the
distances from the rates to these are put together as the sides of a right angle. It holds also for few units and for
rates near none and all, where the plain normal interval does not.

Relative lift: the ratios at which that difference would just touch zero, A. Donner and G. Y. Zou: Closed-form
Confidence Intervals for Functions of the Normal Mean and Standard Deviation. Statistical Methods in Medical Research
21, 2012, p. 347-359, equation 9. So both intervals say the same about whether there is an effect.

Sales: Welch's interval for the difference of means, B. L. Welch: The Generalization of Student's Problem when Several
Different Population Variances Are Involved. Biometrika 34, 1947, p. 28-35. The arms may differ in size and in spread.

Wilson's interval and Student's distribution are scipy's, which comes in a layer of its own: import this module where a
result is worked out.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import NamedTuple

from scipy.stats import binomtest, t

from huitou.campaigns.results import CONFIDENCE, Arm, Costs, Effect, IntervalMethod, Result, enough_sales


class _Rate(NamedTuple):
    """With Wilson's interval."""

    value: float
    low: float
    high: float


def result_of(treated: Arm, held_out: Arm, costs: Costs) -> Result:
    """Of everybody who was drawn for either arm (E27)."""
    return Result(
        treated,
        held_out,
        costs,
        conversion=_difference(treated, held_out),
        relative=_relative(treated, held_out),
        sales=_incremental_sales(treated, held_out),
    )


def _difference(treated: Arm, held_out: Arm) -> Effect | None:
    if not treated.units or not held_out.units:
        return None
    one, other = _rate(treated), _rate(held_out)
    value = one.value - other.value
    return Effect(
        value,
        value - hypot(one.value - one.low, other.high - other.value),
        value + hypot(one.high - one.value, other.value - other.low),
        IntervalMethod.NEWCOMBE,
    )


def _relative(treated: Arm, held_out: Arm) -> Effect | None:
    if not treated.units or not held_out.converted:
        return None
    one, other = _rate(treated), _rate(held_out)
    low, high = _least_ratio(one, other), 1 / _least_ratio(other, one)
    return Effect(one.value / other.value - 1, low - 1, high - 1, IntervalMethod.DONNER_ZOU)


def _least_ratio(above: _Rate, below: _Rate) -> float:
    """The least share of ``below`` that ``above`` can be; the most is the inverse of this, with the two changed."""
    if above.low == 0:
        return 0.0
    product = above.value * below.value
    near = above.low * (2 * above.value - above.low)
    far = below.high * (2 * below.value - below.high)
    return near / (product + sqrt(product**2 - near * far))


def _incremental_sales(treated: Arm, held_out: Arm) -> Effect | None:
    if not enough_sales(treated) or not enough_sales(held_out):
        return None
    value = (treated.sales * held_out.units - held_out.sales * treated.units) / (treated.units * held_out.units)
    errors = [arm.spread / (arm.units**2 * (arm.units - 1)) for arm in (treated, held_out)]
    freedom = sum(errors) ** 2 / sum(
        error**2 / (arm.units - 1) for error, arm in zip(errors, (treated, held_out), strict=True)
    )
    low, high = t.interval(CONFIDENCE, freedom, loc=value, scale=sqrt(sum(errors)))
    return Effect(value, float(low), float(high), IntervalMethod.WELCH)


def _rate(arm: Arm) -> _Rate:
    low, high = binomtest(arm.converted, arm.units).proportion_ci(CONFIDENCE, method="wilson")
    return _Rate(arm.converted / arm.units, float(low), float(high))
