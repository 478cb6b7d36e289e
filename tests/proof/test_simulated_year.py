"""A year of real shopping, simulated, against an independent account of it in SQL (M14).

The same comparison as in `test_real_year`, without a stack: what the simulator says of each household under
`programs/sample.yaml`, in all and rule by rule, is what DuckDB computes from the source Parquet.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.sample_data import SampleSales
from huitou.simulator.account import Account
from huitou.simulator.history import History
from huitou.simulator.replaying import Replayer
from tests.files import sample_program
from tests.proof.accounts import HOUSEHOLDS, Points, Rules, expected

pytestmark = pytest.mark.proof

END_OF_YEAR = datetime(2018, 1, 1, 4, 59, 59, tzinfo=UTC)
"""By New York's clocks the last second of 2017."""
GOLD = 2000_00


@pytest.fixture(scope="module")
def lives() -> dict[int, tuple[History, Account]]:
    """Every household's past, and what became of it."""
    replayer = Replayer(sample_program(), END_OF_YEAR)
    histories = SampleSales(members=HOUSEHOLDS).histories()
    return {int(each.name.removeprefix("household ")): (each, replayer.replay(each)) for each in histories}


def test_every_member_has_the_points_that_the_source_data_gives(lives: dict[int, tuple[History, Account]]) -> None:
    """M14, E9, E12: member by member, to the last point."""
    simulated = {household: _points(account) for household, (_, account) in lives.items()}
    assert _differing(simulated, {household: account[0] for household, account in expected().items()}) == {}


def test_every_rule_pays_what_the_source_data_gives(lives: dict[int, tuple[History, Account]]) -> None:
    """M7, M12, M16: a rate, a rate under a monthly cap, a multiplier for a tier, bonuses, two of them to segments."""
    simulated = {
        household: Rules(*(account.points[rule.replace("_", "-")] for rule in Rules._fields))
        for household, (_, account) in lives.items()
    }
    assert _differing(simulated, {household: account[1] for household, account in expected().items()}) == {}


def test_every_member_reaches_the_tier_that_was_paid_for(lives: dict[int, tuple[History, Account]]) -> None:
    """M15: gold at the end are those who spent enough in the year, and nobody else."""
    gold = {household for household, (_, account) in lives.items() if account.tier == "gold"}
    assert gold == {
        household for household, (history, _) in lives.items() if sum(sale.total for sale in history.purchases) >= GOLD
    }


def test_all_that_was_issued_is_redeemed_expired_or_open(lives: dict[int, tuple[History, Account]]) -> None:
    """E13."""
    for household, (_, account) in lives.items():
        assert account.issued == account.redeemed + account.expired + account.open, household


def _points(account: Account) -> Points:
    def of(points: dict[tuple[str, str], int], currency: str) -> int:
        return sum(amount for (each, _), amount in points.items() if each == currency)

    return Points(account.sales, of(account.issued, "points"), of(account.open, "points"), of(account.issued, "beans"))


def _differing(
    simulated: dict[int, Points] | dict[int, Rules], written: dict[int, Points] | dict[int, Rules]
) -> object:
    pairs = {household: (simulated.get(household), written.get(household)) for household in written | simulated}
    return {household: pair for household, pair in pairs.items() if pair[0] != pair[1]}
