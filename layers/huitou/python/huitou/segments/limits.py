"""Bounds made ready: whole numbers are compared with whole numbers, and nothing is ever divided."""

from __future__ import annotations

from math import ceil, floor, inf
from typing import NamedTuple

from huitou.program.predicates import Bounds


class Limits(NamedTuple):
    """The whole numbers from ``low`` to ``high``, both included, and the ``bounds`` that they come from."""

    low: float
    high: float
    bounds: Bounds

    def hold(self, value: int) -> bool:
        return self.low <= value <= self.high

    def hold_ratio(self, part: int, whole: int) -> bool:
        """Whether ``part`` over ``whole`` is within; of nothing, it is not."""
        if whole == 0:
            return False
        least, most, above, below = self.bounds
        return (
            (least is None or part * least.denominator >= least.numerator * whole)
            and (most is None or part * most.denominator <= most.numerator * whole)
            and (above is None or part * above.denominator > above.numerator * whole)
            and (below is None or part * below.denominator < below.numerator * whole)
        )


def limits(bounds: Bounds) -> Limits:
    """``bounds`` made ready."""
    least, most, above, below = bounds
    low = max(-inf if least is None else ceil(least), -inf if above is None else floor(above) + 1)
    high = min(inf if most is None else floor(most), inf if below is None else ceil(below) - 1)
    return Limits(low, high, bounds)
