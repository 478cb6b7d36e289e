"""What brands and the group owe each other for points, told from a member's entries (M13).

A **movement** says that one party pays another for points: the statement of a month is the sum of them, and sums to
zero because each has two ends. There is one rule: who causes a cost bears it, and whatever is undone is undone at the
value at which it was done, so that a refund leaves nothing behind.

- Points spent: the issuer pays the brand that honoured them, at the dated price of the pair. What a reversal or a
  refund gives back, is paid back at the price of the day on which it was spent.
- Points of rules that the group funds: the group pays the issuer their worth on the day of the sale, and gets back
  the same share of it that refunds take back of the sale's points.
- What no sale has earned (points waived or owed after a refund, given by courtesy, by hand or by a campaign): who
  bears it pays the issuer their worth on the day. A debt that is repaid is paid back at the worth of the day on which
  it arose; the issuer of the points that repay it pays whom they were owed, as if they had been spent there.
- Points that expire, travel or change their currency keep their issuer: nobody pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from huitou.accounts.model import Month, Tally, month_of
from huitou.accounts.pricing import price, worth
from huitou.kernel.calendars import local_date
from huitou.kernel.ids import MemberId
from huitou.points.wallet import Entry, EntryType, LotChange
from huitou.program.model import GROUP, BrandId, CurrencyId, Program
from huitou.program.terms import Cost

REDEMPTION = "redemption"
CAMPAIGN = "campaign"
REPAYMENT = "repayment"
"""Why somebody pays, beside the costs that the programme names a bearer of."""


class Movement(NamedTuple):
    """``payer`` pays ``payee`` ``money`` for ``points``; both negative where it is undone. Exact smallest units."""

    month: Month
    """In which it took effect."""
    currency: CurrencyId
    payer: BrandId
    payee: BrandId
    reason: str
    points: int
    money: Fraction


@dataclass(frozen=True, slots=True)
class Terms:
    """How points are valued.

    Prices are those of ``program``, which dates them; who bears what, and which rules the group funds, is as the
    programme said under which an entry was booked.
    """

    program: Program
    version: Callable[[int], Program]


def count_movements(entries: Iterable[Entry], terms: Terms) -> Tally:
    """By month, currency, payer, payee and reason, points and money: of the entries of one person and currency.

    In the order in which they were recorded; where members were merged, those of all of them together.
    """
    tally, walk = Tally(), _Walk(terms)
    for entry in entries:
        for each in walk.movements(entry):
            if each.payer != each.payee and each.points:
                tally.add((each.month, each.currency, each.payer, each.payee, each.reason), (each.points, each.money))
    return tally


@dataclass(slots=True)
class _Owed:
    """A part of a debt, and who bears it meanwhile."""

    purchase: str
    issuer: BrandId
    points: int
    since: datetime
    bearer: BrandId

    @property
    def key(self) -> tuple[str, BrandId]:
        return self.purchase, self.issuer


@dataclass(slots=True)
class _Funded:
    """A sale some of whose points the group pays for."""

    entry: Entry
    points: int
    undone: int = 0
    """Points that refunds took back, funded or not."""
    returned: int = 0
    """Of the funded ones."""


class _Walk:
    """What entries before tell about the one at hand."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._zone = terms.program.zone
        self._spent: dict[str, Entry] = {}
        self._funded: dict[str, _Funded] = {}
        self._debts: dict[MemberId, list[_Owed]] = {}

    def movements(self, entry: Entry) -> Iterable[Movement]:
        tell = _TELLERS.get(entry.type)
        return tell(self, entry) if tell else ()

    def honoured(self, entry: Entry) -> Iterator[Movement]:
        self._spent[entry.id] = entry
        return self._priced_as(entry, entry)

    def given_back(self, entry: Entry) -> Iterator[Movement]:
        """What comes back in a lot that was not there before, comes by courtesy (E4)."""
        spent = self._spent.get(entry.about or "", entry)
        yield from self._priced_as(spent, entry)
        known = {change.lot.number for change in spent.changes}
        if spent.member == entry.member:
            fresh = [change for change in entry.changes if change.lot.number not in known]
            yield from self._costs(entry, fresh, "courtesy")

    def adjusted(self, entry: Entry) -> Iterator[Movement]:
        if cost := _GIVEN.get(entry.cause.type):
            yield from self._costs(entry, entry.changes, cost)

    def reinstated(self, entry: Entry) -> Iterator[Movement]:
        return self._costs(entry, entry.changes, "courtesy")

    def earned(self, entry: Entry) -> Iterator[Movement]:
        rules = {rule.id for rule in self._terms.version(entry.program_version).earning if rule.funded_by == GROUP}
        points = sum(outcome.points for outcome in entry.explanation if outcome.rule in rules)
        if points:
            self._funded[entry.cause.id] = _Funded(entry, points)
            yield self._movement(entry, GROUP, entry.brand, points, reason=CAMPAIGN)

    def taken_back(self, entry: Entry) -> Iterator[Movement]:
        sale = self._funded.get(entry.about or "")
        if sale and sale.entry.amount:
            sale.undone = min(sale.undone - entry.amount + entry.waived + entry.debt, sale.entry.amount)
            points = sale.points * sale.undone // sale.entry.amount - sale.returned
            sale.returned += points
            yield self._movement(entry, GROUP, entry.brand, -points, reason=CAMPAIGN, at=sale.entry.effective_at)
        bearer = self._bearer(entry, "waived")
        yield self._movement(entry, bearer, entry.brand, entry.waived, reason="waived")
        if entry.debt:
            bearer = self._bearer(entry, "debt")
            self._owe(entry.member, _Owed(entry.about or "", entry.brand, entry.debt, entry.effective_at, bearer))
            yield self._movement(entry, bearer, entry.brand, entry.debt, reason="debt")

    def repaid(self, entry: Entry) -> Iterator[Movement]:
        """The oldest debt first."""
        debts = self._debts.get(entry.member, [])
        for amount, lot in entry.changes:
            for owed in _taken(debts, -amount):
                payee, points = owed.issuer, owed.points
                yield self._movement(entry, lot.issuer, payee, points, reason=REPAYMENT, priced=True)
                yield self._movement(entry, owed.bearer, payee, -points, reason="debt", at=owed.since)

    def taken_over(self, entry: Entry) -> Iterator[Movement]:
        """E15: nobody pays; who is the same person owes on."""
        handed = self._debts.get(MemberId(entry.about or ""), [])
        for purchase, issuer, points in entry.debts:
            for owed in _taken(handed, points, (purchase, issuer)):
                self._owe(entry.member, owed)
        return iter(())

    def _owe(self, member: MemberId, owed: _Owed) -> None:
        """All that is owed for a purchase is repaid in the place of its first part, as wallets have it."""
        debts = self._debts.setdefault(member, [])
        same = [index for index, each in enumerate(debts) if each.key == owed.key]
        debts.insert(same[-1] + 1 if same else len(debts), owed)

    def _priced_as(self, spent: Entry, entry: Entry) -> Iterator[Movement]:
        """The points of ``entry``, at the price at which they were ``spent``."""
        for amount, lot in entry.changes:
            yield self._movement(
                entry, lot.issuer, spent.brand, -amount, reason=REDEMPTION, at=spent.effective_at, priced=True
            )

    def _costs(self, entry: Entry, changes: Iterable[LotChange], cost: Cost) -> Iterator[Movement]:
        for amount, lot in changes:
            yield self._movement(entry, self._bearer(entry, cost), lot.issuer, amount, reason=cost)

    def _bearer(self, entry: Entry, cost: Cost) -> BrandId:
        bearers = self._terms.version(entry.program_version).settlement.bearers
        return GROUP if bearers.get(cost) == GROUP else entry.brand

    def _movement(
        self,
        entry: Entry,
        payer: BrandId,
        payee: BrandId,
        points: int,
        *,
        reason: str,
        at: datetime | None = None,
        priced: bool = False,
    ) -> Movement:
        """Valued as ``at`` that instant, at the price of the pair or else the worth of the points."""
        terms, day = self._terms.program.settlement, local_date(at or entry.effective_at, self._zone)
        each = price(terms, entry.currency, payer, payee, day) if priced else worth(terms, entry.currency, day)
        month = month_of(entry.effective_at, self._zone)
        return Movement(month, entry.currency, payer, payee, reason, points, points * each)


