"""When a rule applies (M7): each condition holds, or says what it found instead (M12).

A rule's conditions are made into functions once per programme, and only those that it asks: what a sale costs to
decide grows with what rules ask, not with what they could ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple, Protocol, get_args

from huitou.kernel.calendars import local_date
from huitou.points.circumstances import Circumstances
from huitou.program.model import BrandId, Program, StoreId
from huitou.program.rules import Condition, SegmentId, Weekday
from huitou.program.tiers import TierId

LONGEST_FOUND = 48
"""Characters of a till's own words in an outcome: there is one for each rule, and all of them share one item."""
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
_AMOUNT, _DAY, _SKU = attrgetter("amount"), attrgetter("day"), attrgetter("sku")


class SaleLine(Protocol):
    """What earning needs to know of a line: ``amount`` is what was paid for it in money (smallest units; E3)."""

    @property
    def sku(self) -> str: ...
    @property
    def category(self) -> str | None: ...
    @property
    def amount(self) -> int: ...


class Paid(Protocol):
    """What earning needs to know of a payment."""

    @property
    def method(self) -> str: ...


class Sale(Protocol):
    """What earning needs to know of a purchase."""

    @property
    def brand(self) -> BrandId: ...
    @property
    def store(self) -> StoreId | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def lines(self) -> Sequence[SaleLine]: ...
    @property
    def payments(self) -> Sequence[Paid]: ...


class Setting(NamedTuple):
    """What settles many rules before anything of the basket or the clock is looked at, and is the same for many sales:
    where a sale happened, how it was paid, and who the member was."""

    brand: BrandId
    store: StoreId | None
    channel: str
    methods: tuple[str, ...]
    tier: TierId | None
    segments: frozenset[SegmentId]
    first_in_group: bool
    first_at_brand: bool
    birthday_month: bool


class Occasion:
    """A sale as conditions see it, at ``day`` and ``time`` of the store's calendar and clock (E9).

    What not every programme's rules ask for is worked out when one does.
    """

    __slots__ = ("_by_category", "_categories", "_member_day", "day", "program", "sale", "seen", "time", "total")

    def __init__(self, sale: Sale, program: Program, seen: Circumstances) -> None:
        self.sale = sale
        self.program = program
        self.seen = seen
        self.total: int = sum(map(_AMOUNT, sale.lines))
        local = sale.occurred_at.astimezone(program.zone_of(sale.store))
        self.day, self.time = local.date(), local.time()
        self._by_category: dict[str | None, int] | None = None
        self._categories: str | None = None
        self._member_day: date | None = None

    @property
    def by_category(self) -> dict[str | None, int]:
        """What was paid for each category, and (None) for what has none."""
        if self._by_category is None:
            paid: dict[str | None, int] = {}
            for line in self.sale.lines:
                category = line.category
                paid[category] = paid.get(category, 0) + line.amount
            self._by_category = paid
        return self._by_category

    @property
    def member_day(self) -> date:
        """The day of the programme's calendar: caps count by it (E9)."""
        if self._member_day is None:
            self._member_day = local_date(self.sale.occurred_at, self.program.zone)
        return self._member_day

    @property
    def categories(self) -> str:
        """Those of the sale, for whoever looked for others."""
        if self._categories is None:
            self._categories = listed({category for category in self.by_category if category})
        return self._categories


class Check(NamedTuple):
    """A condition by its name, and what was found where it does not hold: asked only where somebody will read it."""

    name: str
    holds: Callable[[Occasion], bool]
    found: Callable[[Occasion], str]


class Selection:
    """Which lines of a sale count for a rule: those of one of the categories or SKUs; all, where it names none."""

    __slots__ = ("_categories", "_skus", "is_all")

    def __init__(self, when: Condition) -> None:
        self._categories = when.categories
        self._skus = when.skus
        self.is_all = not (when.categories or when.skus)

    def has(self, line: SaleLine) -> bool:
        return self.is_all or line.category in self._categories or line.sku in self._skus

    def has_any(self, occasion: Occasion) -> bool:
        """Whether a line counts, by its SKU or by its category."""
        if not self._skus.isdisjoint(map(_SKU, occasion.sale.lines)):
            return True
        return bool(self._categories) and not self._categories.isdisjoint(occasion.by_category)

    def base(self, occasion: Occasion) -> int:
        """What was paid for the lines that count."""
        if self.is_all:
            return occasion.total
        if self._skus:
            return sum([line.amount for line in occasion.sale.lines if self.has(line)])
        paid = occasion.by_category
        return sum([paid[category] for category in self._categories if category in paid])

    def amounts(self, occasion: Occasion) -> list[int]:
        """What was paid for each line; 0 for those that do not count."""
        lines = occasion.sale.lines
        if self.is_all:
            return [line.amount for line in lines]
        return [line.amount if self.has(line) else 0 for line in lines]


