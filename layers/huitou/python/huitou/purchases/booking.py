"""What all use cases of purchases stand on: a member's wallets and standing, read, decided and written together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from huitou.kernel.commits import Commit, StaleReadError, Write
from huitou.members.directory import FoundMember
from huitou.points.backlog import work_off
from huitou.points.budgets import Grant
from huitou.points.decisions import Decision
from huitou.points.granting import BudgetStore, Drawing
from huitou.points.membership import joined_by_use
from huitou.points.ports import WalletStore
from huitou.points.wallet import Entry, Wallet, open_wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.ports import Programs
from huitou.purchases.decisions import Sale
from huitou.purchases.drawing import decide_drawn_sale
from huitou.purchases.model import Purchase
from huitou.purchases.ports import MemberStates, PurchaseStore, RefundStore
from huitou.purchases.standing import personal, taken_in
from huitou.standing.model import Record
from huitou.standing.ports import StandingStore
from huitou.standing.timeline import ProgramTimeline


class SaleBookings:
    """``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        purchases: PurchaseStore,
        wallets: WalletStore,
        programs: Programs,
        commit: Commit,
        pause: Callable[[int], None],
        *,
        budgets: BudgetStore,
        states: MemberStates,
        standings: StandingStore,
        refunds: RefundStore,
    ) -> None:
        self._purchases = purchases
        self._wallets = wallets
        self._budgets = budgets
        self._states = states
        self._standings = standings
        self._refunds = refunds
        self._timeline = ProgramTimeline(programs)
        self._programs = programs
        self._commit = commit
        self._pause = pause

    def _decided(
        self,
        purchase: Purchase,
        member: FoundMember,
        program: Program,
        now: datetime,
        *,
        returned: Iterable[Grant] = (),
    ) -> tuple[Sale, Iterable[Write]]:
        wallets, home, record, at = self._member_at(member, purchase.brand, program, now)
        drawing = Drawing(self._budgets, self._commit, self._programs.active(), member.id)
        drawing.put_back(returned)
        joined = {**wallets, program.home_currency: home}
        person = personal(home, record, self._timeline, program, purchase.occurred_at)
        sale = decide_drawn_sale(purchase, member.id, joined, program, at, drawing=drawing, person=person)
        drawing.take(sale.purchase.grants)
        decisions, folded = self._folded(sale.decisions, record, program, now)
        opened = {currency: open_wallet(member.id, currency, now) for currency in decisions}
        return sale, [*self._saved({**opened, **wallets}, decisions), *folded, *drawing.writes()]

    def _member_at(
        self, member: FoundMember, brand: BrandId, program: Program, now: datetime
    ) -> tuple[Mapping[CurrencyId, Wallet], Wallet, Record, datetime]:
        """All wallets as stored, the home wallet after a use at ``brand``, the standing, and when to decide."""
        wallets, record, _ = self._states.load(member.id)
        home = joined_by_use(wallets.get(program.home_currency), brand, member.presented, program, now)
        at = max(wallet.not_before(now) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, self._programs.active(), at)
        return wallets, home, record, at

    def _saved(self, stored: Mapping[CurrencyId, Wallet], decisions: Mapping[CurrencyId, Decision]) -> list[Write]:
        return [
            write
            for currency, decision in decisions.items()
            for write in self._wallets.save(stored[currency], decision)
        ]

    def _folded(
        self, decisions: Mapping[CurrencyId, Decision], record: Record, program: Program, now: datetime
    ) -> tuple[Mapping[CurrencyId, Decision], list[Write]]:
        """The decisions, and what the standing takes in of the home wallet's facts with them."""
        decision = decisions[program.home_currency]
        home, after = taken_in(decision.wallet, record, self._timeline, program, now)
        if after is record:
            return decisions, []
        folded = {**decisions, program.home_currency: replace(decision, wallet=home)}
        return folded, [self._standings.fold(record, after)]

    def _entries(self, purchase: Purchase) -> Iterable[Entry]:
        for currency, version, _ in purchase.entries:
            entry = purchase.member and self._wallets.entry(purchase.member, currency, version)
            if not entry:
                raise StaleReadError("The purchase is being written just now.")
            yield entry


def booked(decisions: Mapping[CurrencyId, Decision]) -> tuple[Entry, ...]:
    """All entries that were written, of all wallets."""
    return tuple(entry for decision in decisions.values() for entry in decision.entries)
