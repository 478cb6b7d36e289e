"""The first state of a rebuild: looks at the members of one shard; many run at once."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import Any

from huitou.kernel.ids import MemberId, parse_digest
from huitou.kernel.instants import to_instant
from huitou.members.store import TableMemberIndex
from huitou.platform.observability import Observer
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.rebuilding.store import rebuilds_in
from huitou.rebuilding.working import Rebuilding
from huitou.segment_composition import segments_on


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
observer = Observer("rebuild_members")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what started the rebuild, ``chunk`` one part of its manifest."""
    del context
    rebuild_id, number = parse_digest(event["run"]["rebuild_id"]), event["chunk"]["part"]
    part = _rebuilding().rebuild(rebuild_id, number)
    observer.log("rebuilt", {"rebuild_id": rebuild_id})
    return {"part": number, "done": part.done}


def _rebuilding() -> Rebuilding:
    """Anew for each part: what an earlier one has read of the programme may be older than the publication."""
    return Rebuilding(
        rebuilds=rebuilds_in(program),
        index=TableMemberIndex(members),
        standings=segments_on(members, program, ProgramReader(TableVersions(program), monotonic)),
        commit=program.commit,
        clock=lambda: to_instant(datetime.now(UTC)),
        failed=_failed,
    )


def _failed(member: MemberId, error: Exception) -> None:
    observer.log_failure("not looked at", error, {"member": member})
