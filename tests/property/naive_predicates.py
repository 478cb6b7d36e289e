"""Predicates judged as one would by hand: at one instant, by looking at everything that was done before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from huitou.kernel.calendars import add_days
from huitou.members.model import ConsentKey, Tag
from huitou.points.wallet import lots_at
from huitou.program import predicates as p
from huitou.program.model import GROUP, BrandId, Program
from huitou.segments.alive import alive, repeats_of
from huitou.segments.facts import Deed, DeedLine, Facts
from huitou.segments.rfm import bought_within, measures_of
from huitou.segments.rhythm import days_between, purchase_days, usual_interval


class ByHand:
    """One member, as a segment of ``brand``, or of the group, sees them at ``at``."""

    def __init__(self, facts: Facts, program: Program, at: datetime, brand: BrandId | None = None) -> None:
        self.facts = facts
        self.program = program
        self.zone: ZoneInfo = program.zone
        self.at = at
        self.brand = brand
        self.deeds = [deed for deed in facts.deeds if deed.at < at and brand in (None, deed.brand)]
        self.today = at.astimezone(self.zone).date()

    def holds(self, asked: p.Predicate) -> bool:
        match asked:
            case p.AllOf(of=parts):
                return all(self.holds(part) for part in parts)
            case p.AnyOf(of=parts):
                return any(self.holds(part) for part in parts)
            case p.Not(of=part):
                return not self.holds(part)
        judge: Callable[[Any], bool] = getattr(self, f"_{type(asked).__name__.lower()}")
        return judge(asked)

    # --- what they did ---

    def _behaviour(self, asked: p.Behaviour) -> bool:
        visits = self._within(asked.window, self.deeds)
        if asked.quantity == "visits":
            return asked.bounds.hold(len([deed for deed in visits if self._counts(deed, asked.only)]))
        bought = [deed for deed in visits if deed.is_purchase and self._counts(deed, asked.only)]
        values: dict[str, Callable[[], Any]] = {
            "purchases": lambda: len(bought),
            "spend": lambda: sum(self._money(deed, asked.only) for deed in bought),
            "average_basket": lambda: (
                Fraction(sum(self._money(deed, asked.only) for deed in bought), len(bought)) if bought else None
            ),
            "brands": lambda: len({deed.brand for deed in bought}),
            "stores": lambda: len({deed.store for deed in bought} - {None}),
            "categories": lambda: len({line.category for deed in bought for line in _lines(deed, asked.only)} - {None}),
            "interval": lambda: _average([after.at - before.at for before, after in pairwise(bought)]),
        }
        value = values[asked.quantity]()
        return value is not None and asked.bounds.hold(value)

    def _share(self, asked: p.Share) -> bool:
        bought = [deed for deed in self._within(asked.window, self.deeds) if deed.is_purchase]
        whole = sum(deed.spend for deed in bought)
        part = sum(self._money(deed, asked.only) for deed in bought if self._counts(deed, asked.only))
        return whole != 0 and asked.bounds.hold(Fraction(part, whole))

    def _since(self, asked: p.Since) -> bool:
        done = [
            deed.at
            for deed in self.deeds
            if (deed.is_purchase or asked.of == "visit") and self._counts(deed, asked.only)
        ]
        return bool(done) and self._passed(done[0] if asked.which == "first" else done[-1], asked.least, asked.most)

    def _usualhour(self, asked: p.UsualHour) -> bool:
        bought = [
            deed
            for deed in self._within(asked.window, self.deeds)
            if deed.is_purchase and self._counts(deed, asked.only)
        ]
        hours = [(deed.at.astimezone(self.program.zone_of(deed.store)).hour, deed.at) for deed in bought]
        times = Counter(hour for hour, _ in hours)
        if not hours:
            return False
        _, _, usual = max((times[hour], at, hour) for hour, at in hours)
        begin, end = asked.begin.hour, asked.end.hour
        return usual in [(begin + step) % 24 for step in range((end - begin) % 24 or 24)]

    def _overdue(self, asked: p.Overdue) -> bool:
        bought = [deed for deed in self.deeds if deed.is_purchase]
        usual = usual_interval(purchase_days(bought, self.zone))
        return usual is not None and days_between(bought[-1].at, self.at, self.zone) / usual >= asked.least

    def _alive(self, asked: p.Alive) -> bool:
        """To the millisecond, the span is what it means."""
        model, bought = self.facts.insights.alive, [deed for deed in self.deeds if deed.is_purchase]
        if model is None or not bought:
            return False
        span = alive(asked.bounds, model, repeats_of(purchase_days(bought, self.zone)), bought[-1].at, self.zone)
        return span is not None and span.verdict(self.at).holds

    def _rfmclass(self, asked: p.RfmClass) -> bool:
        scale = self.facts.insights.rfm
        own = scale and measures_of(bought_within(self.deeds, self.at, scale.days, self.zone), self.at, self.zone)
        if not scale or not own:
            return False
        recency = 1 + sum(own.recency <= cut for cut in scale.recency)
        frequency = 1 + sum(own.frequency >= cut for cut in scale.frequency)
        money = 1 + sum(own.money >= cut for cut in scale.money)
        classes = ((recency, asked.recency), (frequency, asked.frequency), (money, asked.money))
        return all(not wanted or found in wanted for found, wanted in classes)

    # --- who they are ---

    def _age(self, asked: p.Age) -> bool:
        born = self.facts.birthday
        if born is None:
            return False
        birthdays = [day for day in self._birthdays(born, born.year + 1, self.today.year) if day <= self.today]
        return asked.bounds.hold(len(birthdays))

    def _birthdaynear(self, asked: p.BirthdayNear) -> bool:
        born = self.facts.birthday
        around = [self.today + timedelta(days) for days in range(-asked.after, asked.before + 1)]
        return born is not None and any(day in self._birthdays(born, day.year, day.year) for day in around)

    def _birthdays(self, born: date, first: int, last: int) -> list[date]:
        return _yearly(born, first, last, in_march=self.program.leap_day_in_march)

    def _birthdaymonth(self, _: p.BirthdayMonth) -> bool:
        return self.facts.birthday is not None and self.facts.birthday.month == self.today.month

    def _anniversarynear(self, asked: p.AnniversaryNear) -> bool:
        joined = self.facts.enrolled_at if self.brand is None else self.facts.joined.get(self.brand)
        if joined is None:
            return False
        day = joined.astimezone(self.zone).date()
        around = [self.today + timedelta(days) for days in range(-asked.after, asked.before + 1)]
        return any(near.year > day.year and near in _yearly(day, near.year, near.year) for near in around)

    def _joined(self, asked: p.Joined) -> bool:
        joined = {"": self.facts.enrolled_at} if not asked.brands and self.brand is None else self.facts.joined
        seen = [
            at
            for brand, at in joined.items()
            if self.brand in (None, brand) and (not asked.brands or brand in asked.brands)
        ]
        return bool(seen) and min(seen) <= self.at and self._passed(min(seen), asked.least, asked.most)

    def _profileis(self, asked: p.ProfileIs) -> bool:
        return getattr(self.facts, asked.field) in asked.values

    def _tagged(self, asked: p.Tagged) -> bool:
        return any(tag.name in asked.names for tag in self.facts.tags if self.brand in (None, tag.brand))

    def _consents(self, asked: p.Consents) -> bool:
        return any(
            key == ConsentKey(key.channel, asked.brand, asked.purpose) and key.channel.value == asked.channel
            for key in self.facts.consents
        )

    # --- what they have ---

    def _haspoints(self, asked: p.HasPoints) -> bool:
        wallet = self.facts.wallets.get(asked.currency)
        return asked.bounds.hold(wallet.balance(self.at).spendable if wallet else 0)

    def _expiringpoints(self, asked: p.ExpiringPoints) -> bool:
        wallet = self.facts.wallets.get(asked.currency)
        lots = lots_at(wallet.lots, wallet.holds, self.at) if wallet else ()
        return asked.bounds.hold(
            sum(
                lot.remaining
                for lot in lots
                if lot.is_spendable(self.at)
                and lot.expires_at is not None
                and add_days(lot.expires_at, -asked.days, self.zone) <= self.at
            )
        )

    def _intier(self, asked: p.InTier) -> bool:
        return self.facts.tiers.tier_at(self.at) in asked.tiers

    def _tieratrisk(self, asked: p.TierAtRisk) -> bool:
        lost_at = self.facts.tiers.lost_at(self.at)
        return lost_at is not None and add_days(lost_at, -asked.days, self.zone) <= self.at

    def _insegment(self, asked: p.InSegment) -> bool:
        return any(self.is_in(self.program.segments[name]) for name in asked.segments)

    def is_in(self, segment: p.Segment) -> bool:
        if segment.brand is not None and not self._has_joined(segment.brand):
            return False
        if segment.when is None:
            return Tag(segment.brand or GROUP, segment.id) in self.facts.tags
        return ByHand(self.facts, self.program, self.at, segment.brand).holds(segment.when)

    def _has_joined(self, brand: BrandId) -> bool:
        return brand in self.facts.joined and self.facts.joined[brand] <= self.at

    # --- common ---

    def _within(self, window: p.Window, deeds: Iterable[Deed]) -> list[Deed]:
        match window:
            case p.LastDays(days=days):
                return [deed for deed in deeds if add_days(deed.at, days, self.zone) > self.at]
            case p.ThisPeriod(period=period):
                form = "%Y-%m" if period == "month" else "%Y"
                now = self.at.astimezone(self.zone).strftime(form)
                return [deed for deed in deeds if deed.at.astimezone(self.zone).strftime(form) == now]
        return list(deeds)

    def _counts(self, deed: Deed, only: p.Only) -> bool:
        region = self.program.stores[deed.store].region if deed.store else None
        asked: Sequence[tuple[frozenset[Any], Iterable[Any]]] = (
            (only.brands, [deed.brand]),
            (only.stores, [deed.store]),
            (only.regions, [region]),
            (only.channels, [deed.channel]),
            (only.payments, deed.payments),
        )
        return (
            all(not names or set(names) & set(found) for names, found in asked)
            and only.discounted in (None, deed.discounted)
            and (not (only.categories or only.skus) or bool(_lines(deed, only)))
        )

    def _money(self, deed: Deed, only: p.Only) -> int:
        selects = only.categories or only.skus
        return sum(line.amount for line in _lines(deed, only)) if selects else deed.spend

    def _passed(self, then: datetime, least: int | None, most: int | None) -> bool:
        return (least is None or add_days(then, least, self.zone) <= self.at) and (
            most is None or self.at < add_days(then, most + 1, self.zone)
        )


def _lines(deed: Deed, only: p.Only) -> list[DeedLine]:
    if not (only.categories or only.skus):
        return list(deed.lines)
    return [line for line in deed.lines if {line.category, line.sku} & (only.categories | only.skus)]


def _average(gaps: list[timedelta]) -> Fraction | None:
    """In days."""
    if not gaps:
        return None
    return Fraction(sum(gaps, timedelta()) // timedelta(milliseconds=1), len(gaps) * 86_400_000)


def _yearly(day: date, first: int, last: int, *, in_march: bool = False) -> list[date]:
    """E10: those of the years from ``first`` to ``last``."""
    found = []
    for year in range(first, last + 1):
        try:
            found.append(day.replace(year=year))
        except ValueError:
            found.append(date(year, 3, 1) if in_march else date(year, 2, 28))
    return found
