"""The ledger as one would explain it at a counter: grants of points, what was done to each, and nothing else.

Nothing is booked, nothing is kept up to date: each question is answered by going through everything that ever
happened. It shares no code with the ledger it judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

ALWAYS = datetime.max.replace(tzinfo=UTC)


class Fact(NamedTuple):
    """``points`` came or went at ``effective``; we have known it since ``recorded``."""

    points: int
    effective: datetime
    recorded: datetime


@dataclass
class Grant:
    """Points that came at once. ``activities`` are those that kept it alive (sliding points only)."""

    number: int
    begins: datetime
    facts: list[Fact]
    activities: list[Fact] = field(default_factory=list)

    def left(self, at: datetime = ALWAYS, as_of: datetime = ALWAYS) -> int:
        return sum(fact.points for fact in self.facts if fact.effective <= at and fact.recorded <= as_of)


@dataclass
class NaiveLedger:
    """One member's points of one currency under one policy: its kind and its number (days, months or years)."""

    kind: str
    number: int
    pending_days: int
    zone: ZoneInfo
    grants: list[Grant] = field(default_factory=list)
    activities: list[Fact] = field(default_factory=list)
    redemptions: dict[str, list[tuple[Grant, int]]] = field(default_factory=dict)

    # --- what happens ---

    def earn(self, points: int, at: datetime, now: datetime) -> None:
        self.visit(at, now)
        if points:
            self.grants.append(self._grant(points, at, now))

    def visit(self, at: datetime, now: datetime) -> None:
        """An activity keeps alive, also where nothing is left of it now, what was not over when we came to know it."""
        activity = Fact(0, at, now)
        self.activities.append(activity)
        for grant in self.grants:
            if not self.is_over(grant, now):
                grant.activities.append(activity)

    def give(self, points: int, now: datetime) -> None:
        self.grants.append(self._grant(points, now, now))

    def redeem(self, key: str, points: int, now: datetime) -> None:
        self.redemptions[key] = self.take(points, now)
        self.visit(now, now)

    def take(self, points: int, now: datetime) -> list[tuple[Grant, int]]:
        """One point after the other, each from the grant that ends first."""
        taken: list[tuple[Grant, int]] = []
        for _ in range(points):
            grant = min(
                (each for each in self.grants if each.left() and self._can_be_spent(each, now)),
                key=lambda each: (self.end(each) or ALWAYS, each.begins, each.number),
            )
            grant.facts.append(Fact(-1, now, now))
            taken.append((grant, 1))
        return taken

    def reverse(self, key: str, now: datetime) -> None:
        for grant, points in self.redemptions.pop(key):
            grant.facts.append(Fact(points, now, now))

    # --- what can be asked ---

    def balance(self, at: datetime, as_of: datetime = ALWAYS) -> tuple[int, int]:
        spendable = pending = 0
        for grant in self.grants:
            if grant.begins > at:
                pending += grant.left(at, as_of)
            elif not self.is_over(grant, at, as_of):
                spendable += grant.left(at, as_of)
        return spendable, pending

    def open_grants(self, now: datetime) -> list[tuple[int, int, datetime, datetime | None]]:
        """What a settled wallet must hold: number, points, begin and end of each grant that is not used up or over."""
        return [
            (each.number, each.left(), each.begins, self.end(each))
            for each in self.grants
            if each.left() and not self.is_over(each, now)
        ]

    def expired(self, now: datetime) -> int:
        return sum(each.left() for each in self.grants if self.is_over(each, now))

    def instants(self) -> set[datetime]:
        """All begins and ends."""
        ends = {end for each in self.grants if (end := self.end(each))}
        return ends | {each.begins for each in self.grants}

    def is_over(self, grant: Grant, at: datetime, as_of: datetime = ALWAYS) -> bool:
        end = self.end(grant, at, as_of)
        return end is not None and end <= at

    def end(self, grant: Grant, at: datetime = ALWAYS, as_of: datetime = ALWAYS) -> datetime | None:
        day = grant.begins.astimezone(self.zone).date()
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
        counted = [each.effective for each in grant.activities if each.effective <= at and each.recorded <= as_of]
        latest = max([grant.begins, *counted]).astimezone(self.zone).date()
        return self._midnight(latest + timedelta(days=self.number + 1))

    def _grant(self, points: int, at: datetime, now: datetime) -> Grant:
        day = at.astimezone(self.zone).date()
        begins = self._midnight(day + timedelta(days=self.pending_days)) if self.pending_days else at
        return Grant(len(self.grants) + 1, begins, [Fact(points, at, now)], list(self.activities))

    def _can_be_spent(self, grant: Grant, at: datetime) -> bool:
        return grant.begins <= at and not self.is_over(grant, at)

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
