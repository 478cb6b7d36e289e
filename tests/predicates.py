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
    AnniversaryNear,
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
    Quantity,
    RfmClass,
    Share,
    Since,
    Tagged,
    ThisPeriod,
    TierAtRisk,
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


def _behaviour(quantity: Quantity, within: SearchStrategy[Bounds]) -> Mapping[str, SearchStrategy[Any]]:
    return {quantity: st.builds(Behaviour, st.just(quantity), within, WINDOWS, purchases())}


def _since(which: str, of: str) -> Mapping[str, SearchStrategy[Any]]:
    asking = st.builds(lambda asked, only: Since(which, of, **asked, only=only), days(least=1), purchases())  # type: ignore[arg-type]
    return {f"days_since_{which}_{of}": asking}


ASKING: Mapping[type[Leaf], Mapping[str, SearchStrategy[Any]]] = {
    Behaviour: {
        **_behaviour("purchases", bounds(st.integers(1, 14))),
        **_behaviour("visits", bounds(st.integers(1, 14))),
        **_behaviour("spend", bounds(st.integers(1, 5000))),
        **_behaviour("average_basket", bounds(st.integers(1, 5000))),
        **_behaviour("brands", _ONE_OR_NONE),
        **_behaviour("stores", _ONE_OR_NONE),
        **_behaviour("categories", _ONE_OR_NONE),
        **_behaviour("interval", bounds(hundredths(1, 9000))),
    },
    Share: {
        "share": st.builds(
            Share, bounds(st.builds(Fraction, st.integers(1, 999), st.just(1000))), WINDOWS, purchases(least=1)
        )
    },
    Since: {
        **_since("first", "purchase"),
        **_since("last", "purchase"),
        **_since("first", "visit"),
        **_since("last", "visit"),
    },
    UsualHour: {
        "usual_hour": st.builds(
            lambda hours, window, only: UsualHour(hours[0], hours[1], window, only), _HOURS, WINDOWS, purchases()
        )
    },
    Overdue: {"overdue": st.builds(Overdue, hundredths(50, 500))},
    Alive: {"alive": st.builds(Alive, bounds(st.builds(Fraction, st.integers(1, 999), st.just(1000))))},
    RfmClass: {"rfm": st.builds(RfmClass, some(1, 2, 3), some(3, 4, 5), some(4, 5, least=1))},
    Age: {"age": st.builds(Age, bounds(st.integers(1, 99)))},
    BirthdayNear: {"birthday": st.builds(BirthdayNear, st.integers(0, 60), st.integers(0, 60))},
    BirthdayMonth: {"birthday_month": st.builds(BirthdayMonth)},
    AnniversaryNear: {"anniversary": st.builds(AnniversaryNear, st.integers(0, 60), st.integers(0, 60))},
    Joined: {
        "joined": st.builds(Joined, some("maru", "sora", least=1)),
        "days_since_joining": st.builds(
            lambda brands, asked: Joined(brands, **asked), some("maru", "sora", least=1), days(least=1)
        ),
        "days_since_enrolment": st.builds(lambda asked: Joined(**asked), days(least=1)),
    },
    ProfileIs: {
        "gender": st.builds(ProfileIs, st.just("gender"), some("female", "male", "other", least=1)),
        "language": st.builds(ProfileIs, st.just("language"), some("zh-TW", "ja", least=1)),
        "home_store": st.builds(ProfileIs, st.just("home_store"), some("m1", "s1", least=1)),
    },
    Tagged: {"tags": st.builds(Tagged, some(*TAGS, least=1))},
    Consents: {
        "consent": st.builds(
            Consents,
            st.sampled_from(("sms", "email", "line")),
            st.sampled_from(("marketing", "birthday")),
            st.sampled_from(("maru", "sora", GROUP)),
        )
    },
    HasPoints: {"points": st.builds(HasPoints, st.sampled_from(("points", "beans")), bounds(st.integers(1, 900)))},
    ExpiringPoints: {
        "expiring_points": st.builds(
            ExpiringPoints, st.sampled_from(("points", "beans")), st.integers(1, 90), bounds(st.integers(1, 900))
        )
    },
    InTier: {"tiers": st.builds(InTier, some(*TIERS, least=1))},
    TierAtRisk: {"tier_at_risk": st.builds(TierAtRisk, st.integers(1, 90))},
    InSegment: {"segments": st.builds(InSegment, some(*LISTS, least=1))},
}
"""Strategies for each kind of leaf, by the word with which the programme document asks for it."""
KIND_OF: Mapping[str, type[Leaf]] = {word: kind for kind, asking in ASKING.items() for word in asking}
LEAVES: Mapping[str, SearchStrategy[Any]] = {word: ASKING[kind][word] for word, kind in KIND_OF.items()}


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
