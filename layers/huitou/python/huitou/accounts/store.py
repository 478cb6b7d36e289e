"""Reports and closed months in the program table; who there is, by the members index."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from huitou.accounts.model import Account, AccountType, Month, Tally
from huitou.accounts.packing import pack, unpack
from huitou.accounts.statements import ClosedMonth, statement_from, tally_of
from huitou.jobs.store import JobItem, TableJobs
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import all_items
from huitou.platform import keys, program_keys
from huitou.platform.attributes import ChoiceAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.audit import audit_write
from huitou.platform.table import Item, Table


class AccountItem(JobItem):
    """A report that was asked for."""

    type = ChoiceAttribute(AccountType)
    at = InstantAttribute()
    program_version = IntegerAttribute()
    month = UnicodeAttribute(null=True)
    client_reference = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)


class SumsItem(Item):
    """What a part, or a whole report, comes to."""

    sums = BinaryAttribute(legacy_encoding=False)


class ClosedMonthItem(Item):
    """A statement that is final."""

    lines = BinaryAttribute(legacy_encoding=False)
    after = UnicodeAttribute(null=True)
    account = UnicodeAttribute()
    closed_at = UnicodeAttribute()
    closed_by = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)


class LastClosedItem(Item):
    """The latest closed month: months are closed one after the other."""

    month = UnicodeAttribute()


class TableAccounts(TableJobs[Account]):
    """`AccountStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, Account, AccountItem, program_keys.account)

    def save_report(self, account: Digest, report: Tally) -> Write:
        item = SumsItem(*program_keys.account_report(account), sums=pack(report))
        return self._table.put(item, refused=StaleReadError("Another worker sums up the same report."))

    def report(self, account: Digest) -> Tally | None:
        item = self._table.get(SumsItem, *program_keys.account_report(account))
        return unpack(item.sums) if item else None

    def save_part(self, account: Digest, number: int, counted: Tally) -> Write:
        item = SumsItem(*program_keys.job_part(program_keys.account(account), number), sums=pack(counted))
        return self._table.put(item, refused=StaleReadError("Another worker counts the same part."))

    def parts(self, account: Digest) -> Sequence[Tally]:
        pk, _ = program_keys.account(account)
        items = all_items(lambda after: self._table.query(SumsItem, pk, prefix=keys.PART_PREFIX, after=after))
        return [unpack(item.sums) for item in items]

    def last_closed(self) -> Month | None:
        item = self._table.get(LastClosedItem, *program_keys.last_closed_month())
        return item.month if item else None

    def closed(self) -> Sequence[ClosedMonth]:
        items = all_items(
            lambda after: self._table.query(
                ClosedMonthItem, program_keys.SETTLEMENTS, prefix=program_keys.MONTH_PREFIX, after=after
            )
        )
        return [_closed(item) for item in items]

    def closed_month(self, month: Month) -> ClosedMonth | None:
        item = self._table.get(ClosedMonthItem, *program_keys.closed_month(month))
        return _closed(item) if item else None

    def close(self, closed: ClosedMonth, audit: AuditEntry) -> list[Write]:
        stale = StaleReadError("Another month was closed meanwhile.")
        item = ClosedMonthItem(
            *program_keys.closed_month(closed.statement.month),
            lines=pack(tally_of(closed.statement)),
            after=closed.after,
            account=closed.account,
            closed_at=format_instant(closed.closed_at),
            closed_by=closed.closed_by,
            reason=closed.reason,
        )
        last = LastClosedItem(*program_keys.last_closed_month(), month=closed.statement.month)
        unmoved = LastClosedItem.month == closed.after if closed.after else LastClosedItem.pk.does_not_exist()
        return [
            self._table.put(item, condition=ClosedMonthItem.pk.does_not_exist(), refused=stale),
            self._table.put(last, condition=unmoved, refused=stale),
            audit_write(self._table, audit),
        ]


def _closed(item: ClosedMonthItem) -> ClosedMonth:
    month = item.sk.removeprefix(program_keys.MONTH_PREFIX)
    return ClosedMonth(
        statement=statement_from(month, unpack(item.lines)),
        after=item.after,
        account=Digest(item.account),
        closed_at=parse_instant(item.closed_at),
        closed_by=item.closed_by,
        reason=item.reason,
    )
