"""One member's past, lived again under a programme, by the decisions that production takes.

Nothing is decided here: sales go through `huitou.purchases.drawing`, points through `huitou.points.decisions`, tiers
through `huitou.standing`. The programme counts as if it had always held. Entries are made, counted and forgotten.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from huitou.points.decisions import Command, Earn, KeepAlive, Redeem, carry_out, follows, join
from huitou.points.granting import Drawing
from huitou.points.ledger import Ledger
from huitou.points.wallet import BUDGET, Cause, EntryType, RuleOutcome, open_wallet
from huitou.program.model import BrandId, CurrencyId, Program
from huitou.program.rules import RuleId
from huitou.program.tiers import TierId
from huitou.purchases.decisions import grants_of, seen_by, sold
from huitou.purchases.drawing import drawn_worth
from huitou.purchases.model import Purchase
from huitou.purchases.standing import known_of, personal_of, taken_in
from huitou.simulator.history import History, Spending
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.standing.keeping import Timeline, stand
from huitou.standing.model import Record, Regime

BEGINNING = datetime.min.replace(tzinfo=UTC)
PAST = Cause("redemption", "past")
MOST_WAITING = 32
"""Facts that a member's standing takes in at once: more than those that an item of the table has room for."""

Issue = tuple[CurrencyId, BrandId]
"""Points are told apart by their currency and by who gave them."""


@dataclass(slots=True)
class Account:
    """What became of a member. Points are in smallest units and never negative.

    What was issued is redeemed, expired, or open.
    """

    sales: int = 0
    unknown: int = 0
    """Sales at stores and brands that the programme does not have: they count for nothing."""
    unspent: int = 0
    """Points that were used in the past and are not there now."""
    issued: Counter[Issue] = field(default_factory=Counter)
    redeemed: Counter[Issue] = field(default_factory=Counter)
    expired: Counter[Issue] = field(default_factory=Counter)
    open: Counter[Issue] = field(default_factory=Counter)
    times: Counter[RuleId] = field(default_factory=Counter)
    """How many sales each rule paid for."""
    points: Counter[RuleId] = field(default_factory=Counter)
    """What each rule paid."""
    short: Counter[RuleId] = field(default_factory=Counter)
    """What each rule did not pay because its budget was used up."""
    tier: TierId | None = None
    """At the end."""
    ups: int = 0
    downs: int = 0


class Replayer:
    """Replays members one after the other, each to ``until``. Budgets are shared, and given out in that order (E12)."""

    def __init__(self, program: Program, until: datetime) -> None:
        self._program = program
        self._until = until
        self._table = MemoryTable()
        self._budgets = MemoryBudgets(self._table)
        self._regimes = [Regime(program.version, BEGINNING, program.tiers, program.zone)]

    def replay(self, history: History) -> Account:
        """What becomes of the member; what falls due by the end is booked. A sale is later than a use before it."""
        drawing = Drawing(self._budgets, self._table.commit, self._program, history.member)
        life = _Life(history, self._program, drawing, lambda _: self._regimes)
        spendings = deque(history.spendings)
        for purchase in history.purchases:
            while spendings and spendings[0].at <= purchase.occurred_at:
                life.spend(spendings.popleft())
            life.buy(purchase)
        for spending in spendings:
            life.spend(spending)
        self._table.commit(drawing.writes())
        return life.ended(self._until)


class _Life:
    """A member in the making.

    ``_home`` is what the home wallet knows of the member beside points. These are in ledgers, which go on from one
    booking to the next.
    """

    def __init__(self, history: History, program: Program, drawing: Drawing, timeline: Timeline) -> None:
        born = history.birthday
        self._program = program
        self._drawing = drawing
        self._timeline = timeline
        self._home = open_wallet(history.member, program.home_currency, history.enrolled_at)
        self._ledgers = {program.home_currency: Ledger(self._home, program, history.enrolled_at)}
        self._record = Record(history.member, birthday=(born.month, born.day) if born else None)
        self._account = account = Account()
        self._sums = {
            EntryType.EARN: (account.issued, 1),
            EntryType.EXPIRE: (account.expired, -1),
            EntryType.REDEEM: (account.redeemed, -1),
        }

    def buy(self, purchase: Purchase) -> None:
        """Decides the sale as it is decided when a till sends it at once."""
        program, brand, at = self._program, purchase.brand, purchase.occurred_at
        if brand not in program.brands or (purchase.store and purchase.store not in program.stores):
            self._account.unknown += 1
            return
        self._home = join(self._home, brand, at)
        standing = stand(known_of(self._home, self._record), self._timeline, at) if program.tiers else None
        person = personal_of(standing, self._record, program, at)
        counters = [ledger.counters for ledger in self._ledgers.values()]
        seen = seen_by(purchase, self._home.bought, counters, program, person=person)
        worth, left = drawn_worth(purchase, program, seen, self._drawing, explained=False)
        self._drawing.take(grants_of(worth, left, program))
        self._account.sales += 1
        cause = Cause("purchase", purchase.receipt)
        for currency, earning in worth.earned.items():
            self._book(currency, Earn(earning, brand, at, cause), at)
        for currency, ledger in self._ledgers.items():
            if currency not in worth.earned and ledger.slides and follows(currency, brand, program):
                self._book(currency, KeepAlive(brand, at, cause), at)
        home = sold(self._home, purchase, worth.earned[program.home_currency].points)
        is_known = standing is None or standing is self._record.reached
        most = MOST_WAITING if is_known else 0  # or it would be worked out again for the next sale
        self._home, self._record = taken_in(home, self._record, self._timeline, program, at, most=most)

    def spend(self, spending: Spending) -> None:
        """Uses as many of the points as are there."""
        ledger = self._ledgers.get(spending.currency)
        if ledger is not None:
            ledger.go_on(spending.at)
        points = min(spending.points, ledger.balance().spendable) if ledger else 0
        self._account.unspent += spending.points - points
        if points:
            self._book(spending.currency, Redeem(points, spending.brand, PAST), spending.at)

    def ended(self, until: datetime) -> Account:
        account = self._account
        for currency, ledger in self._ledgers.items():
            ledger.go_on(until)
            ledger.settle()
            self._count_all(ledger)
            for lot in ledger.lots.values():
                account.open[currency, lot.issuer] += lot.remaining
        if self._program.tiers is not None:
            standing = stand(known_of(self._home, self._record), self._timeline, until)
            ranks = [self._program.tiers.rank(interval.tier or "") for interval in standing.intervals]
            account.tier = standing.intervals[-1].tier
            account.ups = sum(before < after for before, after in pairwise(ranks))
            account.downs = sum(before > after for before, after in pairwise(ranks))
        return account

    def _book(self, currency: CurrencyId, command: Command, at: datetime) -> None:
        ledger = self._ledgers.get(currency)
        if ledger is None:
            ledger = self._ledgers[currency] = Ledger(open_wallet(self._home.member, currency, at), self._program, at)
        ledger.go_on(at)
        carry_out(command, ledger)
        self._count_all(ledger)

    def _count_all(self, ledger: Ledger) -> None:
        for entry in ledger.drain():
            if entry.type in self._sums:
                points, sign = self._sums[entry.type]
                for amount, lot in entry.changes:
                    points[entry.currency, lot.issuer] += sign * amount
            for outcome in entry.explanation:
                self._count_rule(outcome)

    def _count_rule(self, outcome: RuleOutcome) -> None:
        account = self._account
        if outcome.points:
            account.times[outcome.rule] += 1
            account.points[outcome.rule] += outcome.points
        if outcome.cut_by == BUDGET:
            account.short[outcome.rule] += outcome.cut
