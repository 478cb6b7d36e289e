"""Simulations in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.platform import keys, program_keys
from huitou.simulator.comparing import Comparison
from huitou.simulator.memory import MemoryTable, always
from huitou.simulator.memory_jobs import MemoryJobs
from huitou.simulator.model import Simulation


class MemorySimulations(MemoryJobs[Simulation]):
    """`SimulationStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        super().__init__(table, Simulation, program_keys.simulation)

    def save_part(self, simulation: Digest, number: int, compared: Comparison) -> Write:
        refused = StaleReadError("Another worker replays the same part.")
        return self._table.put(
            *program_keys.job_part(program_keys.simulation(simulation), number), compared, refused=refused, when=always
        )

    def parts(self, simulation: Digest) -> Sequence[Comparison]:
        pk, _ = program_keys.simulation(simulation)
        return self._table.query(Comparison, pk, prefix=keys.PART_PREFIX).items

    def save_report(self, simulation: Digest, report: Mapping[str, Any]) -> Write:
        refused = StaleReadError("Another worker puts the same parts together.")
        return self._table.put(*program_keys.simulation_report(simulation), dict(report), refused=refused, when=always)

    def report(self, simulation: Digest) -> Mapping[str, Any] | None:
        return self._table.get(dict, *program_keys.simulation_report(simulation))
