"""What a campaign did, as values (M21); `lift` works it out, `result_words` says it.

Two arms are compared: those who could be treated, and those held out. What is counted is the unit of the draw, an
address cluster, in the arm that it was drawn for, whatever became of it since: by intention to treat (E27). So nobody
leaves the treated arm because no message reached them, and the arms differ by chance and the campaign alone.

An arm is kept as counts and sums, so it can be counted in parts and added up. Money is in the smallest unit, refunds
are taken out (E29), and costs are those of the treated arm, since who is held out costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

CONFIDENCE = 0.95
"""How often an interval holds what is true, over all campaigns whose result is read once, when its window is over.
Whoever looks every day and stops at the first success is wrong more often."""
LEAST_EXPECTED = 5
LEAST_UNITS, UNITS_PER_SKEWNESS = 28, 25


@dataclass(frozen=True, slots=True)
class Arm:
    """``converted`` of ``units`` did, within the window, what the campaign is for; sums are over the sales of each."""

    units: int = 0
    converted: int = 0
    sales: int = 0
    sales_squares: int = 0
    sales_cubes: int = 0

    @classmethod
    def of(cls, converted: bool, sales: int) -> Arm:
        """One unit."""
        return cls(1, int(converted), sales, sales**2, sales**3)

    def __add__(self, other: Arm) -> Arm:
        return Arm(
            self.units + other.units,
            self.converted + other.converted,
            self.sales + other.sales,
            self.sales_squares + other.sales_squares,
            self.sales_cubes + other.sales_cubes,
        )

    @property
    def rate(self) -> float | None:
        """The share that converted."""
        return self.converted / self.units if self.units else None

    @property
    def spread(self) -> int:
        """``units``² times the second central moment of sales, exactly."""
        return self.units * self.sales_squares - self.sales**2

    @property
    def lean(self) -> int:
        """``units``³ times the third central moment of sales, exactly."""
        units, total = self.units, self.sales
        return units**2 * self.sales_cubes - 3 * units * total * self.sales_squares + 2 * total**3


@dataclass(frozen=True, slots=True)
class Costs:
    """What the campaign gave away and had to pay, in the smallest unit of money."""

    points: int = 0
    coupons: int = 0
    messages: int = 0

    @property
    def total(self) -> int:
        return self.points + self.coupons + self.messages


class IntervalMethod(StrEnum):
    """How an interval was found."""

    NEWCOMBE = "newcombe_1998"
    DONNER_ZOU = "donner_zou_2012"
    WELCH = "welch_1947"


class Effect(NamedTuple):
    """By how much the treated are ahead, and between what that lies, with `CONFIDENCE`; below 0 they are behind."""

    value: float
    low: float
    high: float
    method: IntervalMethod

    def times(self, factor: int) -> Effect:
        return Effect(self.value * factor, self.low * factor, self.high * factor, self.method)

    def less(self, cost: int) -> Effect:
        return Effect(self.value - cost, self.low - cost, self.high - cost, self.method)


class LiftVerdict(StrEnum):
    """What may be said. That no effect is shown does not say that there is none."""

    NOT_ENOUGH_DATA = "not_enough_data"
    NO_EFFECT_SHOWN = "no_effect_shown"
    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Result:
    """``conversion`` is a difference of rates, ``relative`` the same as a share of the rate held out, ``sales`` money
    for each unit that could be treated.

    None says that there is no telling: of rates where an arm has nobody, of the relative one where nobody held out
    converted, of sales where there are not enough.
    """

    treated: Arm
    held_out: Arm
    costs: Costs
    conversion: Effect | None
    relative: Effect | None
    sales: Effect | None

    @property
    def sales_in_all(self) -> Effect | None:
        """What the treated bought and would not have bought without the campaign."""
        return self.sales and self.sales.times(self.treated.units)

    @property
    def net(self) -> Effect | None:
        """`sales_in_all` without the costs: sales, not profit."""
        return self.sales_in_all and self.sales_in_all.less(self.costs.total)

    @property
    def conversion_verdict(self) -> LiftVerdict:
        return _verdict(self.conversion if enough_conversions(self.treated, self.held_out) else None)

    @property
    def sales_verdict(self) -> LiftVerdict:
        return _verdict(self.sales)

    @property
    def net_verdict(self) -> LiftVerdict:
        return _verdict(self.net)


def _verdict(effect: Effect | None) -> LiftVerdict:
    if effect is None:
        return LiftVerdict.NOT_ENOUGH_DATA
    if effect.low > 0:
        return LiftVerdict.MORE
    return LiftVerdict.LESS if effect.high < 0 else LiftVerdict.NO_EFFECT_SHOWN


def enough_conversions(treated: Arm, held_out: Arm) -> bool:
    """If both arms converted alike, each would have at least `LEAST_EXPECTED` units that did and as many that did not.

    W. G. Cochran: Some Methods for Strengthening the Common χ² Tests. Biometrics 10, 1954, p. 417-451.
    """
    both = treated + held_out
    rarer = min(both.converted, both.units - both.converted)
    return rarer > 0 and min(treated.units, held_out.units) * rarer >= LEAST_EXPECTED * both.units


def enough_sales(arm: Arm) -> bool:
    """At least 28 units, and 25 more for each square of the skewness of their sales.

    Most buy nothing and a few buy much: until there are so many, an interval that rests on the mean being nearly normal
    holds the truth too rarely. Where all bought the same, nothing says how much they vary. W. G. Cochran: Sampling
    Techniques, 3rd edition, 1977, section 2.15, for intervals that fail in 6 of 100 cases at most; with the 28 by
    R. A. Sugden, T. M. F. Smith and R. P. Jones: Cochran's Rule for Simple Random Sampling. Journal of the Royal
    Statistical Society B 62, 2000, p. 787-793.
    """
    beyond = arm.units - LEAST_UNITS
    return beyond >= 0 and arm.spread > 0 and beyond * arm.spread**3 >= UNITS_PER_SKEWNESS * arm.lean**2
