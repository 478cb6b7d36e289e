"""The first state of a count, of a segment or a campaign: asks the members of one shard; many run at once."""

from __future__ import annotations

from time import monotonic
from typing import Any

from huitou.counts.audience import Audience
from huitou.counts.model import Counted
from huitou.counts.store import counts_in
from huitou.counts.working import Counting, in_segment
from huitou.insights.service import InsightsReader
from huitou.insights.store import TableFindings
from huitou.kernel.ids import MemberId, parse_digest
from huitou.members.identity import IdentityHasher
from huitou.members.store import TableMemberIndex, TableMembers
from huitou.messages.recipients import Recipients
from huitou.outbox.store import TableOutbox
from huitou.platform.observability import Observer
from huitou.platform.secrets import Secret
from huitou.platform.settings import AddressSecret, MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.pressure.store import TablePressure
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions
from huitou.purchases.store import TableMemberStates
from huitou.segment_composition import judged_on
from huitou.suppressions.service import Suppressions
from huitou.suppressions.store import TableSuppressions


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable
    address_secret: AddressSecret


settings = load(Needs)
observer = Observer("count_members")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
programs = ProgramReader(TableVersions(program), monotonic)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what started the count, ``chunk`` one part of its manifest."""
    del context
    count_id, number = parse_digest(event["run"]["count_id"]), event["chunk"]["part"]
    part = counting.count(count_id, number)
    observer.log("counted", {"count_id": count_id})
    return {"part": number, "done": part.done}


def _failed(member: MemberId, error: Exception) -> None:
    observer.log_failure("not asked", error, {"member": member})


audience = Audience(
    profiles=TableMembers(members),
    recipients=Recipients(TableMembers(members), TableMemberStates(members), programs),
    outbox=TableOutbox(members),
    pressure=TablePressure(members),
    suppressions=Suppressions(
        TableSuppressions(members),
        IdentityHasher(Secret(settings.address_secret, settings.region, settings.endpoint).text),
    ),
)
counting = Counting(
    counts=counts_in(program),
    index=TableMemberIndex(members),
    states=TableMemberStates(members),
    judges=judged_on(members, program, programs),
    insights=InsightsReader(TableFindings(program), monotonic),
    programs=programs,
    questions={Counted.SEGMENT: in_segment, Counted.CAMPAIGN: audience},
    commit=program.commit,
    failed=_failed,
)
