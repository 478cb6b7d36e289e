"""How many of all members something is true of, when a sample was asked.

The interval is Wilson's (E. B. Wilson: Probable Inference, the Law of Succession, and Statistical Inference. Journal of
the American Statistical Association 22, 1927, p. 209-212): those shares under which a sample like this one lies within
what happens in 95 of 100 cases. It stays between none and all, and says something also where nobody was found.
"""

from __future__ import annotations

from math import ceil, floor, sqrt
from typing import NamedTuple

CONFIDENCE = 0.95
Z = 1.959964
"""So many standard deviations around the mean hold `CONFIDENCE` of a normal distribution."""


class Estimate(NamedTuple):
    """About ``members``; at least ``least`` and at most ``most``, in `CONFIDENCE` of all cases."""

    members: int
    least: int
    most: int
    is_exact: bool


def wilson(found: int, asked: int) -> tuple[float, float]:
    """The lowest and the highest share, where ``found`` of ``asked`` were found; of nobody asked, all is possible."""
    if asked == 0:
        return 0.0, 1.0
    share, weight = found / asked, Z * Z / asked
    middle = (share + weight / 2) / (1 + weight)
    reach = Z * sqrt(share * (1 - share) / asked + weight / (4 * asked)) / (1 + weight)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def estimate(found: int, asked: int, everybody: int) -> Estimate:
    """Of ``everybody``. Where all of them were asked, nothing is estimated; who was found is there in any case."""
    if asked >= everybody:
        return Estimate(found, found, found, is_exact=True)
    low, high = wilson(found, asked)
    least, most = max(found, floor(low * everybody)), min(everybody - (asked - found), ceil(high * everybody))
    likely = round(found / asked * everybody) if asked else least
    return Estimate(min(max(likely, least), most), least, most, is_exact=False)
