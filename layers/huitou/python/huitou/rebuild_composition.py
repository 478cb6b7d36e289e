"""What the functions that start rebuilds begin with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from huitou.jobs.service import PartedJobs
from huitou.platform.files import S3Files
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.pauses import pause
from huitou.platform.settings import Settings
from huitou.platform.state_machines import RebuildStates
from huitou.platform.table import Table
from huitou.program.store import TableVersions
from huitou.rebuilding.errors import RebuildNotFoundError
from huitou.rebuilding.service import Rebuilds
from huitou.rebuilding.store import rebuilds_in


def rebuilds_on(program: Table, settings: Settings, bucket: str, state_machine: str) -> Rebuilds:
    """Once for each start of a function."""
    files = S3Files(bucket, settings.region, settings.endpoint)
    states = RebuildStates(state_machine, settings.region, settings.endpoint)
    return Rebuilds(
        jobs=PartedJobs(rebuilds_in(program), files, states, RebuildNotFoundError, program.commit, pause),
        versions=TableVersions(program),
        shards=MEMBER_SHARDS,
    )
