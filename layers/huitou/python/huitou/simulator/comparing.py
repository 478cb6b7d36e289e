"""Two programmes over the same past: what becomes of all members under each, and whom the difference meets.

A `Comparison` is a sum over members, so parts of the members can be compared apart and put together after (`plus`):
the result is the same, except where a budget runs out, which every part would then give out for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple, TypeVar

from huitou.kernel.calendars import local_date
from huitou.program.model import CurrencyId, Program
from huitou.program.rules import SegmentId
from huitou.program.tiers import TierId
from huitou.segments.facts import UNKNOWN, Insights
from huitou.simulator.account import Account, Sums
from huitou.simulator.history import History, Past
from huitou.simulator.replaying import Replayer, Talk
from huitou.simulator.sides import Sides

MOST_AFFECTED = 20
"""Members that a report names."""
MOST_OF_GROUP = 3
"""Members that it names of each brand and segment."""
BRAND, SEGMENT = "brand", "segment"

Tie = tuple[str, str | None]
"""What ties members together: `BRAND` and the id of one at which they bought; `SEGMENT` and the id of one that they are
in at the end under the programme compared with, or None for who is in none. A member may be of several groups.
"""


@dataclass(slots=True)
class Figures(Sums):
    """The accounts of many members, added up. ``tiers`` and ``segments`` are the members in each at the end."""

    members: int = 0
    tiers: Counter[TierId | None] = field(default_factory=Counter)
    segments: Counter[SegmentId] = field(default_factory=Counter)

    def take(self, account: Account) -> None:
        """One member more."""
        self.add(account)
        self.members += 1
        self.tiers[account.tier] += 1
        self.segments.update(account.segments)

    def plus(self, other: Figures) -> Figures:
        """Both together."""
        total = Figures()
        for part in (self, other):
            total.add(part)
            total.members += part.members
            total.tiers.update(part.tiers)
            total.segments.update(part.segments)
        return total


class Gain(NamedTuple):
    """What a member was issued more under the changed programme, or less (below 0).

    In smallest units of money, as far as the programme compared with says what points are worth, and of points.
    """

    money: Fraction
    points: int

    @property
    def is_more(self) -> bool:
        return self > _NO_GAIN

    @property
    def is_less(self) -> bool:
        return self < _NO_GAIN


_NO_GAIN = Gain(Fraction(0), 0)
C = TypeVar("C")


class Affected(NamedTuple):
    """A member whom the change meets."""

    name: str
    gain: Gain
    before: Account
    after: Account

    @property
    def is_changed(self) -> bool:
        ends = [(account.tier, account.segments) for account in (self.before, self.after)]
        return self.gain != _NO_GAIN or ends[0] != ends[1]

    @property
    def ties(self) -> Iterator[Tie]:
        """The groups that the member is of."""
        yield from ((BRAND, brand) for brand in self.before.sales_at.keys() | self.after.sales_at.keys())
        yield from ((SEGMENT, segment) for segment in self.before.segments or (None,))


@dataclass(slots=True)
class Comparison:
    """The difference: both sides, how members move between tiers by it, how many gain and lose, and the most affected.

    ``moved`` counts members by the tier at the end under both programmes.
    """

    before: Figures = field(default_factory=Figures)
    after: Figures = field(default_factory=Figures)
    moved: Counter[tuple[TierId | None, TierId | None]] = field(default_factory=Counter)
    gaining: int = 0
    losing: int = 0
    affected: tuple[Affected, ...] = ()
    """At most ``most``: the largest differences, up or down, first."""
    entering: Counter[SegmentId] = field(default_factory=Counter)
    """Members who end in a segment by the change."""
    leaving: Counter[SegmentId] = field(default_factory=Counter)
    resettled: int = 0
    """Members who end in other segments."""
    groups: dict[Tie, Comparison] = field(default_factory=dict)
    """The same of groups of the members, which have none themselves."""
    most: int = MOST_AFFECTED

    def add(self, each: Affected) -> None:
        """One member more, also of the groups that they are of."""
        self._add(each)
        for tie in each.ties:
            self.groups.setdefault(tie, Comparison(most=MOST_OF_GROUP))._add(each)

    def _add(self, each: Affected) -> None:
        self.before.take(each.before)
        self.after.take(each.after)
        self.entering.update(each.after.segments - each.before.segments)
        self.leaving.update(each.before.segments - each.after.segments)
        self.resettled += each.before.segments != each.after.segments
        self.moved[each.before.tier, each.after.tier] += 1
        self.gaining += each.gain.is_more
        self.losing += each.gain.is_less
        if each.is_changed:
            self.affected = _most([*self.affected, each], self.most)

    def plus(self, other: Comparison) -> Comparison:
        """Both together."""
        ties = self.groups.keys() | other.groups.keys()
        return Comparison(
            self.before.plus(other.before),
            self.after.plus(other.after),
            _together(self.moved, other.moved),
            self.gaining + other.gaining,
            self.losing + other.losing,
            _most([*self.affected, *other.affected], self.most),
            _together(self.entering, other.entering),
            _together(self.leaving, other.leaving),
            self.resettled + other.resettled,
            {tie: self._group(tie).plus(other._group(tie)) for tie in ties},
            self.most,
        )

    def _group(self, tie: Tie) -> Comparison:
        return self.groups.get(tie) or Comparison(most=MOST_OF_GROUP)


def compare(
    past: Past, sides: Sides, until: datetime, insights: Insights = UNKNOWN, *, since: datetime | None = None
) -> Iterator[Comparison]:
    """Replays one member after the other; yields, after each, the comparison so far (the same object, growing).

    ``since`` is when the past begins; None: with each member.
    """
    comparison = Comparison()
    before, after = (
        Replayer(program, until, insights, Talk(speech, past.tells.agreed_percent, since) if speech else None)
        for program, speech in zip(sides[:2], sides.spoken, strict=True)
    )
    worth = worths(sides.before, until)
    yield comparison
    for history in past.histories():
        yield _compared(comparison, history, (before, after), worth)


def _compared(
    comparison: Comparison, history: History, sides: tuple[Replayer, Replayer], worth: dict[CurrencyId, Fraction]
) -> Comparison:
    before, after = (side.replay(history) for side in sides)
    comparison.add(Affected(history.name, _gain(before, after, worth), before, after))
    return comparison


def worths(program: Program, at: datetime) -> dict[CurrencyId, Fraction]:
    """What one smallest unit of points is worth on the day of ``at`` (M13); currencies without a worth are left out."""
    day = local_date(at, program.zone)
    held = sorted((each for each in program.settlement.worth if each.since <= day), key=lambda each: each.since)
    return {each.currency: Fraction(each.money, each.points) for each in held}


def _gain(before: Account, after: Account, worth: dict[CurrencyId, Fraction]) -> Gain:
    money, points = Fraction(0), 0
    for issue in before.issued.keys() | after.issued.keys():
        more = after.issued[issue] - before.issued[issue]
        money += more * worth.get(issue[0], 0)
        points += more
    return Gain(money, points)


def _together(counted: Counter[C], more: Counter[C]) -> Counter[C]:
    total = counted.copy()
    total.update(more)
    return total


def _most(affected: Iterable[Affected], most: int) -> tuple[Affected, ...]:
    found = sorted(affected, key=lambda each: (-abs(each.gain.money), -abs(each.gain.points), each.name))
    return tuple(found[:most])
