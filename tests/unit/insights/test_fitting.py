"""M18: BG/NBD is fitted as in the paper, and what the history does not say is not made up."""

from __future__ import annotations

import random
from collections import Counter
from math import isfinite

import pytest

from huitou.insights.fitting import LEAST_RETURNED, fit, log_likelihood
from huitou.insights.model import NoFitError
from huitou.segments.alive import Observed
from huitou.segments.facts import AliveModel
from tests.cdnow import cdnow
from tests.customers import returns
from tests.deeds import CDNOW


def test_the_fit_reproduces_the_parameters_published_for_cdnow() -> None:
    """M18: Fader, Hardie and Lee 2005, section 5: 0.243, 4.414, 0.793, 2.426, log-likelihood -9582.4."""
    found = fit(cdnow())
    assert tuple(round(value, 3) for value in found.model) == CDNOW
    assert round(found.log_likelihood, 1) == -9582.4


def test_it_is_the_likeliest_of_all_near_it() -> None:
    """M18: a step along any parameter makes the data less likely."""
    observed = cdnow()
    found = fit(observed)
    for place, value in enumerate(found.model):
        for step in (0.99, 1.01):
            near = AliveModel(*(value * step if at == place else each for at, each in enumerate(found.model)))
            assert log_likelihood(near, observed) < found.log_likelihood


def test_members_who_did_the_same_count_together() -> None:
    """M18: twice as many of each are twice as sure of the same."""
    observed = cdnow()
    once, twice = fit(observed), fit({each: 2 * members for each, members in observed.items()})
    assert twice.model == pytest.approx(once.model, rel=1e-3)
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood, rel=1e-9)


def test_made_up_customers_give_their_parameters_back() -> None:
    """M18: those of members who live by the model, drawn with a fixed seed."""
    true = AliveModel(r=0.6, alpha=3.0, a=0.9, b=3.0)
    found = fit(Counter(_customers(true, 20_000))).model
    assert found == pytest.approx(true, rel=0.1)


def test_many_purchases_do_not_end_in_infinity() -> None:
    """M18: the likelihood of a daily customer of ten years is far below what a float can hold."""
    observed = Counter({Observed(3000, 3600, 3650): 200, Observed(0, 0, 3650): 200, Observed(5, 40, 3650): 100})
    assert isfinite(fit(observed).log_likelihood)


def test_too_few_members_are_not_fitted() -> None:
    """M18."""
    few = {Observed(2, 30, 100): LEAST_RETURNED - 1, Observed(0, 0, 100): 5000}
    with pytest.raises(NoFitError, match="too_few_members"):
        fit(few)


def test_a_history_that_does_not_say_it_is_not_fitted() -> None:
    """M18: where all came alike, and none has left, there is no telling how members differ, or when they leave."""
    with pytest.raises(NoFitError, match="not_converged"):
        fit({Observed(10, 100, 100): 1000})


def _customers(model: AliveModel, count: int) -> list[Observed]:
    chance = random.Random(18)  # noqa: S311 - always the same customers
    return [_customer(model, chance) for _ in range(count)]


def _customer(model: AliveModel, chance: random.Random) -> Observed:
    """To the day."""
    age = chance.randint(100, 700)
    comings = returns(model, chance, age)
    return Observed(len(comings), int(comings[-1]) if comings else 0, age)
