"""What the use cases of accounts need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from huitou.accounts.model import Account, Month, Tally
from huitou.accounts.statements import ClosedMonth
from huitou.jobs.ports import JobStore
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import CurrencyId


class Ledgers(Protocol):
    """Where wallets and their entries are read: `points.ports.WalletStore`, as far as accounts ask."""

    def load_all(self, member: MemberId) -> Mapping[CurrencyId, Wallet]: ...

    def entries(self, member: MemberId, currency: CurrencyId, *, after: str | None = None) -> Page[Entry]: ...


class AccountStore(JobStore[Account], Protocol):
    """Keeps reports, the sums of their parts, and closed months. Reads are consistent."""

    def save_report(self, account: Digest, report: Tally) -> Write:
        """What it came to; goes along with its end."""
        ...

    def report(self, account: Digest) -> Tally | None:
        """What it came to; of a settlement, the lines of the statement."""
        ...

    def save_part(self, account: Digest, number: int, counted: Tally) -> Write:
        """What the members of a part come to; counting it again says it again."""
        ...

    def parts(self, account: Digest) -> Sequence[Tally]:
        """What has been counted so far."""
        ...

    def last_closed(self) -> Month | None:
        """The latest closed month."""
        ...

    def closed(self) -> Sequence[ClosedMonth]:
        """All closed months, in order."""
        ...

    def closed_month(self, month: Month) -> ClosedMonth | None: ...

    def close(self, closed: ClosedMonth, audit: AuditEntry) -> list[Write]:
        """Makes a month final; refused with `StaleReadError` unless ``closed.after`` is the latest closed one."""
        ...
