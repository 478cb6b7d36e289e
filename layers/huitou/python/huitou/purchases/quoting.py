"""What a basket would earn, and how many points could pay for it: asked at a till, before anybody pays.

It is decided as the sale itself will be, and nothing is written: no member joins a brand, no budget is split.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from huitou.kernel.ids import MemberId
from huitou.members.directory import FoundMember
from huitou.points.budgets import Left, budget_of, is_current, split
from huitou.points.granting import BudgetStore
from huitou.points.membership import joined_by_use
from huitou.points.paying import Payable, payable
from huitou.points.ports import CommandStore, WalletStore
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import CurrencyId, Program
from huitou.program.ports import Programs
from huitou.program.rules import EarningRule
from huitou.purchases.decisions import decide_sale
from huitou.purchases.held import hold_for
from huitou.purchases.model import Purchase
from huitou.purchases.paying import priced
from huitou.purchases.ports import MemberSegments, MemberStates
from huitou.purchases.standing import STRANGER, Personal, personal, segments_seen
from huitou.standing.timeline import ProgramTimeline

NOBODY = MemberId("")
"""Who buys where no member is named: somebody new, without points or tier."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sale as it would be, under ``program``. ``payable`` are the points that the bill takes at the brand."""

    purchase: Purchase
    member: MemberId | None
    entries: tuple[Entry, ...]
    payable: tuple[Payable, ...]
    program: Program


class Quotes:
    """The use case."""

    def __init__(
        self,
        states: MemberStates,
        wallets: WalletStore,
        commands: CommandStore,
        budgets: BudgetStore,
        programs: Programs,
        *,
        segments: MemberSegments,
    ) -> None:
        self._states = states
        self._wallets = wallets
        self._commands = commands
        self._budgets = budgets
        self._programs = programs
        self._segments = segments
        self._timeline = ProgramTimeline(programs)

    def quote(self, basket: Purchase, member: FoundMember | None, now: datetime) -> Quote:
        """What a sale of ``basket`` would come to now.

        Raises `MemberNotFoundError`; where points are to pay, what `Purchases.record` raises for them.
        """
        program = self._programs.active()
        purchase = replace(basket, program_version=program.version, paid=priced(basket, program))
        wallets, person, at = self._known(purchase, member, program, now)
        buyer = member.id if member else NOBODY
        hold_for(purchase, buyer, self._commands, self._wallets, now, home=program.home_currency)
        sale = decide_sale(purchase, buyer, wallets, program, at, person=person)
        if sale.budgets:
            left = {rule.id: self._left(rule, program) for rule in program.earning if rule.id in sale.budgets}
            sale = decide_sale(purchase, buyer, wallets, program, at, left=left, person=person)
        points = tuple(_payable(purchase, wallets if member else None, program, at))
        return Quote(sale.purchase, member.id if member else None, sale.entries, points, program)

    def _known(
        self, purchase: Purchase, member: FoundMember | None, program: Program, now: datetime
    ) -> tuple[Mapping[CurrencyId, Wallet], Personal, datetime]:
        if member is None:
            return {}, STRANGER, now
        state = self._states.load(member.id)
        wallets, record, _ = state
        home = joined_by_use(wallets.get(program.home_currency), purchase.brand, member.presented, program, now)
        at = max(wallet.not_before(now) for wallet in wallets.values())
        segments = segments_seen(member.id, state, program, purchase, self._segments)
        person = personal(home, record, self._timeline, program, purchase.occurred_at, segments=segments)
        return {**wallets, program.home_currency: home}, person, at

    def _left(self, rule: EarningRule, program: Program) -> Left:
        """What the budget of ``rule`` has left, as it will be split where it is not yet."""
        whole = rule.budget or 0
        shards = self._budgets.shards(budget_of(rule))
        if not is_current(shards, whole, program.version):
            shards = split(shards, whole, program.version)
        return {shard.number: shard.left for shard in shards if shard.left > 0}


def _payable(
    purchase: Purchase, wallets: Mapping[CurrencyId, Wallet] | None, program: Program, at: datetime
) -> Iterable[Payable]:
    """For each kind of points that is worth money at the brand; none can be used while points are owed (E1)."""
    for (brand, currency), terms in program.money_off.items():
        if brand != purchase.brand:
            continue
        spendable = None
        if wallets is not None:
            wallet = wallets.get(currency)
            balance = wallet.balance(at) if wallet else None
            spendable = balance.spendable if balance and not balance.debt else 0
        yield payable(terms, purchase.total, spendable)
