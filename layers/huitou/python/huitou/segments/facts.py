"""All that predicates may ask of a member, as values: read once, judged at as many instants as are needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from huitou.kernel.values import lean
from huitou.members.model import ConsentKey, Tag
from huitou.points.conditions import SaleLine
from huitou.points.wallet import Wallet
from huitou.program.model import BrandId, CurrencyId, LinesAsked, StoreId
from huitou.program.tiers import TierId
from huitou.standing.model import Interval


class DeedLine(NamedTuple):
    """A line that the member kept; ``amount`` is what was paid for it, in the smallest unit of money."""

    sku: str
    category: str | None
    amount: int


def told_of(lines: Iterable[SaleLine], asked: LinesAsked | None) -> tuple[DeedLine, ...]:
    """The lines that are asked for, those of one kind as one; None: all of them, as they are.

    Telling is idempotent, and what was told tells all that less is asked of.
    """
    if asked is None:
        return tuple([DeedLine(line.sku, line.category, line.amount) for line in lines])
    categories, skus = asked
    amounts: dict[tuple[str, str | None], int] = {}
    if categories is not None:
        lines = [line for line in lines if line.category in categories or line.sku in skus]
    for line in lines:
        sku = line.sku if line.sku in skus else ""
        category = line.category if categories is None or line.category in categories else None
        if sku or category:
            amounts[sku, category] = amounts.get((sku, category), 0) + line.amount
    return tuple([DeedLine(sku, category, amount) for (sku, category), amount in amounts.items()])


class Deed(NamedTuple):
    """Something that the member did at ``at`` and that still counts: a purchase, or a visit without one.

    What came back, and what was moved to another member, is gone from it (E2, M40). ``spend`` is as tiers count it. It
    counts from the millisecond after ``at`` on, as for tiers: a sale sees nothing of itself (E7).
    """

    at: datetime
    brand: BrandId
    store: StoreId | None
    is_purchase: bool
    channel: str = ""
    spend: int = 0
    lines: tuple[DeedLine, ...] = ()
    payments: frozenset[str] = frozenset()
    discounted: bool = False


class TierPath(Protocol):
    """Which tier the member has, and will have if nothing else happens."""

    def tier_at(self, at: datetime) -> TierId | None: ...

    def interval_at(self, at: datetime) -> Interval:
        """The tier of ``at``, since when it is held, and why."""
        ...

    def changes_after(self, at: datetime) -> datetime | None:
        """No later than when time alone next changes the tier of ``at``, and later than ``at``; None: never."""
        ...

    def lost_at(self, at: datetime) -> datetime | None:
        """The review, or the end of grace, for which too little was done by ``at`` to keep its tier; later than it."""
        ...


class Having(Protocol):
    """Of `Facts`, what any sale may change."""

    @property
    def enrolled_at(self) -> datetime: ...
    @property
    def joined(self) -> Mapping[BrandId, datetime]: ...
    @property
    def wallets(self) -> Mapping[CurrencyId, Wallet]: ...
    @property
    def tiers(self) -> TierPath: ...


class AliveModel(NamedTuple):
    """M18: the parameters of BG/NBD, fitted with weeks as the unit of time (Fader, Hardie and Lee 2005)."""

    r: float
    alpha: float
    a: float
    b: float


class RfmScale(NamedTuple):
    """M16: where the classes of recency, frequency and money begin, and over what time they were measured.

    Each of the four ``cuts`` is the least that makes class 2, 3, 4, 5; of recency it is the most, in days.
    """

    days: int
    recency: tuple[int, int, int, int]
    frequency: tuple[int, int, int, int]
    money: tuple[int, int, int, int]


class Insights(NamedTuple):
    """What periodic jobs have found out about all members together; None until they have.

    ``version`` only grows, and 0 is that of nothing known.
    """

    alive: AliveModel | None = None
    rfm: RfmScale | None = None
    version: int = 0

    def insights(self, at_least: int = 0) -> Insights:
        """`InsightSource` of whoever goes by these alone."""
        del at_least
        return self


UNKNOWN = Insights()


class Lasting(Protocol):
    """Of `Facts`, what stays as it is while one sale after the other is judged."""

    @property
    def deeds(self) -> Sequence[Deed]: ...
    @property
    def birthday(self) -> date | None: ...
    @property
    def tags(self) -> frozenset[Tag]: ...
    @property
    def consents(self) -> frozenset[ConsentKey]: ...
    @property
    def insights(self) -> Insights: ...


@lean
class Facts:
    """One member. ``deeds`` are in the order of time, as far back as the programme's windows look."""

    enrolled_at: datetime
    joined: Mapping[BrandId, datetime]
    wallets: Mapping[CurrencyId, Wallet]
    tiers: TierPath
    deeds: Sequence[Deed] = ()
    birthday: date | None = None
    gender: str | None = None
    language: str | None = None
    home_store: StoreId | None = None
    tags: frozenset[Tag] = frozenset()
    consents: frozenset[ConsentKey] = frozenset()
    """Those that were given and are in force."""
    moments: Sequence[datetime] = ()
    """Instants, beside those of deeds, at which something happened: a tier was given by hand, or lost by a refund."""
    insights: Insights = field(default_factory=lambda: UNKNOWN)


class Verdict(NamedTuple):
    """Whether a predicate holds at an instant, and that this stays so before ``until`` if nothing else happens.

    ``until`` is later than the instant; None: for ever. Where it is a bound, nothing need change then.
    """

    holds: bool
    until: datetime | None
