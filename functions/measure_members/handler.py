"""The second state of a run of insights: measures the members of one part; many run at once."""

from __future__ import annotations

from time import monotonic
from typing import Any

from huitou.insights.measuring import Measuring
from huitou.insights.packing import run_in
from huitou.members.store import TableMemberIndex
from huitou.platform.files import S3Files
from huitou.platform.observability import Observer
from huitou.platform.settings import ImportBucket, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates, TablePurchases


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    import_bucket: ImportBucket


settings = load(Needs)
observer = Observer("measure_members")
members = Table(settings.members_table, settings.region, settings.endpoint)
measuring = Measuring(
    index=TableMemberIndex(members),
    states=TableMemberStates(members),
    purchases=TablePurchases(members),
    programs=ProgramReader(TableVersions(Table(settings.program_table, settings.region, settings.endpoint)), monotonic),
    files=S3Files(settings.import_bucket, settings.region, settings.endpoint),
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what the first state returned, ``chunk`` one part of its manifest."""
    del context
    run, number = run_in(event["run"]), event["chunk"]["part"]
    count = measuring.measure(run, number)
    observer.log("measured", {"run_id": run.id})
    return {"part": number, "members": count}
