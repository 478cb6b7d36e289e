"""Purchases for tests: bills, and the use cases of purchases over any stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any, TypeVar

from huitou.insights.ports import FindingsStore
from huitou.insights.service import InsightsReader
from huitou.insights.store import TableFindings
from huitou.kernel.calendars import local_date
from huitou.kernel.commits import Commit
from huitou.kernel.errors import DomainError
from huitou.kernel.ids import MemberId
from huitou.members.directory import FoundMember
from huitou.members.model import Member, Profile
from huitou.members.ports import MemberStore
from huitou.members.store import TableMembers
from huitou.points.budget_store import TableBudgets
from huitou.points.granting import BudgetStore
from huitou.points.ports import WalletStore
from huitou.points.wallet import Wallet
from huitou.program.model import Program
from huitou.program.ports import Programs
from huitou.purchases.model import Line, Purchase, Visit, VisitType
from huitou.purchases.moving import Moves
from huitou.purchases.ports import MemberStates, PurchaseStore, RefundStore
from huitou.purchases.receipts import SourceEvent, TillReceipt
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refund_service import Refunds
from huitou.purchases.refund_store import TableRefunds
from huitou.purchases.refunds import LineAsked, Refund, refund_id
from huitou.purchases.service import Purchases, Recorded, SeenVisit
from huitou.purchases.store import TableMemberStates, TablePurchases
from huitou.segments.ports import Deeds
from huitou.segments.seeing import JudgedSegments
from huitou.segments.store import TableDeeds
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_budgets import MemoryBudgets
from huitou.simulator.memory_insights import MemoryFindings
from huitou.simulator.memory_members import MemoryMembers
from huitou.simulator.memory_purchases import MemoryMemberStates, MemoryPurchases
from huitou.simulator.memory_refunds import MemoryRefunds
from huitou.simulator.memory_segments import MemoryDeeds
from huitou.simulator.memory_standing import MemoryStandings
from huitou.standing.ports import StandingStore
from huitou.standing.store import TableStandings
from tests.builders import MEI, OPENED, TAIPEI, at, program
from tests.builders import wallet as a_wallet
from tests.ledger import Ledger

T = TypeVar("T")

LIN = MemberId("01JMEMBERMEM0000000000XYN0")
"""Another member."""
NOON = at("2026-03-02 12:00")
"""A Monday; when the sales of tests happen, unless they say otherwise."""
SOON = timedelta(minutes=1)
"""How long a sale takes to reach us."""


def bread(amount: int = 1000, **changes: Any) -> Line:
    """A line of bread."""
    return Line(**{"sku": "bread-1", "category": "bread", "quantity": 1000, "amount": amount, "discount": 0, **changes})


def bill(number: str = "A-1", *lines: Line, **changes: Any) -> Purchase:
    """A sale of 1000 at maru's store m1 under receipt ``number``, as it comes in: without its member."""
    bought = lines or (bread(),)
    fields: dict[str, Any] = {
        "member": None,
        "brand": "maru",
        "store": "m1",
        "channel": "store",
        "terminal": None,
        "number": number,
        "occurred_at": NOON,
        "money": "TWD",
        "lines": bought,
        "discounts": (),
        "payments": (),
        "total": sum(line.amount for line in bought),
        "client_reference": None,
        "program_version": 1,
        **changes,
    }
    fields.setdefault("received_at", fields["occurred_at"] + SOON)
    fields.setdefault("receipt", _receipt(number, fields).digest)
    return Purchase(**fields)


def _receipt(number: str, fields: dict[str, Any]) -> TillReceipt:
    day: date = local_date(fields["occurred_at"], TAIPEI)
    return TillReceipt(fields["brand"], fields["store"] or "", fields["terminal"] or "", number, day)


def booking(event_id: str = "B-1", **changes: Any) -> Visit:
    """A table that Mei booked at sora, as the booking system tells it."""
    fields: dict[str, Any] = {
        "source": SourceEvent("sora", "tables", event_id).digest,
        "type": VisitType.BOOKING,
        "member": MEI,
        "brand": "sora",
        "store": "s1",
        "occurred_at": NOON,
        "received_at": NOON + SOON,
        "data": {"guests": "4"},
        "client_reference": None,
    }
    return Visit(**{**fields, **changes})


