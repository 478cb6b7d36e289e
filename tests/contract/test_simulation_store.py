"""What simulations ask of their store, in memory and on DynamoDB alike (M14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from huitou.jobs.model import JobStatus
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.simulator.account import Account
from huitou.simulator.comparing import Affected, Comparison, Gain
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_simulations import MemorySimulations
from huitou.simulator.model import Simulation
from huitou.simulator.ports import SimulationStore
from huitou.simulator.store import TableSimulations
from tests.builders import MEI, OPENED
from tests.contract.targets import AnyTable

SIMULATION = Simulation(
    id=digest_of(("simulation", "group", "k")),
    draft="Q" * 26,
    version=None,
    document=None,
    against=3,
    first=date(2026, 3, 1),
    last=None,
    since=OPENED,
    until=OPENED + timedelta(days=90),
    before=digest_of(["before"]),
    after=digest_of(["after"]),
    parts=16,
    created_at=OPENED,
    client_reference="double",
)


def on(table: AnyTable) -> SimulationStore:
    return MemorySimulations(table) if isinstance(table, MemoryTable) else TableSimulations(table)


def compared(points: int) -> Comparison:
    """Of one member, who is issued so many more points."""
    before = Account(sales=2, issued=Counter({("points", "maru"): 3}), tier="gold", ups=1)
    after = Account(sales=2, issued=Counter({("points", "maru"): 3 + points}), points=Counter({"base": 3 + points}))
    comparison = Comparison()
    comparison.add(Affected(MEI, Gain(Fraction(points, 3), points), before, after))
    return comparison


def test_a_simulation_comes_back_as_it_was_stored(table: AnyTable) -> None:
    simulations = on(table)
    table.commit([simulations.add(SIMULATION)])
    assert simulations.find(SIMULATION.id) == SIMULATION
    assert (list(simulations.parts(SIMULATION.id)), simulations.report(SIMULATION.id)) == ([], None)
    with pytest.raises(StaleReadError):
        table.commit([simulations.add(SIMULATION)])


def test_parts_come_back_in_order_each_as_it_was_said_last(table: AnyTable) -> None:
    simulations = on(table)
    table.commit([simulations.add(SIMULATION)])
    for part, points in ((10, 1), (2, 5), (10, 2)):
        table.commit([simulations.save_part(SIMULATION.id, part, compared(points))])
    assert list(simulations.parts(SIMULATION.id)) == [compared(5), compared(2)]


def test_it_ends_once_with_its_report_or_without(table: AnyTable) -> None:
    simulations = on(table)
    table.commit([simulations.add(SIMULATION)])
    ended = replace(SIMULATION, status=JobStatus.COMPLETED, finished_at=OPENED + timedelta(days=91))
    report = {"source": "members", "points": [], "until": "2026-04-01T01:00:00.000Z"}
    table.commit([simulations.finish(ended), simulations.save_report(SIMULATION.id, report)])
    assert (simulations.find(SIMULATION.id), simulations.report(SIMULATION.id)) == (ended, report)
    with pytest.raises(StaleReadError):
        table.commit([simulations.finish(replace(ended, status=JobStatus.FAILED, failure="why"))])
    assert simulations.find(SIMULATION.id) == ended
