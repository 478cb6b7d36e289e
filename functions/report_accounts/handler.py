"""The last state of a report of account: sums up the shards."""

from __future__ import annotations

from huitou.accounts.counting import Summing
from huitou.accounts.store import TableAccounts
from huitou.platform.settings import ProgramTable, Settings, load
from huitou.platform.state_machines import last_state
from huitou.platform.table import Table


class Needs(Settings):
    """What this function is told by its environment."""

    program_table: ProgramTable


settings = load(Needs)
program = Table(settings.program_table, settings.region, settings.endpoint)

handler = last_state("report_accounts", "account_id", Summing(TableAccounts(program), program.commit).sum_up)
