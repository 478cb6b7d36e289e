"""Two programmes over the same past: what becomes of all members under each, and whom the difference meets.

A `Comparison` is a sum over members, so parts of the members can be compared apart and put together after (`plus`):
the result is the same, except where a budget runs out, which every part would then give out for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from huitou.kernel.calendars import local_date
from huitou.program.model import CurrencyId, Program
from huitou.program.rules import RuleId
from huitou.program.tiers import TierId
from huitou.segments.facts import UNKNOWN, Insights
from huitou.simulator.collecting import seldom_collected
from huitou.simulator.history import History, Past
from huitou.simulator.replaying import Account, Issue, Replayer

MOST_AFFECTED = 20
"""Members that a report names."""


@dataclass(slots=True)
class Figures:
    """The accounts of many members, added up. ``tiers`` are the members in each at the end."""

    members: int = 0
    sales: int = 0
    unknown: int = 0
    unspent: int = 0
    issued: Counter[Issue] = field(default_factory=Counter)
    redeemed: Counter[Issue] = field(default_factory=Counter)
    expired: Counter[Issue] = field(default_factory=Counter)
    open: Counter[Issue] = field(default_factory=Counter)
    times: Counter[RuleId] = field(default_factory=Counter)
    points: Counter[RuleId] = field(default_factory=Counter)
    short: Counter[RuleId] = field(default_factory=Counter)
    tiers: Counter[TierId | None] = field(default_factory=Counter)
    ups: int = 0
    downs: int = 0

    def add(self, account: Account) -> None:
        """One member more."""
        self.members += 1
        self.tiers[account.tier] += 1
        for name in _SHARED:
            mine, more = getattr(self, name), getattr(account, name)
            if isinstance(mine, Counter):
                mine.update(more)
            else:
                setattr(self, name, mine + more)

    def plus(self, other: Figures) -> Figures:
        """Both together. (Not the sum of counters by ``+``, which forgets what is 0.)"""
        total = Figures()
        for name in Figures.__slots__:
            for part in (self, other):
                mine, more = getattr(total, name), getattr(part, name)
                mine.update(more) if isinstance(mine, Counter) else setattr(total, name, mine + more)
        return total


_SHARED = [name for name in Figures.__slots__ if name in Account.__slots__]
"""What an account has to add up."""


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


class Affected(NamedTuple):
    """A member whom the change meets."""

    name: str
    gain: Gain
    before: Account
    after: Account


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
    affected: Sequence[Affected] = ()
    """At most `MOST_AFFECTED`: the largest differences, up or down, first."""

    def add(self, each: Affected) -> None:
        """One member more."""
        self.before.add(each.before)
        self.after.add(each.after)
        self.moved[each.before.tier, each.after.tier] += 1
        self.gaining += each.gain.is_more
        self.losing += each.gain.is_less
        if each.gain != _NO_GAIN or each.before.tier != each.after.tier:
            self.affected = _most([*self.affected, each])

    def plus(self, other: Comparison) -> Comparison:
        """Both together."""
        moved = self.moved.copy()
        moved.update(other.moved)
        return Comparison(
            self.before.plus(other.before),
            self.after.plus(other.after),
            moved,
            self.gaining + other.gaining,
            self.losing + other.losing,
            _most([*self.affected, *other.affected]),
        )


def compare(
    past: Past, before: Program, after: Program, until: datetime, insights: Insights = UNKNOWN
) -> Iterator[Comparison]:
    """Replays one member after the other; yields, after each, the comparison so far (the same object, growing)."""
    comparison = Comparison()
    sides = Replayer(before, until, insights), Replayer(after, until, insights)
    worth = worths(before, until)
    yield comparison
    with seldom_collected():
        for history in past.histories():
            yield _compared(comparison, history, sides, worth)


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


def _most(affected: Iterable[Affected]) -> list[Affected]:
    return sorted(affected, key=lambda each: (-abs(each.gain.money), -abs(each.gain.points), each.name))[:MOST_AFFECTED]
