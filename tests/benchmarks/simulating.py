"""How fast the past is replayed: the whole year of real shopping, one process, from the data to the report."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass

from cli.sample_data import SampleSales
from huitou.simulator.history import History
from huitou.simulator.replaying import Replayer
from tests.files import sample_program


@dataclass(slots=True)
class Replayed:
    """CPU seconds for all of ``sales``, and the most memory that the process ever had, in MiB."""

    sales: int = 0
    lines: int = 0
    loading: float = 0
    replaying: float = 0
    looping: float = 0
    peak: float = 0

    @property
    def multiple(self) -> float:
        return self.replaying / self.looping

    @property
    def per_second(self) -> float:
        return self.sales / self.replaying

    @property
    def per_second_with_loading(self) -> float:
        return self.sales / (self.replaying + self.loading)


GOES = 3


def best() -> Replayed:
    """The quickest of some goes: whatever else the machine does can only slow one down."""
    return min((measure() for _ in range(GOES)), key=lambda found: found.replaying)


def measure(members: int | None = None) -> Replayed:
    """One go over all members: each is loaded, replayed, and looped over, as `comparing.compare` does it."""
    program = sample_program()
    found = Replayed()
    begun = time.process_time()
    sales = SampleSales(members=members)
    replayer = Replayer(program, sales.last_at)
    for history in sales.histories():
        loaded = time.process_time()
        replayer.replay(history)
        replayed = time.process_time()
        loop_over(history)
        looped = time.process_time()
        found.sales += len(history.purchases)
        found.lines += sum(len(sale.lines) for sale in history.purchases)
        found.loading += loaded - begun
        found.replaying += replayed - loaded
        found.looping += looped - replayed
        begun = time.process_time()
    found.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def loop_over(history: History) -> Iterable[int]:
    """One point per dollar without rules, lots or entries: the least that a loop over the same rows can do."""
    return [sum(line.amount for line in sale.lines) // 100 for sale in history.purchases]
