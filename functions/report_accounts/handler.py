"""The last state of a report of account: sums up the shards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huitou.accounts.counting import Summing
from huitou.accounts.store import TableAccounts
from huitou.kernel.ids import parse_digest
from huitou.kernel.instants import to_instant
from huitou.platform.observability import Observer
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.table import Table


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
observer = Observer("report_accounts")
program = Table(settings.program_table, settings.region, settings.endpoint)
summing = Summing(TableAccounts(program), program.commit)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """``event`` is what started the report; with ``error`` where a shard failed for good."""
    del context
    failed = "error" in event
    account = summing.sum_up(parse_digest(event["account_id"]), failed=failed, now=to_instant(datetime.now(UTC)))
    observer.log("reported", {"account_id": account.id})
    return {"account_id": account.id, "status": account.status.value}
