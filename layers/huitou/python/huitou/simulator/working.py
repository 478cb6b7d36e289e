"""The work behind a simulation of the API: the members of a part are replayed, then the parts are put together.

E12: a budget is given out once where one part has all members. Where several share them, each part gives out all of
it; so the sum is right as long as the budget is not used up by all parts together, and refused otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce

from huitou.jobs.model import ended, running
from huitou.jobs.ports import Files
from huitou.kernel.commits import Commit
from huitou.kernel.ids import Digest
from huitou.kernel.instants import MILLISECOND
from huitou.program.model import Program
from huitou.segments.facts import UNKNOWN
from huitou.segments.ports import InsightVersions
from huitou.simulator.comparing import Comparison, Figures, compare
from huitou.simulator.model import Simulation
from huitou.simulator.past import KEPT, Archive, MembersPast
from huitou.simulator.ports import SimulationStore
from huitou.simulator.report import Report
from huitou.simulator.sides import Sides, sides_of

SOURCE = "members"
"""What a report says was replayed: their own past."""
DIED = "The members could not all be replayed. Ask again with a new key; a shorter time takes less."
OVERDRAWN = (
    "The budget of {rules} is used up, and there are too many members for one worker to give it out in turn. "
    "Simulate the rule without its budget, or fewer members with `huitou simulate` and a file."
)


class Replaying:
    """The use case of one part."""

    def __init__(
        self, simulations: SimulationStore, files: Files, archive: Archive, insights: InsightVersions, commit: Commit
    ) -> None:
        self._simulations = simulations
        self._files = files
        self._archive = archive
        self._insights = insights
        self._commit = commit

    def replay(self, simulation_id: Digest, part: int, shards: Sequence[int]) -> int:
        """Replays the part's members and keeps what differs; how many there were. Doing it again is harmless."""
        simulation = running(self._simulations.find, simulation_id)
        sides = _sides(simulation, self._files)
        past = MembersPast(self._archive, shards, simulation.since, simulation.until + MILLISECOND)
        asked = sides.before.comparing_segments or sides.after.comparing_segments
        insights = self._insights.version(simulation.insights) if asked else UNKNOWN
        *_, compared = compare(past, sides, simulation.until, insights, since=simulation.since)
        self._commit([self._simulations.save_part(simulation.id, part, compared)])
        return compared.after.members


class Concluding:
    """The use case of all parts."""

    def __init__(self, simulations: SimulationStore, files: Files, commit: Commit) -> None:
        self._simulations = simulations
        self._files = files
        self._commit = commit

    def conclude(self, simulation_id: Digest, failed: bool, now: datetime) -> Simulation:
        """Ends the simulation; ``failed`` where a part could not be replayed, for good."""
        simulation = running(self._simulations.find, simulation_id)
        sides = _sides(simulation, self._files)
        whole = reduce(Comparison.plus, self._simulations.parts(simulation.id), Comparison())
        failure = DIED if failed else None
        if failure is None and simulation.parts > 1 and (rules := overdrawn(whole, sides)):
            failure = OVERDRAWN.format(rules=", ".join(rules))
        finished = replace(ended(simulation, failure is not None, now), failure=failure)
        writes = [self._simulations.finish(finished)]
        if failure is None:
            report = Report(whole, sides, simulation.until).document(SOURCE, KEPT)
            writes.append(self._simulations.save_report(simulation.id, report))
        self._commit(writes)
        return finished


def overdrawn(whole: Comparison, sides: Sides) -> list[str]:
    """The rules whose budget all members together would have had more of than there is, in order."""
    pairs = (whole.before, sides.before), (whole.after, sides.after)
    return sorted({rule for figures, program in pairs for rule in _overdrawn(figures, program)})


def _overdrawn(figures: Figures, program: Program) -> Iterator[str]:
    for rule in program.earning:
        if rule.budget is not None and figures.points[rule.id] + figures.short[rule.id] > rule.budget:
            yield rule.id


def _sides(simulation: Simulation, files: Files) -> Sides:
    """As they were when it was asked for."""
    digests = simulation.before, simulation.after
    return sides_of(*(json.loads(files.read(simulation.document_key(digest))) for digest in digests))
