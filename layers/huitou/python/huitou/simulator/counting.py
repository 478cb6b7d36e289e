"""Ledgers of a past that is replayed: points move as ever, and what the entries would say is counted at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from huitou.points.ledger import Ledger
from huitou.points.wallet import BUDGET, Cause, EntryType, LotChange, RuleOutcome, Wallet
from huitou.program.model import BrandId, Program
from huitou.simulator.account import Account


class CountedLedger(Ledger):
    """A `Ledger` that writes no entries, which nobody would read: it adds to ``account`` what they come to."""

    def __init__(self, wallet: Wallet, program: Program, now: datetime, account: Account) -> None:
        super().__init__(wallet, program, now)
        self._account = account
        self._sums = {
            EntryType.EARN: (account.issued, 1),
            EntryType.EXPIRE: (account.expired, -1),
            EntryType.REDEEM: (account.redeemed, -1),
        }

    def book(
        self,
        kind: EntryType,
        changes: Sequence[LotChange],
        cause: Cause,
        brand: BrandId,
        *,
        effective_at: datetime | None = None,
        outcomes: tuple[RuleOutcome, ...] = (),
        debt: int = 0,
        about: str | None = None,
        last_activity: datetime | None = None,
        **_: Any,
    ) -> None:
        """Changes the wallet as ever."""
        del cause
        self._change(kind, changes, effective_at or self.now, last_activity)
        self._owe(about or "", brand, debt)
        if kind in self._sums:
            points, sign = self._sums[kind]
            for amount, lot in changes:
                points[self.currency.id, lot.issuer] += sign * amount
        for outcome in outcomes:
            self._count_rule(outcome)

    def _count_rule(self, outcome: RuleOutcome) -> None:
        account = self._account
        if outcome.points:
            account.times[outcome.rule] += 1
            account.points[outcome.rule] += outcome.points
        if outcome.cut_by == BUDGET:
            account.short[outcome.rule] += outcome.cut
