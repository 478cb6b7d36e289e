"""A year of real shopping, lived through, against an independent account of what campaigns begin (M19).

Every household joins, buys, and stays away, through the services of production: each position is kept after each
purchase, and whenever the clock was told that time alone may change something; what begins, is written with it. The
journeys of a ladder of 30, 60 and 90 days, of who bought once, of who is overdue by their own rhythm, and of birthdays
are then, one by one and to the millisecond, those that DuckDB finds in the source Parquet.
"""

from __future__ import annotations

from collections import Counter

import pytest

from cli.sample_data import SampleSales
from tests.proof.accounts import HOUSEHOLDS
from tests.proof.occurrences import CAMPAIGNS, LEAP_DAY, Household, birthday_of, expected, simulated

A_FEW = 30
"""One of whom was born on 29 February."""


of_households = pytest.mark.parametrize(
    "households", [A_FEW, pytest.param(HOUSEHOLDS, marks=pytest.mark.proof)], ids=["a few households", "all households"]
)


@of_households
def test_campaigns_begin_with_whom_and_when_the_source_data_says(households: int | None) -> None:
    """M18, M19, E9, E10, E20."""
    begun = [each for history in SampleSales(members=households).histories() for each in Household(history).live()]
    assert set(begun) ^ expected(households) == set()
    assert len(begun) == len(set(begun))


@of_households
def test_a_simulation_begins_what_the_source_data_says(households: int | None) -> None:
    """M14: as often, with each of them."""
    counted = Counter((each.household, each.campaign) for each in expected(households))
    begun = {
        (int(history.name.removeprefix("household ")), campaign): times
        for history in SampleSales(members=households).histories()
        for campaign, times in simulated(history).items()
    }
    assert begun == counted


def test_each_campaign_begins_with_some_of_a_few_households() -> None:
    """So that the comparison says something."""
    begun = expected(A_FEW)
    assert {each.campaign for each in begun} == CAMPAIGNS.keys()
    assert any(birthday_of(each.household) == LEAP_DAY for each in begun if each.campaign == "birthday")
