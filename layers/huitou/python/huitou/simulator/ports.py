"""What simulations need from outside, and when they are asked for over the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from huitou.jobs.ports import JobStore
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest
from huitou.simulator.comparing import Comparison
from huitou.simulator.model import Simulation


class SimulationStore(JobStore[Simulation], Protocol):
    """Keeps simulations, what their parts came to, and their reports. Reads are consistent."""

    def save_part(self, simulation: Digest, number: int, compared: Comparison) -> Write:
        """What the members of a part come to; comparing them again says it again."""
        ...

    def parts(self, simulation: Digest) -> Sequence[Comparison]:
        """Those that are done, in the order of their numbers."""
        ...

    def save_report(self, simulation: Digest, report: Mapping[str, Any]) -> Write:
        """What it found; goes along with its end."""
        ...

    def report(self, simulation: Digest) -> Mapping[str, Any] | None: ...
