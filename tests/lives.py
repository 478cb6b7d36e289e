"""Members' lives for tests: a position kept as in production, by what happens and by the clock."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import MILLISECOND
from huitou.program.model import Program
from huitou.segments.evaluation import evaluate
from huitou.segments.facts import UNKNOWN, Deed, Facts, Insights
from huitou.segments.judging import Judge
from huitou.standing.position import Position, Seen
from tests.positions import Tiers


class Life:
    """A member who enrols with ``first``, and of whom nothing is known but what they do."""

    def __init__(self, member: MemberId, program: Program, first: Deed) -> None:
        self.looks = 0
        """How often the position was worked out."""
        self._member = member
        self._program = program
        self._enrolled_at = first.at
        self._deeds: list[Deed] = []
        self._insights = UNKNOWN
        self._seen = Seen(0, 0, 0)
        self.position: Position | None = None

    def do(self, deed: Deed) -> None:
        """The member does something; the position is worked out as soon as it counts."""
        self.wait(deed.at)
        self._deeds.append(deed)
        self._learn(deed.at + MILLISECOND)

    def hear(self, insights: Insights, at: datetime) -> None:
        """A periodic job has found out something about all members."""
        self.wait(at)
        self._insights = insights
        self._learn(at)

    def wait(self, until: datetime) -> None:
        """The clock looks whenever it was told to."""
        while self.position is not None and self.position.due_at is not None and self.position.due_at <= until:
            self._look(self.position.due_at)

    def _learn(self, at: datetime) -> None:
        self._seen = self._seen._replace(wallets=self._seen.wallets + 1)
        self._look(at)

    def _look(self, at: datetime) -> None:
        facts = Facts(
            enrolled_at=self._enrolled_at,
            joined={},
            wallets={},
            tiers=Tiers(),
            deeds=self._deeds,
            insights=self._insights,
        )
        self.position = evaluate(
            self.position,
            facts,
            self._program,
            at,
            self._seen,
            member=self._member,
            in_force_since=self._enrolled_at,
            judging=Judge,
        )
        self.looks += 1
