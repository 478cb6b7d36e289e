"""The first state of a campaign's result: adds up the members of one shard; many run at once."""

from __future__ import annotations

from time import monotonic
from typing import Any

from huitou.campaigns.draw_store import TableDraws
from huitou.campaigns.store import TableJourneys
from huitou.kernel.ids import MemberId, parse_digest
from huitou.members.store import TableMemberIndex
from huitou.outbox.store import TableOutbox
from huitou.outcomes.store import results_in
from huitou.outcomes.working import Reckoning
from huitou.platform.observability import Observer
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.program.service import ProgramReader
from huitou.program.speech import speech_in
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates, TablePurchases
from huitou.rewards.store import TableCoupons


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
observer = Observer("measure_campaign")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what started the result, ``chunk`` one part of its manifest."""
    del context
    result_id, number = parse_digest(event["run"]["result_id"]), event["chunk"]["part"]
    part = reckoning.reckon(result_id, number)
    observer.log("added up", {"result_id": result_id})
    return {"part": number, "done": part.done}


def _failed(member: MemberId, error: Exception) -> None:
    observer.log_failure("not added up", error, {"member": member})


reckoning = Reckoning(
    results=results_in(program),
    index=TableMemberIndex(members),
    states=TableMemberStates(members),
    journeys=TableJourneys(members),
    outbox=TableOutbox(members),
    coupons=TableCoupons(members),
    purchases=TablePurchases(members),
    draws=TableDraws(members),
    programs=programs,
    speech=speech_in(programs),
    commit=program.commit,
    failed=_failed,
)
