"""Simulations in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.jobs import JobStatus
from huitou.platform import keys
from huitou.simulator.comparing import Comparison
from huitou.simulator.memory import MemoryTable, absent
from huitou.simulator.model import Simulation


class MemorySimulations:
    """`SimulationStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, simulation: Digest) -> Simulation | None:
        return self._table.get(Simulation, *keys.simulation(simulation))

    def add(self, simulation: Simulation) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(*keys.simulation(simulation.id), simulation, refused=refused, when=absent)

    def save_part(self, simulation: Digest, number: int, compared: Comparison) -> Write:
        refused = StaleReadError("Another worker replays the same part.")
        return self._table.put(*keys.simulation_part(simulation, number), compared, refused=refused, when=_always)

    def parts(self, simulation: Digest) -> Sequence[Comparison]:
        pk, _ = keys.simulation(simulation)
        return self._table.query(Comparison, pk, prefix=keys.PART_PREFIX).items

    def finish(self, simulation: Simulation, report: Mapping[str, Any] | None) -> list[Write]:
        def still(stored: Simulation | None) -> bool:
            return stored is not None and stored.status is JobStatus.RUNNING

        ended = StaleReadError("The simulation has ended meanwhile.")
        writes = [self._table.put(*keys.simulation(simulation.id), simulation, refused=ended, when=still)]
        if report is not None:
            key = keys.simulation_report(simulation.id)
            writes.append(self._table.put(*key, dict(report), refused=ended, when=_always))
        return writes

    def report(self, simulation: Digest) -> Mapping[str, Any] | None:
        return self._table.get(dict, *keys.simulation_report(simulation))


def _always(_: object) -> bool:
    return True
