"""What a publication changes of who is in which segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

from huitou.program.looking_back import leaves_of, named_by
from huitou.program.model import Program, StoreId
from huitou.program.predicates import (
    Age,
    Behaviour,
    BirthdayNear,
    InTier,
    Leaf,
    Segment,
    Share,
    Since,
    TierAtRisk,
    UsualHour,
)
from huitou.program.rules import SegmentId


def redefined(before: Program, after: Program) -> frozenset[SegmentId]:
    """The segments that mean something else in ``after``, that are new there, or that there are no more.

    What they are called changes nothing; where stores lie, what tiers mean, and when those born on 29 February have
    their birthday, does for those that ask for it.
    """
    found = {each for each in before.segments if each not in after.segments}
    changed = [kind for kind, what in _MEANINGS.items() if what(before) != what(after)]
    for segment in after.segments.values():  # each after those that it names
        old = before.segments.get(segment.id)
        same = old is not None and (old.brand, old.when) == (segment.brand, segment.when)
        asks = any(_asks(leaf, kind) for kind in changed for leaf in _all(segment))
        if not same or asks or not found.isdisjoint(named_by(segment)):
            found.add(segment.id)
    return frozenset(found)


def _all(segment: Segment) -> tuple[Leaf, ...]:
    return tuple(leaves_of(segment.when)) if segment.when else ()


def _asks(leaf: Leaf, kind: str) -> bool:
    """Whether it asks for what has changed."""
    match kind, leaf:
        case "tiers", InTier() | TierAtRisk():
            return True
        case "birthdays", BirthdayNear() | Age():
            return True
        case "regions", Behaviour(only=only) | Share(only=only) | Since(only=only) | UsualHour(only=only):
            return bool(only.regions)
    return False


def _regions(program: Program) -> dict[StoreId, str]:
    return {store.id: store.region for store in program.stores.values()}


_MEANINGS: Mapping[str, Callable[[Program], object]] = {
    "tiers": attrgetter("tiers"),
    "birthdays": attrgetter("leap_day_in_march"),
    "regions": _regions,
}
"""What segments mean may change by these."""
