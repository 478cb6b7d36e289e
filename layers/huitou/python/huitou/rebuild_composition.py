"""What the functions that start rebuilds begin with. As `huitou.composition`, for composition roots only."""

from __future__ import annotations

from huitou.platform.files import S3Files
from huitou.platform.keys import MEMBER_SHARDS
from huitou.platform.pauses import pause
from huitou.platform.settings import Settings
from huitou.platform.state_machines import RebuildStates
from huitou.platform.table import Table
from huitou.program.store import TableVersions
from huitou.rebuilding.service import Rebuilds
from huitou.rebuilding.store import TableRebuilds


def rebuilds_on(program: Table, settings: Settings, bucket: str, state_machine: str) -> Rebuilds:
    """Once for each start of a function."""
    return Rebuilds(
        rebuilds=TableRebuilds(program),
        versions=TableVersions(program),
        files=S3Files(bucket, settings.region, settings.endpoint),
        states=RebuildStates(state_machine, settings.region, settings.endpoint),
        shards=MEMBER_SHARDS,
        commit=program.commit,
        pause=pause,
    )
