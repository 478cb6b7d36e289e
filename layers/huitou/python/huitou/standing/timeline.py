"""When the tiers of the programme changed (E20)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from huitou.kernel.instants import BEGINNING
from huitou.program.model import Program
from huitou.standing.model import Regime
from huitou.standing.ports import TierPrograms


class ProgramTimeline:
    """The regimes that published versions make, read as far back as anybody asks, and kept."""

    def __init__(self, programs: TierPrograms) -> None:
        self._programs = programs
        self._regimes: list[Regime] = []

    def __call__(self, since: datetime) -> Sequence[Regime]:
        """From the one in force at ``since`` to the one in force now, in order."""
        active = self._programs.active()
        regimes = self._regimes
        if not regimes or regimes[-1].version != active.version:
            regimes = self._regimes = [self._regime(active)]
        if regimes[-1].since <= since:
            return regimes[-1:]
        while regimes[0].since > since:
            regimes.insert(0, self._regime(self._programs.version(regimes[0].version - 1)))
        return regimes[bisect_right(regimes, since, key=_since) - 1 :]

    def _regime(self, program: Program) -> Regime:
        """The first version counts from the beginning: an import may bring what is older."""
        since = self._programs.published_at(program.version) if program.version > 1 else BEGINNING
        return Regime(program.version, since, program.tiers, program.zone)


_since = attrgetter("since")
