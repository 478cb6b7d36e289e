"""One member's past, lived again under a programme, by the decisions that production takes.

Nothing is decided here: sales go through `huitou.purchases.drawing`, points through `huitou.points.decisions`, tiers
through `huitou.standing`, segments through `huitou.segments`. The programme counts as if it had always held. What is
booked is counted, and no entry written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from huitou.kernel.facts import Fact
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import BEGINNING, MILLISECOND
from huitou.points.decisions import Command, Earn, KeepAlive, Redeem, carry_out, follows
from huitou.points.granting import Drawing
from huitou.points.wallet import Cause, Wallet, open_wallet
from huitou.program.model import BrandId, CurrencyId, Program, StoreId
from huitou.program.rules import SegmentId
from huitou.program.speech import Speech
from huitou.purchases.decisions import fact_of, grants_of, seen_by
from huitou.purchases.drawing import drawn_worth
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.standing import NONE, personal_of
from huitou.segments.facts import UNKNOWN, Deed, Insights
from huitou.segments.following import Follower
from huitou.segments.loading import deed_of_purchase, deed_of_visit
from huitou.simulator.account import Account
from huitou.simulator.counting import CountedLedger
from huitou.simulator.history import History, Spending
from huitou.simulator.membership import Life, Membership
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.standing.keeping import Timeline
from huitou.standing.model import Regime

if TYPE_CHECKING:
    from huitou.simulator.campaigning import Campaigning

BOUGHT, CAME, SPENT = (Cause(kind, "past") for kind in ("purchase", "event", "redemption"))
"""What a replay books is due to the like; to what exactly, nobody asks."""


class Replayer:
    """Replays members one after the other, each to ``until``. Budgets are shared, and given out in that order (E12).

    ``insights`` are what is known of all members together: now, as it is not kept what was known then. ``talk`` is how
    campaigns speak to members; None: not at all.
    """

    def __init__(
        self, program: Program, until: datetime, insights: Insights = UNKNOWN, talk: Talk | None = None
    ) -> None:
        self._program = program
        self._until = until
        self._insights = insights
        self._table = MemoryTable()
        self._budgets = MemoryBudgets(self._table)
        self._regimes = [Regime(program.version, BEGINNING, program.tiers, program.zone)]
        self._campaigning = _campaigning(program, talk, until) if talk and program.campaigns else None

    def replay(self, history: History) -> Account:
        """What becomes of the member; what falls due by the end is booked.

        What happened beside a sale at its very instant, happened before it.
        """
        drawing = Drawing(self._budgets, self._table.commit, self._program, history.member)
        life = _Life(
            history, self._program, drawing, lambda _: self._regimes, self._insights, campaigning=self._campaigning
        )
        others = deque(life.beside_purchases(history))
        for purchase in history.purchases:
            while others and others[0].at <= purchase.occurred_at:
                life.go_through(others.popleft())
            life.go_through(Event(purchase.occurred_at, partial(life.buy, purchase)))
        for other in others:
            life.go_through(other)
        self._table.commit(drawing.writes())
        return life.ended(self._until)


class Talk(NamedTuple):
    """What campaigns say, and to whom: see `huitou.simulator.campaigning.Campaigning`."""

    speech: Speech
    agreed_percent: int | None
    since: datetime | None


def _campaigning(program: Program, talk: Talk, until: datetime) -> Campaigning:
    from huitou.simulator.campaigning import Campaigning  # noqa: PLC0415 - loads all that messages are written with

    return Campaigning(program, talk.speech, talk.agreed_percent, since=talk.since, until=until)


class Event(NamedTuple):
    """Something that happens to a member."""

    at: datetime
    happens: Callable[[], None]


class _Life:
    """A member in the making. Their points are in ledgers, which go on from one booking to the next."""

    def __init__(
        self,
        history: History,
        program: Program,
        drawing: Drawing,
        timeline: Timeline,
        insights: Insights,
        *,
        campaigning: Campaigning | None,
    ) -> None:
        self._program = program
        self._drawing = drawing
        self._asked = {brand: program.segments_asked_at(brand) for brand in program.brands}
        deeds = self._deeds(history)
        self._follower = Follower(history.person, deeds, program, timeline, insights)
        self._membership = Membership(history, program, timeline)
        self._account = Account()
        self._wallets = _Wallets(history.member, program, self._account)
        self._wallets.open(program.home_currency, history.enrolled_at)
        self._ledgers = self._wallets.ledgers
        self._book = self._wallets.book
        life = Life(history, deeds, self._membership, self._wallets, timeline, insights, self._book)
        self._campaigns = None if campaigning is None else campaigning.follow(life)

    def beside_purchases(self, history: History) -> list[Event]:
        """What else happens to the member, in order."""
        events = [
            *(Event(at, partial(self._membership.join, brand, at)) for brand, at in history.joined.items()),
            *(Event(each.at, partial(self._spend, each)) for each in history.spendings),
            *(Event(each.occurred_at, partial(self._visit, each)) for each in history.visits),
        ]
        return sorted(events, key=attrgetter("at"))

    def go_through(self, event: Event) -> None:
        """After all that fell due before; campaigns look at the member as soon as it counts (E7)."""
        if self._campaigns is None:
            event.happens()
            return
        self._campaigns.wait(event.at)
        event.happens()
        self._campaigns.learn(event.at + MILLISECOND)

    def buy(self, purchase: Purchase) -> None:
        """Decides the sale as it is decided when a till sends it at once."""
        program, membership, brand, at = self._program, self._membership, purchase.brand, purchase.occurred_at
        if not self._knows(brand, purchase.store):
            self._account.unknown += 1
            return
        asked = self._asked[brand]
        segments = self._segments(asked, at) if asked else NONE
        membership.join(brand, at)
        person = personal_of(membership.standing(at), membership.record, program, at, segments=segments)
        used: dict[str, int] = {}
        for ledger in self._ledgers.values():
            used.update(ledger.counters)
        seen = seen_by(purchase, membership.bought, used, person=person)
        worth, left = drawn_worth(purchase, program, seen, self._drawing, explained=False)
        if left:
            self._drawing.take(grants_of(worth, left, program))
        self._account.sales += 1
        self._account.sales_at[brand] += 1
        for currency, earning in worth.earned.items():
            self._book(currency, Earn(earning, brand, at, BOUGHT), at)
        self._keep_alive(brand, at, BOUGHT, besides=worth.earned)
        membership.bought[brand] += 1
        membership.note(fact_of(purchase, worth.earned[program.home_currency].points))

    def _visit(self, visit: Visit) -> None:
        """As a visit is recorded when it is sent at once."""
        at = visit.occurred_at
        if not self._knows(visit.brand, visit.store):
            return
        self._membership.join(visit.brand, at)
        if visit.type.is_presence:
            self._membership.note(Fact(at, at, 0, 1, 0))
            self._keep_alive(visit.brand, at, CAME)

    def _spend(self, spending: Spending) -> None:
        """Uses as many of the points as are there."""
        ledger = self._ledgers.get(spending.currency)
        if ledger is not None:
            ledger.go_on(spending.at)
        points = min(spending.points, ledger.balance().spendable) if ledger else 0
        self._account.unspent += spending.points - points
        if points:
            self._book(spending.currency, Redeem(points, spending.brand, SPENT), spending.at)

    def ended(self, until: datetime) -> Account:
        account = self._account
        if self._campaigns is not None:
            self._campaigns.wait(until)
            self._campaigns.count(account)
        for currency, ledger in self._ledgers.items():
            ledger.go_on(until)
            ledger.settle()
            for lot in ledger.lots.values():
                account.open[currency, lot.issuer] += lot.remaining
        standing = self._membership.standing(until)
        if standing is not None and self._program.tiers is not None:
            ranks = [self._program.tiers.rank(interval.tier or "") for interval in standing.intervals]
            account.tier = standing.intervals[-1].tier
            account.ups = sum(before < after for before, after in pairwise(ranks))
            account.downs = sum(before > after for before, after in pairwise(ranks))
        if self._program.segments:
            account.segments = self._segments(self._program.segments.keys(), until)
        return account

    def _segments(self, asked: Set[SegmentId], at: datetime) -> frozenset[SegmentId]:
        """E7: before what happens at ``at``."""
        return self._follower.judged(asked, self._membership, self._wallets, self._membership.record, at)

    def _deeds(self, history: History) -> list[Deed]:
        """All that counts of what the member did, and will have done: at places that the programme has."""
        program = self._program
        if program.looks_back_days == 0 and not any(each.at_usual_hour for each in program.campaigns.values()):
            return []
        asked = program.lines_asked
        done = [
            *[deed_of_purchase(each, asked) for each in history.purchases if self._knows(each.brand, each.store)],
            *[deed_of_visit(each) for each in history.visits if self._knows(each.brand, each.store)],
        ]
        return [deed for deed in done if deed is not None]

    def _knows(self, brand: BrandId, store: StoreId | None) -> bool:
        return brand in self._program.brands and (not store or store in self._program.stores)

    def _keep_alive(self, brand: BrandId, at: datetime, cause: Cause, *, besides: Iterable[CurrencyId] = ()) -> None:
        for currency, ledger in self._ledgers.items():
            if currency not in besides and ledger.slides and follows(currency, brand, self._program):
                self._book(currency, KeepAlive(brand, at, cause), at)


class _Wallets(Mapping[CurrencyId, Wallet]):
    """A member's ledgers, as the wallets that they would be kept as, made when one is asked for."""

    def __init__(self, member: MemberId, program: Program, account: Account) -> None:
        self._member = member
        self._program = program
        self._account = account
        self.ledgers: dict[CurrencyId, CountedLedger] = {}

    def open(self, currency: CurrencyId, at: datetime) -> CountedLedger:
        wallet = open_wallet(self._member, currency, at)
        ledger = self.ledgers[currency] = CountedLedger(wallet, self._program, at, self._account)
        return ledger

    def book(self, currency: CurrencyId, command: Command, at: datetime) -> None:
        ledger = self.ledgers.get(currency) or self.open(currency, at)
        ledger.go_on(at)
        carry_out(command, ledger)

    def __getitem__(self, currency: CurrencyId) -> Wallet:
        return self.ledgers[currency].wallet()

    def __iter__(self) -> Iterator[CurrencyId]:
        return iter(self.ledgers)

    def __len__(self) -> int:
        return len(self.ledgers)
