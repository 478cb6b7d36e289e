"""Customers who live by BG/NBD's story (Fader, Hardie and Lee 2005), for tests of the fit."""

from __future__ import annotations

import random

from huitou.segments.alive import WEEK
from huitou.segments.facts import AliveModel


def returns(model: AliveModel, chance: random.Random, age: float) -> list[float]:
    """When somebody came back within ``age`` days of their first purchase, in days after it."""
    rate, leaving = chance.gammavariate(model.r, 1 / model.alpha), chance.betavariate(model.a, model.b)
    found: list[float] = []
    now = WEEK * chance.expovariate(rate)
    while now < age:
        found.append(now)
        if chance.random() < leaving:
            break
        now += WEEK * chance.expovariate(rate)
    return found