def setting_of(sale: Sale, seen: Circumstances) -> Setting:
    return Setting(
        sale.brand,
        sale.store,
        sale.channel,
        tuple([payment.method for payment in sale.payments]) if sale.payments else (),
        seen.tier,
        seen.segments,
        seen.first_in_group,
        seen.first_at_brand,
        seen.birthday_month,
    )


def failed_in(when: Condition, program: Program, setting: Setting) -> tuple[str, str]:
    """The first condition that no sale in this setting can meet, and what is there instead; else empty."""
    brand, store, channel, methods, tier, segments, first_in_group, first_at_brand, _ = setting
    region = program.stores[store].region if store else ""
    for name, asked, found in (
        ("brands", when.brands, {brand}),
        ("stores", when.stores, {store or ""}),
        ("regions", when.regions, {region}),
        ("channels", when.channels, {channel}),
        ("payments", when.payments, set(methods)),
        ("tiers", when.tiers, {tier or ""}),
        ("segments", when.segments, segments),
    ):
        if asked and asked.isdisjoint(found):
            return name, listed(found)
    if when.first_purchase == "group" and not first_in_group:
        return "first_purchase", "group"
    if when.first_purchase == "brand" and not first_at_brand:
        return "first_purchase", brand
    return "", ""


def checks(when: Condition, selection: Selection) -> tuple[Check, ...]:
    """What else ``when`` asks than `failed_in` settles, the cheapest first."""
    return tuple(_checks(when, selection))


def all_of(asked: Sequence[Check]) -> Callable[[Occasion], bool]:
    """Whether all hold. The clock is asked first: most sales are made at another hour."""
    return _chained([check.holds for check in sorted(asked, key=lambda check: check.name != "hours")])


def _chained(asked: Sequence[Callable[[Occasion], bool]]) -> Callable[[Occasion], bool]:
    if not asked:
        return lambda _: True
    first, others = asked[0], asked[1:]
    if not others:
        return first
    rest = _chained(others)
    return lambda of: first(of) and rest(of)


def _checks(when: Condition, selection: Selection) -> Iterator[Check]:
    if when.first_day is not None or when.last_day is not None:
        yield _dates(when)
    if when.weekdays:
        yield _weekdays(when)
    if when.hours is not None:
        yield _hours(*when.hours)
    if when.birthday_month:
        yield Check("birthday_month", lambda of: of.seen.birthday_month, lambda of: f"{of.member_day:%m}")
    if when.skus:
        yield Check("skus", selection.has_any, lambda of: listed(set(map(_SKU, of.sale.lines))))
    elif when.categories:
        categories = when.categories
        yield Check("categories", lambda of: not categories.isdisjoint(of.by_category), lambda of: of.categories)
    if when.minimum:
        yield _minimum(when.minimum, selection)


def _dates(when: Condition) -> Check:
    first, last, day = when.first_day or date.min, when.last_day or date.max, _day_of(when)
    return Check("dates", lambda of: first <= day(of) <= last, lambda of: day(of).isoformat())


def _weekdays(when: Condition) -> Check:
    day, numbers = _day_of(when), {WEEKDAYS.index(each) for each in when.weekdays}
    return Check("weekdays", lambda of: day(of).weekday() in numbers, lambda of: WEEKDAYS[day(of).weekday()])


def _hours(begin: time, end: time) -> Check:
    def inside(of: Occasion) -> bool:
        at = of.time
        return begin <= at < end if begin < end else (at >= begin or at < end)

    return Check("hours", inside, lambda of: of.time.strftime("%H:%M"))


def _minimum(least: int, selection: Selection) -> Check:
    """What was found is in smallest units of money."""
    return Check("minimum", lambda of: selection.base(of) >= least, lambda of: str(selection.base(of)))


def listed(found: AbstractSet[str]) -> str:
    """A few of what was found, in no more words than an outcome may have."""
    text = ", ".join(sorted(found)[:3]) if found else ""
    return text if len(text) <= LONGEST_FOUND else text[:LONGEST_FOUND] + "…"


def _day_of(when: Condition) -> Callable[[Occasion], date]:
    """The sale's day; after midnight in hours that run over it, the day on which they began."""
    if when.hours is None or when.hours[0] <= when.hours[1]:
        return _DAY
    end = when.hours[1]

    def began(of: Occasion) -> date:
        return of.day - timedelta(days=1) if of.time < end else of.day

    return began
