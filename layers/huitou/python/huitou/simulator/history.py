"""What a simulation replays: the past of one member after another, from wherever it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from huitou.kernel.ids import MemberId
from huitou.kernel.instants import MILLISECOND
from huitou.members.model import Member
from huitou.program.model import BrandId, CurrencyId
from huitou.purchases.model import Purchase, Visit


class Spending(NamedTuple):
    """Points that a member used once, at ``brand``: positive smallest units."""

    at: datetime
    brand: BrandId
    currency: CurrencyId
    points: int


@dataclass(frozen=True, slots=True)
class History:
    """The past of a member. ``purchases``, ``spendings`` and ``visits`` are in the order of time.

    ``joined`` are the brands that the member joined, by enrolling or later; whoever buys at one joins it by that.
    """

    member: MemberId
    name: str
    """What a reader of the report knows the member by."""
    enrolled_at: datetime
    purchases: Sequence[Purchase]
    spendings: Sequence[Spending] = ()
    visits: Sequence[Visit] = ()
    joined: Mapping[BrandId, datetime] = field(default_factory=dict)
    person: Member | None = None
    """The record, as it is now; None where there is none."""

    def between(self, first: datetime | None, end: datetime | None) -> History | None:
        """What happened from ``first`` on and before ``end``; None if nothing was bought then."""

        def contains(at: datetime) -> bool:
            return (first is None or first <= at) and (end is None or at < end)

        purchases = [sale for sale in self.purchases if contains(sale.occurred_at)]
        spendings = [use for use in self.spendings if contains(use.at)]
        visits = [visit for visit in self.visits if contains(visit.occurred_at)]
        return replace(self, purchases=purchases, spendings=spendings, visits=visits) if purchases else None


class Telling(NamedTuple):
    """How much of what happened a past tells."""

    spendings: bool = False
    """Whether it would tell if members had used points."""
    returns: bool = False
    """Whether what came back is left out of it."""
    agreed_percent: int | None = 100
    """What is taken for granted of who may be told something, as `Reach`; None: members' records tell."""


SALES_ONLY = Telling()


class Past(Protocol):
    """What is replayed."""

    @property
    def tells(self) -> Telling: ...

    def histories(self) -> Iterator[History]:
        """Each member once, always in the same order. Asked again, it begins again."""
        ...


class Sales(Past, Protocol):
    """Where a past is read that says beforehand how much it is."""

    @property
    def members(self) -> int:
        """How many there are, or a few more."""
        ...

    @property
    def last_at(self) -> datetime:
        """When the latest of the sales happened."""
        ...


class Agreeing:
    """The same `Sales`, of members of whom so many of a hundred may be told something."""

    def __init__(self, sales: Sales, percent: int) -> None:
        self._sales = sales
        self.tells = sales.tells._replace(agreed_percent=percent)
        self.histories = sales.histories

    @property
    def members(self) -> int:
        return self._sales.members

    @property
    def last_at(self) -> datetime:
        return self._sales.last_at


class Between:
    """`Sales` of a time: what happened from ``first`` on and before ``end``, as if nothing had been before."""

    def __init__(self, sales: Sales, first: datetime | None, end: datetime | None) -> None:
        self._sales = sales
        self._first = first
        self._end = end
        self.tells = sales.tells

    @property
    def members(self) -> int:
        return self._sales.members

    @property
    def last_at(self) -> datetime:
        return min(self._sales.last_at, self._end - MILLISECOND) if self._end else self._sales.last_at

    def histories(self) -> Iterator[History]:
        for history in self._sales.histories():
            if within := history.between(self._first, self._end):
                yield within
