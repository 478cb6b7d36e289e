"""The first state of a report of account: counts the members of one part; many run at once."""

from __future__ import annotations

from time import monotonic
from typing import Any

from huitou.accounts.counting import Counting
from huitou.accounts.store import TableAccounts
from huitou.kernel.ids import parse_digest
from huitou.members.store import TableMemberIndex
from huitou.platform.observability import Observer
from huitou.platform.settings import MembersTable, ProgramTable, Settings, load
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from huitou.program.service import ProgramReader
from huitou.program.store import TableVersions


class Needs(Settings):
    """What this function is told by its environment."""

    members_table: MembersTable
    program_table: ProgramTable


settings = load(Needs)
observer = Observer("count_accounts")
members = Table(settings.members_table, settings.region, settings.endpoint)
program = Table(settings.program_table, settings.region, settings.endpoint)
counting = Counting(
    TableAccounts(program),
    TableMemberIndex(members),
    TableWallets(members),
    ProgramReader(TableVersions(program), monotonic),
    program.commit,
)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``run`` is what started the report, ``chunk`` one part of its manifest."""
    del context
    account_id, number = parse_digest(event["run"]["account_id"]), event["chunk"]["part"]
    counting.count(account_id, number)
    observer.log("counted", {"account_id": account_id})
    return {"part": number}
