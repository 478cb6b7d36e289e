"""What campaigns make of a member's moves: journeys end, and others begin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from huitou.campaigns.beginning import Beginnings
from huitou.campaigns.goals import Goals
from huitou.kernel.commits import Write
from huitou.program.model import Program
from huitou.segments.facts import Facts
from huitou.standing.position import Position


class Moves:
    """What `huitou.segments.ports.Followers` asks for."""

    def __init__(self, beginnings: Beginnings, goals: Goals) -> None:
        self._beginnings = beginnings
        self._goals = goals

    def follow(
        self, before: Position | None, after: Position, facts: Facts, program: Program, now: datetime
    ) -> Sequence[Write]:
        moved = before, after, facts, program, now
        return [*self._beginnings.follow(*moved), *self._goals.follow(*moved)]
