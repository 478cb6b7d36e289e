"""What all use cases of purchases stand on: a member's wallets and standing, read, decided and written together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from huitou.purchases.absorbed import share_of_sale
from huitou.purchases.decisions import Sale
from huitou.purchases.drawing import decide_drawn_sale
from huitou.purchases.model import Purchase
from huitou.purchases.ports import MemberSegments, MemberState, MemberStates, PurchaseStore, RefundStore
from huitou.purchases.standing import personal, segments_seen, taken_in
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
        segments: MemberSegments,
    ) -> None:
        self._purchases = purchases
        self._wallets = wallets
        self._budgets = budgets
        self._states = states
        self._standings = standings
        self._refunds = refunds
        self._segments = segments
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
        member, absorbed = self._way_of(member, program)
        state, home, at = self._member_at(member, purchase.brand, program, now)
        wallets, record = state.wallets, state.record
        segments = segments_seen(member.id, state, program, purchase, self._segments)
        drawing = Drawing(self._budgets, self._commit, self._programs.active(), member.id)
        drawing.put_back(returned)
        joined = {**wallets, program.home_currency: home}
        person = personal(home, record, self._timeline, program, purchase.occurred_at, segments=segments)
        own = absorbed[0].wallets if absorbed else None
        if absorbed:
            purchase = replace(purchase, survivor=member.id)
        sale = decide_drawn_sale(purchase, member.named, joined, program, at, drawing=drawing, person=person, own=own)
        drawing.take(sale.purchase.grants)
        decisions, folded = self._folded(sale.decisions, record, program, now)
        writes = [*self._saved(wallets, decisions), *folded, *drawing.writes()]
        for state in absorbed:
            writes += self._shared(share_of_sale(sale.purchase, state.wallets, program, at), state, program, now)
        return sale, writes

    def _way_of(self, member: FoundMember, program: Program) -> tuple[FoundMember, Sequence[MemberState]]:
        """E15: who goes on with what is done with the identity, and those who were merged on the way to them.

        The first is whose identity it is. Nobody, and not one read, where that is the member's own.
        """
        absorbed: list[MemberState] = []
        goes_on = member.named
        while goes_on != member.id:
            state = self._states.load(goes_on)
            moved_to = state.wallets[program.home_currency].moved_to
            if moved_to is None:
                break
            absorbed.append(state)
            goes_on = moved_to
        return replace(member, id=goes_on), absorbed

    def _shared(
        self, decisions: Mapping[CurrencyId, Decision], state: MemberState, program: Program, now: datetime
    ) -> list[Write]:
        """What somebody who was merged keeps of it: `huitou.purchases.absorbed`."""
        decisions, folded = self._folded(decisions, state.record, program, now)
        return [*self._saved(state.wallets, decisions), *folded]

    def _member_at(
        self, member: FoundMember, brand: BrandId, program: Program, now: datetime
    ) -> tuple[MemberState, Wallet, datetime]:
        """What is stored of the member, the home wallet after a use at ``brand``, and when to decide."""
        state = self._states.load(member.id)
        wallets = state.wallets
        home = joined_by_use(wallets.get(program.home_currency), brand, member.presented, program, now)
        at = max(wallet.not_before(now) for wallet in wallets.values())
        work_off(wallets.values(), self._wallets, self._commit, self._programs.active(), at)
        return state, home, at

    def _saved(self, stored: Mapping[CurrencyId, Wallet], decisions: Mapping[CurrencyId, Decision]) -> list[Write]:
        """``stored`` as they were read: a wallet that is not among them is opened by its decision."""
        return [
            write
            for currency, decision in decisions.items()
            for write in self._wallets.save(stored.get(currency) or _unopened(decision.wallet), decision)
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
            entry = purchase.booked_for and self._wallets.entry(purchase.booked_for, currency, version)
            if not entry:
                raise StaleReadError("The purchase is being written just now.")
            yield entry


def _unopened(wallet: Wallet) -> Wallet:
    return open_wallet(wallet.member, wallet.currency, wallet.recorded_at)


def booked(decisions: Mapping[CurrencyId, Decision]) -> tuple[Entry, ...]:
    """All entries that were written, of all wallets."""
    return tuple(entry for decision in decisions.values() for entry in decision.entries)
