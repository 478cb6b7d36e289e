"""What the functions that know where members stand begin with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from time import monotonic

from huitou.campaigns.beginning import Beginnings
from huitou.campaigns.goals import Goals
from huitou.campaigns.moves import Moves
from huitou.campaigns.new_journeys import NewJourneys
from huitou.campaigns.store import TableJourneys
from huitou.insights.service import InsightsReader
from huitou.insights.store import TableFindings
from huitou.members.store import TableMembers
from huitou.platform.pauses import pause
from huitou.platform.table import Table
from huitou.points.wallet import Wallet
from huitou.program.service import ProgramReader
from huitou.purchases.store import TableMemberStates
from huitou.segments.facts import Deed
from huitou.segments.past import read_since
from huitou.segments.seeing import JudgedSegments
from huitou.segments.service import Segments
from huitou.segments.store import TableDeeds
from huitou.standing.ports import TierPrograms
from huitou.standing.store import TablePositions


def deeds_on(members: Table) -> Callable[[Wallet, datetime], Sequence[Deed]]:
    """What the owner of a home wallet did from an instant on."""
    return partial(read_since, TableDeeds(members))


def new_journeys_on(members: Table) -> NewJourneys:
    """For who begins campaigns."""
    return NewJourneys(TableJourneys(members), deeds_on(members))


def judged_on(members: Table, program: Table, programs: TierPrograms) -> JudgedSegments:
    """As `segments_on`, for who decides sales."""
    return JudgedSegments(
        TableMembers(members), TableDeeds(members), programs, InsightsReader(TableFindings(program), monotonic)
    )


def segments_on(members: Table, program: Table, programs: ProgramReader) -> Segments:
    """Once for each start of a function; ``programs`` reads the table ``program``."""
    return Segments(
        states=TableMemberStates(members),
        profiles=TableMembers(members),
        deeds=TableDeeds(members),
        positions=TablePositions(members),
        insights=InsightsReader(TableFindings(program), monotonic),
        programs=programs,
        followers=Moves(
            Beginnings(new_journeys_on(members), programs),
            Goals(TableJourneys(members), programs, deeds_on(members)),
        ),
        commit=members.commit,
        pause=pause,
    )
