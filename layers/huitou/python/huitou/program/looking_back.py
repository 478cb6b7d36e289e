"""What segments need to be judged: each other, how much of what a member did, and what is known of everybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter

from huitou.program.model import NO_LINES, LinesAsked
from huitou.program.predicates import (
    Alive,
    AllOf,
    AnyOf,
    Behaviour,
    InSegment,
    LastDays,
    Leaf,
    Not,
    Overdue,
    Predicate,
    RfmClass,
    Segment,
    Share,
    Since,
    ThisPeriod,
    UsualHour,
    Window,
)
from huitou.program.rules import SegmentId

_LONGEST = {"month": 31, "year": 366}


def leaves_of(predicate: Predicate) -> Iterator[Leaf]:
    """Everything that it asks, from left to right."""
    match predicate:
        case AllOf(of=parts) | AnyOf(of=parts):
            for part in parts:
                yield from leaves_of(part)
        case Not(of=part):
            yield from leaves_of(part)
        case _:
            yield predicate


def in_order(segments: Iterable[Segment]) -> dict[SegmentId, Segment]:
    """By id, each after those that it names. Raises `graphlib.CycleError` where they name each other in a circle."""
    known = {segment.id: segment for segment in segments}
    named = {name: sorted(named_by(segment)) for name, segment in known.items()}
    return {name: known[name] for name in TopologicalSorter(named).static_order()}


def needed_by(names: Iterable[SegmentId], segments: Mapping[SegmentId, Segment]) -> dict[SegmentId, Segment]:
    """Those segments and all that they name, and these name; in the order of ``segments``."""
    rest = list(names)
    needed = set(rest)
    while rest:
        named = named_by(segments[rest.pop()]) - needed
        needed |= named
        rest += named
    return {each: segment for each, segment in segments.items() if each in needed}


def named_by(segment: Segment) -> set[SegmentId]:
    """The other segments that its conditions ask for."""
    leaves = leaves_of(segment.when) if segment.when else ()
    return {name for leaf in leaves if isinstance(leaf, InSegment) for name in leaf.segments}


def looks_back_days(segments: Iterable[Segment]) -> int | None:
    """How many local days of what a member did are enough to judge all of them; None: all there is."""
    reaches = [_reach(leaf) for segment in segments if segment.when for leaf in leaves_of(segment.when)]
    known = [reach for reach in reaches if reach is not None]
    return max(known, default=0) if len(known) == len(reaches) else None


def lines_asked(segments: Iterable[Segment]) -> LinesAsked:
    """Which lines of what a member bought are enough to judge all of them."""
    asked = [_lines(leaf) for segment in segments if segment.when for leaf in leaves_of(segment.when)]
    some = [each.categories for each in asked if each.categories is not None]
    categories = frozenset[str]().union(*some) if len(some) == len(asked) else None
    return LinesAsked(categories, frozenset[str]().union(*(each.skus for each in asked)))


def comparing(segments: Iterable[Segment]) -> frozenset[SegmentId]:
    """Those that compare a member with what is known of all together, or name one that does.

    ``segments`` come in an order in which each is after those that it names.
    """
    found: set[SegmentId] = set()
    for segment in segments:
        leaves = leaves_of(segment.when) if segment.when else ()
        if any(isinstance(leaf, Alive | RfmClass) for leaf in leaves) or not found.isdisjoint(named_by(segment)):
            found.add(segment.id)
    return frozenset(found)


def _reach(leaf: Leaf) -> int | None:
    match leaf:
        case Behaviour(window=window) | Share(window=window) | UsualHour(window=window):
            return _length(window)
        case Since(which="last", least=None, most=int(most)):
            return most + 1
        case Since() | Overdue() | Alive() | RfmClass():
            return None
    return 0


def _lines(leaf: Leaf) -> LinesAsked:
    match leaf:
        case Behaviour(quantity="categories", only=only) if only.skus or not only.categories:
            return LinesAsked(None, only.skus)
        case Behaviour(only=only) | Share(only=only) | Since(only=only) | UsualHour(only=only):
            return LinesAsked(only.categories, only.skus)
    return NO_LINES


def _length(window: Window) -> int | None:
    match window:
        case LastDays(days=days):
            return days
        case ThisPeriod(period=period):
            return _LONGEST[period]
    return None
