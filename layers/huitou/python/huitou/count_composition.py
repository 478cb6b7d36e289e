"""What the function that answers for counts begins with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from time import monotonic

from huitou.counts.errors import CountNotFoundError
from huitou.counts.service import Counts
from huitou.counts.store import counts_in
from huitou.insights.service import InsightsReader
from huitou.insights.store import TableFindings
from huitou.jobs.service import PartedJobs
from huitou.platform.files import S3Files
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.pauses import pause
from huitou.platform.settings import Settings
from huitou.platform.state_machines import CountStates
from huitou.platform.table import Table
from huitou.program.service import ProgramReader


def counts_on(program: Table, programs: ProgramReader, settings: Settings, bucket: str, state_machine: str) -> Counts:
    """Once for each start of a function that is asked for one: it loads the programme's grammar."""
    files = S3Files(bucket, settings.region, settings.endpoint)
    states = CountStates(state_machine, settings.region, settings.endpoint)
    return Counts(
        jobs=PartedJobs(counts_in(program), files, states, CountNotFoundError, program.commit, pause),
        programs=programs,
        insights=InsightsReader(TableFindings(program), monotonic),
        shards=MEMBER_SHARDS,
    )
