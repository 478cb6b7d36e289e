"""The first state of a simulation: replays the members of one part under both programmes; many run at once."""

from __future__ import annotations

from time import monotonic
from typing import Any

from huitou.insights.service import InsightsReader
from huitou.insights.store import TableFindings
from huitou.kernel.ids import parse_digest
from huitou.members.store import TableMemberIndex, TableMembers
from huitou.platform.files import S3Files
from huitou.platform.observability import Observer
from huitou.platform.settings import ImportBucket, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.purchases.store import TableMemberStates
from huitou.segments.store import TableDeeds
from huitou.simulator.past import Archive
from huitou.simulator.store import TableSimulations
from huitou.simulator.working import Replaying


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    import_bucket: ImportBucket


settings = load(Needs)
observer = Observer("replay_members")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
replaying = Replaying(
    TableSimulations(program),
    S3Files(settings.import_bucket, settings.region, settings.endpoint),
    Archive(
        index=TableMemberIndex(members),
        states=TableMemberStates(members),
        profiles=TableMembers(members),
        deeds=TableDeeds(members),
        ledgers=TableWallets(members),
    ),
    InsightsReader(TableFindings(program), monotonic),
    program.commit,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what started the simulation, ``chunk`` one part of its manifest."""
    del context
    simulation_id, chunk = parse_digest(event["run"]["simulation_id"]), event["chunk"]
    replaying.replay(simulation_id, chunk["part"], chunk["shards"])
    observer.log("replayed", {"simulation_id": simulation_id})
    return {"part": chunk["part"]}
