"""Where members stand, for tests: a shop whose programme has segments, and whoever asks, over any stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

from huitou.campaigns.beginning import Beginnings
from huitou.campaigns.goals import Goals
from huitou.campaigns.moves import Moves
from huitou.campaigns.new_journeys import NewJourneys
from huitou.campaigns.ports import JourneyStore
from huitou.campaigns.store import TableJourneys
from huitou.insights.model import Findings
from huitou.insights.service import CACHE_SECONDS, InsightsReader
from huitou.kernel.commits import Commit
from huitou.kernel.ids import MemberId, digest_of
from huitou.members.service import Members
from huitou.points.wallet import Wallet
from huitou.program.document import canonical_json
from huitou.program.model import Program
from huitou.program.validation import read_document
from huitou.program.versions import ProgramVersion
from huitou.segments.facts import Deed, RfmScale
from huitou.segments.past import read_since
from huitou.segments.service import Segments
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_journeys import MemoryJourneys
from huitou.simulator.memory_standing import MemoryDueIndex, MemoryPositions
from huitou.standing.ports import DueIndex, PositionStore
from huitou.standing.position import Position
from huitou.standing.store import TableDueIndex, TablePositions
from tests.builders import MEI, OPENED, document, program
from tests.members import HASHER
from tests.purchases import NOON, Publications, Shop, deeds_on, findings_on

SEGMENTS = [
    {"id": "active", "name": "Came lately", "when": {"purchases": {"at_least": 1, "in": "last 10 days"}}},
    {"id": "lapsed", "name": "Has not come", "when": {"days_since_last_purchase": {"at_least": 20}}},
    {"id": "vip", "name": "Known to Maru", "brand": "maru", "when": {"tags": ["vip"]}},
]
BEST = {"id": "best", "name": "Spends most", "when": {"rfm": {"money": [5]}}}
"""Those in the best class of money, by what `findings` say."""
LEVELS = [{"id": "basic", "name": "Basic", "threshold": "0"}, {"id": "gold", "name": "Gold", "threshold": "3000"}]
TIERS: dict[str, Any] = {"measure": "spend", "window": {"type": "rolling", "days": 30}, "levels": LEVELS}
WRITTEN = document(segments=[*SEGMENTS, "staff", {"id": "ours", "name": "Of Sora", "brand": "sora", "list": True}])
"""The same as it is written, with two lists."""


def segmented(version: int = 1, **changes: Any) -> Program:
    """The programme of `tests.builders.document` with `SEGMENTS`."""
    return program(document(**{"segments": SEGMENTS, **changes}), version)


class Written:
    """The published programme, and how it was written."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._compiled = program(document)

    def active(self) -> Program:
        return self._compiled

    def version(self, number: int) -> Program:
        assert number == self._compiled.version
        return self._compiled

    def published(self, number: int) -> ProgramVersion:
        assert number == self._compiled.version
        canonical = canonical_json(read_document(json.dumps(self._document)))
        return ProgramVersion(number, canonical, digest_of((canonical,)), OPENED, "tests")


class Standings(Shop):
    """A shop that knows where its members stand."""

    def __init__(self, version: Program | None = None, table: Any = None) -> None:
        super().__init__(version or segmented(), table)
        self.positions = positions_on(self.table)
        self.findings = findings_on(self.table)
        self.segments = self.segments_by(self.table.commit)
        self.members = Members(
            members=self.profiles,
            wallets=self.wallets,
            standings=self.standings,
            programs=self.programs,
            hasher=HASHER,
            commit=self.table.commit,
            pause=lambda _: None,
        )

    def segments_by(self, commit: Commit, programs: Publications | None = None) -> Segments:
        """The use cases, which write by ``commit``; ``programs`` are those that they know."""
        known = programs or self.programs
        return Segments(
            states=self.states,
            profiles=self.profiles,
            deeds=deeds_on(self.table),
            positions=self.positions,
            insights=InsightsReader(self.findings, count(step=CACHE_SECONDS).__next__),
            programs=known,
            followers=Moves(
                Beginnings(new_journeys_on(self.table), known),
                Goals(journeys_on(self.table), known, deeds_of(self.table)),
            ),
            commit=commit,
            pause=lambda _: None,
        )

    def kept(self, member: MemberId = MEI) -> Position | None:
        """The position as it is stored."""
        return self.states.load(member).position

    def names(self, now: datetime, member: MemberId = MEI) -> set[str]:
        """The segments that a read shows at ``now``."""
        return set(self.segments.position(member, now).segments_at(now))


def due_index_on(table: Any) -> DueIndex:
    return MemoryDueIndex(table) if isinstance(table, MemoryTable) else TableDueIndex(table)


def journeys_on(table: Any) -> JourneyStore:
    return MemoryJourneys(table) if isinstance(table, MemoryTable) else TableJourneys(table)


def new_journeys_on(table: Any) -> NewJourneys:
    return NewJourneys(journeys_on(table), deeds_of(table))


def deeds_of(table: Any) -> Callable[[Wallet, datetime], Sequence[Deed]]:
    return partial(read_since, deeds_on(table))


def positions_on(table: Any) -> PositionStore:
    return MemoryPositions(table) if isinstance(table, MemoryTable) else TablePositions(table)


def findings(version: int, money: tuple[int, int, int, int]) -> Findings:
    """By which everybody is in class 5 of money who spent the last of ``money``."""
    scale = RfmScale(365, (90, 60, 30, 7), (2, 3, 5, 9), money)
    return Findings(version, digest_of([str(version)]), NOON, program_version=1, members=3, recent=3, rfm=scale)
