"""BG/NBD's parameters by maximum likelihood, on what all members did (M18); see `huitou.segments.alive`.

The likelihood of one customer (Fader, Hardie and Lee 2005, equation 6) has two parts, being alive still and having
left after the last time, either of which may be too small for a float. So it is added up in logarithms (Fader and
Hardie 2013, Overcoming the BG/NBD model's #NUM! error problem). Customers who did the same count together. The
parameters are positive: what is searched are their logarithms, downhill along the exact gradient.

scipy and numpy come in a layer of their own: import this module where something is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, digamma, gammaln

from huitou.insights.model import Fit, NoFitError
from huitou.segments.alive import WEEK, Observed
from huitou.segments.facts import AliveModel

Vector = NDArray[np.float64]
LEAST_RETURNED = 100
"""Members who came back at least once, below whom four parameters say nothing."""
NARROWEST, WIDEST = np.log(1e-4), np.log(1e4)
"""A logarithm of a parameter that comes to lie on one of these is not determined by what was seen."""


class _Sample(NamedTuple):
    """Columns: times are in weeks; ``members`` did the same each."""

    x: Vector
    t_x: Vector
    age: Vector
    members: Vector


def fit(observed: Mapping[Observed, int]) -> Fit:
    """The parameters for ``observed``, counted over all members. Raises `NoFitError`."""
    if sum(members for each, members in observed.items() if each.x) < LEAST_RETURNED:
        raise NoFitError("too_few_members")
    sample = _sample(observed)
    start = np.log([1.0, float(np.average(sample.age, weights=sample.members)), 1.0, 1.0])
    found = minimize(
        _cost, start, (sample,), "L-BFGS-B", jac=True, bounds=[(NARROWEST, WIDEST)] * 4, options={"ftol": 1e-13}
    )
    inside = all(NARROWEST < value < WIDEST for value in found.x)
    if not found.success or not inside:
        raise NoFitError("not_converged")
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    return Fit(AliveModel(r, alpha, a, b), -float(found.fun) * float(sample.members.sum()))


def log_likelihood(model: AliveModel, observed: Mapping[Observed, int]) -> float:
    """How likely ``model`` makes what was seen; higher is likelier."""
    sample = _sample(observed)
    cost, _ = _cost(np.log(model), sample)
    return -cost * float(sample.members.sum())


def _sample(observed: Mapping[Observed, int]) -> _Sample:
    rows = np.array(sorted((*each, members) for each, members in observed.items()), dtype=np.float64)
    return _Sample(rows[:, 0], rows[:, 1] / WEEK, rows[:, 2] / WEEK, rows[:, 3])


def _cost(logarithms: Vector, sample: _Sample) -> tuple[float, Vector]:
    """What is to be least, on average over the members, and its gradient by the parameters' logarithms."""
    r, alpha, a, b = np.exp(logarithms)
    x, t_x, age, members = sample
    came_back = x > 0
    left = np.where(came_back, x - 1, 0) + b  # b + x - 1; anything positive where nobody can have left
    stays = -(r + x) * np.log(alpha + age)
    leaves = np.where(came_back, np.log(a) - np.log(left) - (r + x) * np.log(alpha + t_x), -np.inf)
    either = np.logaddexp(stays, leaves)
    likelihood = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + either
    has_left = np.exp(leaves - either)
    still_here = 1 - has_left
    slopes: list[Any] = [
        digamma(r + x) - digamma(r) + np.log(alpha)
        - still_here * np.log(alpha + age) - has_left * np.log(alpha + t_x),
        r / alpha - (r + x) * (still_here / (alpha + age) + has_left / (alpha + t_x)),
        digamma(a + b) - digamma(a + b + x) + has_left / a,
        digamma(a + b) - digamma(b) + digamma(b + x) - digamma(a + b + x) - has_left / left,
    ]  # fmt: skip
    weights = members / members.sum()
    gradient = np.array([weights @ slope for slope in slopes]) * (r, alpha, a, b)
    return -float(weights @ likelihood), -gradient
