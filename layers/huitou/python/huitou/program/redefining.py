"""What a publication changes of who is in which segment."""

from __future__ import annotations

from huitou.program.looking_back import leaves_of, named_by
from huitou.program.model import Program, StoreId
from huitou.program.predicates import Behaviour, InTier, Leaf, Segment, Share, Since, TierAtRisk, UsualHour
from huitou.program.rules import SegmentId


def redefined(before: Program, after: Program) -> frozenset[SegmentId]:
    """The segments that mean something else in ``after``, that are new there, or that there are no more.

    What they are called changes nothing; where stores lie, and what tiers mean, does for those that ask for it.
    """
    found = {each for each in before.segments if each not in after.segments}
    tiers, regions = before.tiers != after.tiers, _regions(before) != _regions(after)
    for segment in after.segments.values():  # each after those that it names
        old = before.segments.get(segment.id)
        same = old is not None and (old.brand, old.when) == (segment.brand, segment.when)
        asks = any(_asks(leaf, tiers, regions) for leaf in _all(segment))
        if not same or asks or not found.isdisjoint(named_by(segment)):
            found.add(segment.id)
    return frozenset(found)


def _all(segment: Segment) -> tuple[Leaf, ...]:
    return tuple(leaves_of(segment.when)) if segment.when else ()


def _asks(leaf: Leaf, tiers: bool, regions: bool) -> bool:
    """Whether it asks for tiers, or for regions, where these have changed."""
    match leaf:
        case InTier() | TierAtRisk():
            return tiers
        case Behaviour(only=only) | Share(only=only) | Since(only=only) | UsualHour(only=only):
            return regions and bool(only.regions)
    return False


def _regions(program: Program) -> dict[StoreId, str]:
    return {store.id: store.region for store in program.stores.values()}
