"""How fast positions are worked out: real members, all segments of the sample programme, one process, no table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from cli.sample_data import SampleSales
from huitou.kernel.ids import MemberId
from huitou.program.model import Program
from huitou.segments.facts import Deed
from huitou.segments.loading import deed_of_purchase
from tests.files import sample_program
from tests.lives import Life

MEMBERS = 50


@dataclass(slots=True)
class Evaluated:
    """CPU seconds for all ``looks``, and for going over the deeds of each of them once."""

    segments: int
    purchases: int = 0
    looks: int = 0
    evaluating: float = 0
    looping: float = 0

    @property
    def by_time(self) -> float:
        """How often the clock looks for each time that a purchase is looked at."""
        return (self.looks - self.purchases) / self.purchases

    @property
    def multiple(self) -> float:
        return self.evaluating / self.looping

    @property
    def per_second(self) -> float:
        return self.looks / self.evaluating


def measure() -> Evaluated:
    """The year of some households, a look after each purchase and each time that the clock was told to look."""
    program = sample_program()
    found = Evaluated(len(program.segments))
    for history in SampleSales(members=MEMBERS).histories():
        deeds = [deed for sale in history.purchases if (deed := deed_of_purchase(sale))]
        begun = time.process_time()
        found.looks += _lived(history.member, deeds, program)
        lived = time.process_time()
        _looped(deeds)
        found.looping += time.process_time() - lived
        found.evaluating += lived - begun
        found.purchases += len(deeds)
    return found


def _lived(member: MemberId, deeds: Sequence[Deed], program: Program) -> int:
    life = Life(member, program, deeds[0])
    for deed in deeds:
        life.do(deed)
    return life.looks


def _looped(deeds: Sequence[Deed]) -> list[int]:
    """What was spent by each purchase, summed up anew from all that were before: the least that facts ask for."""
    return [sum([deed.spend for deed in deeds[: number + 1]]) for number in range(len(deeds))]
