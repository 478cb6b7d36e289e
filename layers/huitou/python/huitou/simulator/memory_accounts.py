"""Reports, closed months and the list of members in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.accounts.model import Account, Month, Tally
from huitou.accounts.statements import ClosedMonth
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.platform import keys, program_keys
from huitou.simulator.memory import MemoryTable, absent, always
from huitou.simulator.memory_jobs import MemoryJobs


class MemoryAccounts(MemoryJobs[Account]):
    """`AccountStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        super().__init__(table, Account, program_keys.account)

    def save_report(self, account: Digest, report: Tally) -> Write:
        refused = StaleReadError("Another worker sums up the same report.")
        return self._table.put(*program_keys.account_report(account), report, refused=refused, when=always)

    def report(self, account: Digest) -> Tally | None:
        return self._table.get(Tally, *program_keys.account_report(account))

    def save_part(self, account: Digest, number: int, counted: Tally) -> Write:
        refused = StaleReadError("Another worker counts the same part.")
        return self._table.put(
            *program_keys.job_part(program_keys.account(account), number), counted, refused=refused, when=always
        )

    def parts(self, account: Digest) -> Sequence[Tally]:
        pk, _ = program_keys.account(account)
        return self._table.query(Tally, pk, prefix=keys.PART_PREFIX).items

    def last_closed(self) -> Month | None:
        return self._table.get(str, *program_keys.last_closed_month())

    def closed(self) -> Sequence[ClosedMonth]:
        return self._table.query(ClosedMonth, program_keys.SETTLEMENTS, prefix=program_keys.MONTH_PREFIX).items

    def closed_month(self, month: Month) -> ClosedMonth | None:
        return self._table.get(ClosedMonth, *program_keys.closed_month(month))

    def close(self, closed: ClosedMonth, audit: AuditEntry) -> list[Write]:
        stale, month = StaleReadError("Another month was closed meanwhile."), closed.statement.month
        return [
            self._table.put(*program_keys.closed_month(month), closed, refused=stale, when=absent),
            self._table.put(
                *program_keys.last_closed_month(), month, refused=stale, when=lambda last: last == closed.after
            ),
            self._table.put(*program_keys.audit(audit.at, audit.id), audit, refused=stale, when=absent),
        ]