_GIVEN: Mapping[str, Cost] = {"adjustment": "adjustment", "campaign": "campaign"}
"""Whose cost it is, by what it is due to; points that another system left were paid for there."""
_TELLERS: Mapping[EntryType, Callable[[_Walk, Entry], Iterable[Movement]]] = {
    EntryType.EARN: _Walk.earned,
    EntryType.REDEEM: _Walk.honoured,
    EntryType.CAPTURE: _Walk.honoured,
    EntryType.REVERSE: _Walk.given_back,
    EntryType.GIVE_BACK: _Walk.given_back,
    EntryType.TAKE_BACK: _Walk.taken_back,
    EntryType.REPAY: _Walk.repaid,
    EntryType.ADJUST: _Walk.adjusted,
    EntryType.REINSTATE: _Walk.reinstated,
    EntryType.TAKE_OVER: _Walk.taken_over,
}


def _taken(debts: list[_Owed], points: int, key: tuple[str, BrandId] | None = None) -> list[_Owed]:
    """Takes ``points`` out of the first debts, or out of those of one purchase and issuer."""
    taken = []
    for owed in [each for each in debts if key in {None, each.key}]:
        part = min(points, owed.points)
        points -= part
        if part:
            taken.append(replace(owed, points=part))
            owed.points -= part
    debts[:] = [each for each in debts if each.points]
    return taken
