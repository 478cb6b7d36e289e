"""Predicates for tests: each kind of leaf, and trees of them, about the members of `tests.builders.document`.

All of them could be published: they name what that document knows, and their bounds can hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from huitou.program.model import GROUP
from huitou.program.predicates import (
    Age,
    Alive,
    AllOf,
    AnyOf,
    Behaviour,
    BirthdayMonth,
    BirthdayNear,
    Bounds,
    Consents,
    Ever,
    ExpiringPoints,
    HasPoints,
    InSegment,
    InTier,
    Joined,
    LastDays,
    Leaf,
    Not,
    Only,
    Overdue,
    Predicate,
    ProfileIs,
    RfmClass,
    Share,
    Since,
    Tagged,
    ThisPeriod,
    UsualHour,
    Window,
)

STORES = {"maru": ("m1", "north"), "sora": ("s1", "abroad")}
"""Store and region of each brand."""
TIERS = ("basic", "gold")
TAGS = ("vip", "staff")
LISTS = ("friends", "testers")
"""Static segments."""


def some(*names: Any, least: int = 0) -> SearchStrategy[frozenset[Any]]:
    """A set of these."""
    return st.frozensets(st.sampled_from(names), min_size=least)


def hundredths(least: int, most: int) -> SearchStrategy[Fraction]:
    return st.builds(Fraction, st.integers(least, most), st.just(100))


def bounds(numbers: SearchStrategy[Any]) -> SearchStrategy[Bounds]:
    """One or two bounds that something can keep; ``numbers`` are above zero."""
    two = st.tuples(numbers, numbers).map(sorted)
    return st.one_of(
        numbers.map(lambda least: Bounds(least=least)),
        numbers.map(lambda most: Bounds(most=most)),
        numbers.map(lambda above: Bounds(above=above)),
        numbers.map(lambda below: Bounds(below=below)),
        two.map(lambda pair: Bounds(least=pair[0], most=pair[1])),
    )


WINDOWS: SearchStrategy[Window] = st.one_of(
    st.builds(LastDays, st.integers(1, 400)),
    st.builds(ThisPeriod, st.sampled_from(("month", "year"))),
    st.builds(Ever),
)


@st.composite
def purchases(draw: st.DrawFn, least: int = 0) -> Only:
    """Which purchases count: of brands, of stores and regions of theirs, or otherwise; at least ``least`` is asked."""
    brand = draw(st.sampled_from((None, "maru", "sora")))
    store, region = STORES[brand] if brand else (None, None)
    only = Only(
        brands=frozenset({brand} if brand else ()),
        stores=draw(some(store)) if store else frozenset(),
        regions=draw(some(region)) if region else frozenset(),
        channels=draw(some("store", "app")),
        payments=draw(some("cash", "card", "line_pay")),
        categories=draw(some("bread", "tea")),
        skus=draw(some("bread-1", "tea-1")),
        discounted=draw(st.sampled_from((None, None, True, False))),
    )
    return Only(categories=frozenset({"bread"})) if least and only == Only() else only


@st.composite
def days(draw: st.DrawFn, *, least: int) -> dict[str, int | None]:
    """Days that may have passed; ``least`` bounds of two are given."""
    first, last = sorted((draw(st.integers(0, 400)), draw(st.integers(0, 400))))
    choices: Sequence[dict[str, int | None]] = (
        {"least": first, "most": last},
        {"least": first, "most": None},
        {"least": None, "most": last},
        {"least": None, "most": None},
    )
    return draw(st.sampled_from(choices[: 4 - least]))


_ONE_OR_NONE = st.sampled_from((Bounds(least=1), Bounds(most=1), Bounds(1, 1), Bounds(most=0), Bounds(below=1)))
"""Of brands or stores among which there may be one only."""
_HOURS = st.lists(st.integers(0, 23).map(time), min_size=2, max_size=2, unique=True)

LEAVES: Mapping[type[Leaf], SearchStrategy[Any]] = {
    Behaviour: st.one_of(
        st.builds(
            Behaviour, st.sampled_from(("purchases", "visits")), bounds(st.integers(1, 30)), WINDOWS, purchases()
        ),
        st.builds(Behaviour, st.sampled_from(("brands", "stores", "categories")), _ONE_OR_NONE, WINDOWS, purchases()),
        st.builds(
            Behaviour, st.sampled_from(("spend", "average_basket")), bounds(st.integers(1, 5000)), WINDOWS, purchases()
        ),
        st.builds(Behaviour, st.just("interval"), bounds(hundredths(1, 9000)), WINDOWS, purchases()),
    ),
    Share: st.builds(
        Share, bounds(st.builds(Fraction, st.integers(1, 999), st.just(1000))), WINDOWS, purchases(least=1)
    ),
    Since: st.builds(
        lambda which, of, asked, only: Since(which, of, **asked, only=only),
        st.sampled_from(("first", "last")),
        st.sampled_from(("purchase", "visit")),
        days(least=1),
        purchases(),
    ),
    UsualHour: st.builds(
        lambda hours, window, only: UsualHour(hours[0], hours[1], window, only), _HOURS, WINDOWS, purchases()
    ),
    Overdue: st.builds(Overdue, hundredths(50, 500)),
    Alive: st.builds(Alive, bounds(st.builds(Fraction, st.integers(1, 999), st.just(1000)))),
    RfmClass: st.builds(RfmClass, some(1, 2, 3), some(3, 4, 5), some(4, 5, least=1)),
    Age: st.builds(Age, bounds(st.integers(1, 99))),
    BirthdayNear: st.builds(BirthdayNear, st.integers(0, 60), st.integers(0, 60)),
    BirthdayMonth: st.builds(BirthdayMonth),
    Joined: st.builds(lambda brands, asked: Joined(brands, **asked), some("maru", "sora", least=1), days(least=0))
    | st.builds(lambda asked: Joined(**asked), days(least=1)),
    ProfileIs: st.one_of(
        st.builds(ProfileIs, st.just("gender"), some("female", "male", "other", least=1)),
        st.builds(ProfileIs, st.just("language"), some("zh-TW", "ja", least=1)),
        st.builds(ProfileIs, st.just("home_store"), some("m1", "s1", least=1)),
    ),
    Tagged: st.builds(Tagged, some(*TAGS, least=1)),
    Consents: st.builds(
        Consents,
        st.sampled_from(("sms", "email", "line")),
        st.sampled_from(("marketing", "birthday")),
        st.sampled_from(("maru", "sora", GROUP)),
    ),
    HasPoints: st.builds(HasPoints, st.sampled_from(("points", "beans")), bounds(st.integers(1, 900))),
    ExpiringPoints: st.builds(
        ExpiringPoints, st.sampled_from(("points", "beans")), st.integers(1, 90), bounds(st.integers(1, 900))
    ),
    InTier: st.builds(InTier, some(*TIERS, least=1)),
    InSegment: st.builds(InSegment, some(*LISTS, least=1)),
}
"""A strategy for each kind of leaf."""


def trees(leaves: SearchStrategy[Predicate]) -> SearchStrategy[Predicate]:
    """What all, any and not make of ``leaves``."""
    return st.recursive(
        leaves,
        lambda below: st.one_of(
            st.lists(below, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
            st.lists(below, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
            below.map(Not),
        ),
        max_leaves=5,
    )


PREDICATES: SearchStrategy[Predicate] = trees(st.one_of(*LEAVES.values()))
