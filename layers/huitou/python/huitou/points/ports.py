"""What the use cases of points need from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page
from huitou.points.commands import PointsCommand
from huitou.points.decisions import Decision
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import CurrencyId


class WalletStore(Protocol):
    """Keeps wallets and their entries. Reads are consistent."""

    def load(self, member: MemberId, currency: CurrencyId) -> Wallet | None:
        """One wallet; None where the member never had this currency (of the home currency: no such member)."""
        ...

    def load_all(self, member: MemberId) -> Mapping[CurrencyId, Wallet]:
        """All wallets of a member, in one read; empty: no such member."""
        ...

    def save(self, before: Wallet, decision: Decision, *, wake_at: datetime | None = None) -> list[Write]:
        """The writes that carry out ``decision``; refused with `StaleReadError` if ``before`` is not the latest.

        The clock looks at the wallet when it falls due next, or at ``wake_at``, for who goes on with it till then.
        """
        ...

    def as_saved(self, before: Wallet, decision: Decision) -> Wallet:
        """The wallet as `save` leaves it: for who goes on with it without reading it again."""
        ...

    def create(self, wallet: Wallet) -> Write:
        """Stores the wallet that enrolment opens (version 0) as version 1: by it, the member is listed among all.

        Refused with `StaleReadError` where there is one.
        """
        ...

    def entry(self, member: MemberId, currency: CurrencyId, version: int) -> Entry | None:
        """One entry."""
        ...

    def entries(
        self,
        member: MemberId,
        currency: CurrencyId,
        *,
        after: str | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> Page[Entry]:
        """A page of entries in the order of their versions."""
        ...


class CommandStore(Protocol):
    """Keeps commands on points."""

    def find(self, command: Digest) -> PointsCommand | None: ...

    def add(self, command: PointsCommand) -> Write:
        """Refused with `StaleReadError` if the id is taken: read again and find out by what."""
        ...

    def mark_reversed(self, command: PointsCommand, version: int, survivor: MemberId | None = None) -> Write:
        """Notes the entry that reversed it, in the ``survivor``'s wallet where there is one (E15).

        Refused with `StaleReadError` if it was reversed meanwhile.
        """
        ...

    def mark_ended(self, hold: PointsCommand, version: int, survivor: MemberId | None = None) -> Write:
        """As `mark_reversed`, of the entry that captured or released a hold; refused if it has ended so."""
        ...
