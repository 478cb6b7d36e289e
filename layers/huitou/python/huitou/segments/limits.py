"""Bounds made ready: whole numbers are compared with whole numbers, and nothing is ever divided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import ceil, floor, inf
from operator import ge, gt, le, lt
from typing import NamedTuple

from huitou.program.predicates import Bounds

Ratio = Callable[[int, int], bool]
"""Whether a part over a whole is within; of nothing, it is not."""


class Limits(NamedTuple):
    """The whole numbers from ``low`` to ``high``, both included; and what a fraction must meet."""

    low: float
    high: float
    hold_ratio: Ratio

    def hold(self, value: int) -> bool:
        return self.low <= value <= self.high


def limits(bounds: Bounds) -> Limits:
    """``bounds`` made ready."""
    least, most, above, below = bounds
    low = max(-inf if least is None else ceil(least), -inf if above is None else floor(above) + 1)
    high = min(inf if most is None else floor(most), inf if below is None else ceil(below) - 1)
    return Limits(low, high, _all(list(_ratios(bounds))))


def _ratios(bounds: Bounds) -> Iterator[Ratio]:
    """Each bound's own: both sides multiplied by what divides them."""
    for bound, meets in zip(bounds, (ge, le, gt, lt), strict=True):
        if bound is not None:
            yield _ratio(bound.numerator, bound.denominator, meets)


def _ratio(numerator: int, denominator: int, meets: Callable[[int, int], bool]) -> Ratio:
    return lambda part, whole: whole > 0 and meets(part * denominator, numerator * whole)


def _all(ratios: Sequence[Ratio]) -> Ratio:
    if len(ratios) == 1:
        return ratios[0]
    return lambda part, whole: whole > 0 and all([ratio(part, whole) for ratio in ratios])
