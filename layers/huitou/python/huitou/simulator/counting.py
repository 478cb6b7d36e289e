"""Ledgers of a past that is replayed: points move as ever, and what the entries would say is counted at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from huitou.points.ledger import Ledger
from huitou.points.wallet import BUDGET, EntryType, LotChange, RuleOutcome, Wallet
from huitou.program.model import Program
from huitou.simulator.account import Account


class CountedLedger(Ledger):
    """A `Ledger` that writes no entries, which nobody would read: it adds to ``account`` what they come to."""

    def __init__(self, wallet: Wallet, program: Program, now: datetime, account: Account) -> None:
        super().__init__(wallet, program, now)
        self._account = account
        self._sums = {
            EntryType.EARN: (account.issued, 1),
            EntryType.ADJUST: (account.issued, 1),
            EntryType.EXPIRE: (account.expired, -1),
            EntryType.REDEEM: (account.redeemed, -1),
        }

    def _counts(self, kind: EntryType, changes: Sequence[LotChange], outcomes: Sequence[RuleOutcome]) -> bool:
        if kind in self._sums:
            counted, sign = self._sums[kind]
            for amount, lot in changes:
                counted[self.currency.id, lot.issuer] += sign * amount
        account = self._account
        for rule, _, points, _, _, cut, cut_by in outcomes:
            if points:
                account.times[rule] += 1
                account.points[rule] += points
            if cut_by == BUDGET:
                account.short[rule] += cut
        return True
