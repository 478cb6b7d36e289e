"""E23: a cap holds however many campaigns want to speak at the same moment."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.campaigns import Town, campaign
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.outbox import NOON, pressure_of

DUE = NOON + timedelta(days=30, minutes=1)


def test_of_fifty_campaigns_at_once_two_find_room(table: AnyTable, side_by_side: SideBySide) -> None:
    """All begin by one move; each takes its step by itself."""
    town = Town(
        *(campaign(id=f"told-{number}") for number in range(50)),
        frequency_caps=[{"most": 2, "days": 7}],
        table=table,
    )
    mei = town.join()
    town.buy(mei)
    town.segments.refresh(mei, DUE)
    begun = town.journeys_of(mei)
    assert len(begun) == 50

    side_by_side(50, lambda number: town.walk.advance(begun[number].id, DUE))

    outcomes = Counter(turn.outcome.value for each in town.journeys_of(mei) for turn in each.turns)
    assert outcomes == {"planned": 2, "cap_reached": 48}
    assert len(town.messages_of(mei)) == len(pressure_of(town.pressure, mei).slots) == 2
