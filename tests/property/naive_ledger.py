"""The ledger as one would explain it at a counter: grants of points, what was done to each, and nothing else.

Nothing is booked, nothing is kept up to date: each question is answered by going through everything that ever
happened. It shares no code with the ledger it judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

ALWAYS = datetime.max.replace(tzinfo=UTC)


class Fact(NamedTuple):
    """``points`` came or went at ``effective``; we have known it since ``recorded``."""

    points: int
    effective: datetime
    recorded: datetime


def total(facts: Iterable[Fact], at: datetime, as_of: datetime = ALWAYS) -> int:
    return sum(fact.points for fact in facts if fact.effective <= at and fact.recorded <= as_of)


@dataclass(eq=False)
class Activity:
    """What keeps sliding points alive, until it counts no more."""

    effective: datetime
    recorded: datetime
    purchase: str = ""
    withdrawn: datetime | None = None

    def counts(self, at: datetime, as_of: datetime) -> bool:
        withdrawn = self.withdrawn is not None and self.withdrawn <= min(at, as_of)
        return self.effective <= at and self.recorded <= as_of and not withdrawn


@dataclass(eq=False)
class Grant:
    """Points that came at once. ``activities`` are those that kept it alive (sliding points only).

    ``fixed`` is an end that no policy and no activity moves. ``floors`` are instants before which the points did not
    end, though what kept them alive was withdrawn then.
    """

    number: int
    begins: datetime
    facts: list[Fact]
    issuer: str
    activities: list[Activity] = field(default_factory=list)
    floors: list[datetime] = field(default_factory=list)
    fixed: datetime | None = None
    ended: datetime | None = None

    def left(self, at: datetime, as_of: datetime = ALWAYS) -> int:
        return total(self.facts, at, as_of)


Taken = list[tuple[Grant, int]]
"""Point by point: the grant, and 1."""


@dataclass(eq=False)
class NaiveHold:
    """Points set aside. They return at ``ends``, as is known from the beginning, unless something else happens."""

    key: str
    taken: Taken
    ends: datetime
    facts: list[Fact]


@dataclass
class NaiveLedger:
    """One member's points of one currency under one policy: its kind and its number (days, months or years)."""

    kind: str
    number: int
    pending_days: int
    zone: ZoneInfo
    courtesy_days: int = 0
    grants: list[Grant] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    redemptions: dict[str, Taken] = field(default_factory=dict)
    holds: dict[str, NaiveHold] = field(default_factory=dict)
    debts: dict[str, int] = field(default_factory=dict)
    owed: list[Fact] = field(default_factory=list)
    ended_by_hand: int = 0
    numbers: int = 0

    # --- what happens ---

    def earn(self, points: int, at: datetime, now: datetime, purchase: str, issuer: str) -> None:
        self.visit(at, now, purchase)
        if points:
            self._credit([(self._grant(points, at, now, issuer), points)], now)

    def visit(self, at: datetime, now: datetime, purchase: str = "") -> None:
        """An activity keeps alive what was not over when we came to know it, also where nothing is left of it now."""
        activity = Activity(at, now, purchase)
        self.activities.append(activity)
        for grant in self.grants:
            self._end_for_good(grant, now)
            grant.activities.append(activity)

    def give(self, points: int, now: datetime) -> None:
        self._credit([(self._grant(points, now, now, "maru"), points)], now)

    def bring_all(self, parts: Iterable[tuple[int, str, datetime, datetime | None]], now: datetime) -> None:
        """Points, issuer, begin and end of each: sent, converted or given again by courtesy."""
        came = []
        for points, issuer, begins, end in parts:
            grant = self._new(points, begins, now, now, issuer)
            grant.fixed = end or ALWAYS
            came.append((grant, points))
        self._credit(came, now)

    def redeem(self, key: str, points: int, now: datetime) -> None:
        self.redemptions[key] = self.take(points, now)
        self.visit(now, now)

    def take(self, points: int, now: datetime) -> Taken:
        """One point after the other, each from the grant that ends first."""
        return self._take_where(lambda grant: self._can_be_spent(grant, now), points, now)

    def hold(self, key: str, points: int, ends: datetime, now: datetime) -> None:
        taken = self.take(points, now)
        for grant, point in taken:
            grant.facts.append(Fact(point, ends, now))
        self.holds[key] = NaiveHold(key, taken, ends, [Fact(points, now, now), Fact(-points, ends, now)])

    def capture(self, key: str, points: int, now: datetime) -> None:
        """Those that end first are spent, the others return now instead of later."""
        hold = self.holds.pop(key)
        order = sorted(hold.taken, key=lambda taken: self._order(taken[0]))
        self.redemptions[key] = order[:points]
        for index, (grant, point) in enumerate(order):
            grant.facts.append(Fact(-point, hold.ends, now))
            if index >= points:
                grant.facts.append(Fact(point, now, now))
        hold.facts += [Fact(len(order), hold.ends, now), Fact(-len(order), now, now)]
        self.holds[f"{key}, over"] = hold
        if points:
            self.visit(now, now)

    def give_back(self, key: str, points: int, now: datetime, last_first: bool = True) -> None:
        """What was taken last returns; what is over by now comes as a new grant, if courtesy gives it some days."""
        spent = self.redemptions[key]
        self.redemptions[key], returned = spent[: len(spent) - points], spent[len(spent) - points :]
        came: Taken = []
        for grant, points_of_it in groupby(returned[::-1] if last_first else returned, lambda taken: taken[0]):
            number = len(list(points_of_it))
            if self.courtesy_days and self.is_over(grant, now):
                home = self._new(number, min(grant.begins, now), now, now, grant.issuer)
                home.fixed = self._midnight(self._day(now) + timedelta(days=self.courtesy_days + 1))
            else:
                home = grant
                home.facts.append(Fact(number, now, now))
            came.append((home, number))
        self._credit(came, now)

    def take_back(
        self, purchase: str, owed: int, *, numbers: frozenset[int], issuer: str, policy: str, now: datetime
    ) -> tuple[int, int]:
        """What was waived, and what is owed."""
        taken = self._take_where(lambda each: each.number in numbers and each.begins > now, owed, now)
        taken += self._take_where(lambda each: each.number in numbers, owed - len(taken), now)
        if policy == "clamp":
            taken += self._take_where(lambda each: each.issuer == issuer, owed - len(taken), now)
        missing = owed - len(taken)
        if policy == "debt" and missing:
            self.debts[purchase] = self.debts.get(purchase, 0) + missing
            self.owed.append(Fact(missing, now, now))
            return 0, missing
        return missing, 0

    def withdraw(self, purchase: str, now: datetime) -> None:
        """A purchase keeps nothing alive any more; what that ends, ends now."""
        for grant in self.grants:
            self._end_for_good(grant, now)
            grant.floors.append(now)
        for activity in self.activities:
            if activity.purchase == purchase:
                activity.withdrawn = now

    def expire(self, points: int, now: datetime) -> Taken:
        self.ended_by_hand += points
        return self.take(points, now)

    # --- what can be asked ---

    def balance(self, at: datetime, as_of: datetime = ALWAYS) -> tuple[int, int, int, int]:
        """Spendable, pending, held, owed."""
        spendable = pending = 0
        for grant in self.grants:
            if grant.begins > at:
                pending += grant.left(at, as_of)
            elif not self.is_over(grant, at, as_of):
                spendable += grant.left(at, as_of)
        held = sum(total(hold.facts, at, as_of) for hold in self.holds.values())
        return spendable, pending, held, total(self.owed, at, as_of)

    def open_grants(self, now: datetime) -> list[tuple[int, int, datetime, datetime | None]]:
        """What a settled wallet must hold: number, points, begin and end of each grant that is not used up or over."""
        grants = [each for each in self.grants if each.left(now) and not self.is_over(each, now)]
        return sorted((each.number, each.left(now), each.begins, self.end(each)) for each in grants)

    def open_holds(self, now: datetime) -> list[NaiveHold]:
        return [hold for hold in self.holds.values() if total(hold.facts, now)]

    def expired(self, now: datetime) -> int:
        return sum(each.left(now) for each in self.grants if self.is_over(each, now)) + self.ended_by_hand

    def instants(self) -> set[datetime]:
        """All begins and ends."""
        ends = {end for each in self.grants if (end := self.end(each))}
        return ends | {each.begins for each in self.grants} | {hold.ends for hold in self.holds.values()}

    def is_over(self, grant: Grant, at: datetime, as_of: datetime = ALWAYS) -> bool:
        ends = (grant.ended, self.end(grant, at, as_of))
        return any(end is not None and end <= at for end in ends)

    def end(self, grant: Grant, at: datetime = ALWAYS, as_of: datetime = ALWAYS) -> datetime | None:
        if grant.fixed:
            return None if grant.fixed == ALWAYS else grant.fixed
        day = self._day(grant.begins)
        match self.kind:
            case "never":
                return None
            case "rolling_days":
                return self._midnight(day + timedelta(days=self.number + 1))
            case "end_of_month":
                months = day.year * 12 + day.month + self.number
                return self._midnight(date(months // 12, months % 12 + 1, 1))
            case "end_of_year":
                return self._midnight(date(day.year + self.number + 1, 1, 1))
        counted = [each.effective for each in grant.activities if each.counts(at, as_of)]
        latest = self._day(max([grant.begins, *counted]))
        floors = [floor for floor in grant.floors if floor <= min(at, as_of)]
        return max([self._midnight(latest + timedelta(days=self.number + 1)), *floors])

    # --- how ---

    def _take_where(self, wanted: Callable[[Grant], bool], points: int, now: datetime) -> Taken:
        taken: Taken = []
        while len(taken) < points:
            there = [each for each in self.grants if each.left(now) > 0 and not self.is_over(each, now)]
            grant = min((each for each in there if wanted(each)), key=self._order, default=None)
            if grant is None:
                break
            grant.facts.append(Fact(-1, now, now))
            taken.append((grant, 1))
        return taken

    def _credit(self, came: Taken, now: datetime) -> None:
        """What comes repays what is owed, the oldest debt first, unless it is over."""
        for grant, points in sorted(came, key=lambda each: self._order(each[0])):
            for _ in range(0 if self.is_over(grant, now) else points):
                debt = next((purchase for purchase, left in self.debts.items() if left), None)
                if debt is not None:
                    self.debts[debt] -= 1
                    self.owed.append(Fact(-1, now, now))
                    grant.facts.append(Fact(-1, now, now))
                    if self.debts[debt] == 0:
                        del self.debts[debt]

    def _grant(self, points: int, at: datetime, now: datetime, issuer: str) -> Grant:
        """What comes so late that it is over by then stays over."""
        begins = self._midnight(self._day(at) + timedelta(days=self.pending_days)) if self.pending_days else at
        grant = self._new(points, begins, at, now, issuer)
        grant.activities = list(self.activities)
        self._end_for_good(grant, now)
        return grant

    def _end_for_good(self, grant: Grant, now: datetime) -> None:
        """Once points are over they stay over, from the end that they had. Whatever we learn since counts before it."""
        if grant.ended is None and self.is_over(grant, now):
            grant.ended = self.end(grant, now)

    def _new(self, points: int, begins: datetime, at: datetime, now: datetime, issuer: str) -> Grant:
        self.numbers += 1
        grant = Grant(self.numbers, begins, [Fact(points, at, now)], issuer)
        self.grants.append(grant)
        return grant

    def _order(self, grant: Grant) -> tuple[datetime, datetime, int]:
        return (self.end(grant) or ALWAYS, grant.begins, grant.number)

    def _can_be_spent(self, grant: Grant, at: datetime) -> bool:
        return grant.begins <= at and not self.is_over(grant, at)

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