def return_of(sale: Purchase, number: str = "R-1", *lines: LineAsked, **changes: Any) -> Refund:
    """The lines of ``sale`` come back an hour later; all that is left of it, if none are named."""
    when = changes.pop("occurred_at", sale.occurred_at + timedelta(hours=1))
    fields: dict[str, Any] = {
        "id": refund_id(sale.brand, number),
        "number": number,
        "brand": sale.brand,
        "receipt": sale.receipt,
        "lines": lines or None,
        "occurred_at": when,
        "received_at": when,
        "closes_at": when + timedelta(days=366),
        "reason": None,
        "client_reference": None,
    }
    return Refund(**{**fields, **changes})


def line(place: int, quantity: int | None = None) -> LineAsked:
    """So many thousandths of the line at ``place``; all that is left of it, if nothing is said."""
    return LineAsked(place, None, quantity)


class Publications:
    """The versions of a programme, of which the last is in force."""

    def __init__(self, *versions: Program) -> None:
        self._versions = [(OPENED, version) for version in versions]
        self._taken_up: int | None = None

    def publish(self, version: Program, when: datetime = OPENED) -> None:
        self._versions.append((when, version))

    def lagging(self) -> Publications:
        """As a function knows them that will not hear in time of a later one being in force."""
        known = Publications()
        known._versions, known._taken_up = self._versions, len(self._versions)
        return known

    def active(self, at_least: int = 0) -> Program:
        if self._taken_up is not None and self._versions[: self._taken_up][-1][1].version < at_least:
            self._taken_up = None
        return self._versions[: self._taken_up][-1][1]

    def at(self, instant: datetime) -> Program:
        held = [version for when, version in self._versions[: self._taken_up] if when <= instant]
        return held[-1] if held else self._versions[0][1]

    def version(self, number: int) -> Program:
        return next(version for _, version in self._versions if version.version == number)

    def published_at(self, number: int) -> datetime:
        return next(when for when, version in self._versions if version.version == number)


class Shop:
    """Purchases over ``table``. ``commit`` stands in for the table's own, to let it fail."""

    def __init__(
        self,
        version: Program | None = None,
        table: Any = None,
        commit: Commit | None = None,
        pause: Callable[[int], None] = lambda _: None,
    ) -> None:
        first = version or program()
        self.table = MemoryTable() if table is None else table
        self.programs = Publications(first)
        self.ledger = Ledger(first, self.table)
        self.wallets: WalletStore = self.ledger.wallets
        self.purchases = _purchases(self.table)
        self.budgets = _budgets(self.table)
        self.states, self.standings = _standings(self.table)
        self.refunds_kept = _refunds(self.table)
        self.profiles = members_on(self.table)
        self.judged = judged_on(self.table, self.programs)
        shared: dict[str, Any] = {
            "purchases": self.purchases,
            "wallets": self.wallets,
            "programs": self.programs,
            "commit": commit or self.table.commit,
            "pause": pause,
            "budgets": self.budgets,
            "states": self.states,
            "standings": self.standings,
            "refunds": self.refunds_kept,
            "segments": self.judged,
        }
        self.use = Purchases(**shared, commands=self.ledger.commands)
        self.refunds = Refunds(**shared)
        self.moves = Moves(**shared)

    def enrol(self, member: MemberId = MEI, *brands: str) -> None:
        """A member of these brands; of both, if none is said."""
        joined = {brand: OPENED for brand in brands or ("maru", "sora")}
        record = Member(member, 1, OPENED, next(iter(joined)), Profile(), {}, (), {}, {})
        wallet = a_wallet(member=member, version=0, brands=joined)
        self.table.commit([self.wallets.create(wallet), self.profiles.save(record)])

    def sell(
        self,
        purchase: Purchase,
        member: MemberId | FoundMember | None = MEI,
        *,
        now: datetime | None = None,
        presented: bool = True,
    ) -> Recorded:
        """A sale to Mei, unless to another or to nobody, that reaches us when it was received."""
        buyer = _found(member, presented) if member else None
        received = replace(purchase, received_at=now or purchase.received_at)
        return self.use.record(received, buyer, received.received_at)

    def claim(
        self,
        purchase: Purchase,
        member: MemberId | FoundMember = MEI,
        *,
        now: datetime | None = None,
        total: int | None = None,
        brand: str = "maru",
        presented: bool = True,
    ) -> Recorded:
        """The receipt of ``purchase``, with its total, in the hand of ``member`` an hour after the sale."""
        when = now or purchase.occurred_at + timedelta(hours=1)
        said = purchase.total if total is None else total
        return self.use.claim(purchase.receipt, said, brand, _found(member, presented), when)

    def visit(
        self, visit: Visit, member: FoundMember | None = None, *, now: datetime | None = None, presented: bool = True
    ) -> SeenVisit:
        visitor = member or FoundMember(visit.member, presented)
        return self.use.visit(visit, visitor, now or visit.received_at)

    def refund(self, refund: Refund, named: str | None = None, *, now: datetime | None = None) -> Refunded:
        """What comes back, of the sale with its receipt, unless one is named by its id."""
        return self.refunds.refund(refund, named, now or refund.received_at)

    def move(
        self, purchase_id: str, to: MemberId | FoundMember = LIN, *, now: datetime, brand: str = "maru"
    ) -> Recorded:
        """To Lin, to whom the purchase belonged."""
        buyer = _found(to, presented=True)
        return self.moves.move(purchase_id, buyer, brand, reason="wrong card", actor="staff-7", now=now)

    def wallet(self, member: MemberId = MEI, currency: str = "points") -> Wallet:
        found = self.wallets.load(member, currency)
        assert found is not None
        return found

    def points(self, member: MemberId = MEI, currency: str = "points", now: datetime | None = None) -> int:
        """What the member can spend, by default a minute after `NOON`."""
        return self.wallet(member, currency).balance(now or NOON + SOON).spendable

    def everything(self) -> list[object]:
        """All that is kept (in memory): equal, if nothing was changed."""
        return list(self.table.all(object))


def _found(member: MemberId | FoundMember, presented: bool) -> FoundMember:
    return member if isinstance(member, FoundMember) else FoundMember(member, presented)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | DomainError]:
    """All calls, each in its own thread, let go together."""
    answers: list[T | DomainError] = []
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> None:
        start.wait()
        try:
            answers.append(call())
        except DomainError as error:
            answers.append(error)

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _budgets(table: Any) -> BudgetStore:
    return MemoryBudgets(table) if isinstance(table, MemoryTable) else TableBudgets(table)


def _refunds(table: Any) -> RefundStore:
    return MemoryRefunds(table) if isinstance(table, MemoryTable) else TableRefunds(table)


def _standings(table: Any) -> tuple[MemberStates, StandingStore]:
    if isinstance(table, MemoryTable):
        return MemoryMemberStates(table), MemoryStandings(table)
    return TableMemberStates(table), TableStandings(table)


def _purchases(table: Any) -> PurchaseStore:
    if isinstance(table, MemoryTable):
        return MemoryPurchases(table)
    return TablePurchases(table)


def members_on(table: Any) -> MemberStore:
    return MemoryMembers(table) if isinstance(table, MemoryTable) else TableMembers(table)


def judged_on(table: Any, programs: Programs) -> JudgedSegments:
    """What says who is in which segment, over the stores of ``table``."""
    insights = InsightsReader(findings_on(table), lambda: 0.0)
    return JudgedSegments(members_on(table), deeds_on(table), programs, insights)


def deeds_on(table: Any) -> Deeds:
    return MemoryDeeds(table) if isinstance(table, MemoryTable) else TableDeeds(table)


def findings_on(table: Any) -> FindingsStore:
    return MemoryFindings(table) if isinstance(table, MemoryTable) else TableFindings(table)
