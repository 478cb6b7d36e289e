"""Facts of members for tests: all that predicates may ask about, much of it where clocks are put forward or back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from huitou.kernel.ids import Digest
from huitou.members.model import ConsentChannel, ConsentKey, Tag
from huitou.points.wallet import Hold, Lot, Wallet
from huitou.program.model import GROUP
from huitou.program.tiers import TierId
from huitou.segments.facts import Deed, DeedLine, Facts, Insights, RfmScale
from tests.builders import document, lot, program, wallet
from tests.deeds import CDNOW
from tests.predicates import LISTS, STORES, TAGS, TIERS, some

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Asia/Taipei", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
PROGRAMS = {name: program(document(time_zone=name)) for name in ZONES}
"""A programme on the calendar of each zone."""
CHANGES = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2026-03-29T01:00Z",  # Berlin, forward
        "2026-10-25T01:00Z",  # Berlin, back
        "2026-03-08T07:00Z",  # New York, forward
        "2026-11-01T06:00Z",  # New York, back
        "2026-04-04T15:00Z",  # Lord Howe, half an hour back
        "2026-10-03T15:30Z",  # Lord Howe, half an hour forward
    )
)
"""When clocks were changed."""


class Tiers:
    """Of who has a tier from each of these instants on."""

    def __init__(self, changes: Mapping[datetime, TierId]) -> None:
        self._changes = sorted(changes.items())

    def tier_at(self, at: datetime) -> TierId | None:
        return next((tier for since, tier in reversed(self._changes) if since <= at), None)

    def changes_after(self, at: datetime) -> datetime | None:
        return next((since for since, _ in self._changes if since > at), None)


def facts(deeds: Sequence[Deed] = (), **changes: Any) -> Facts:
    """Of who enrolled at `FIRST`, and of whom nothing is known but this."""
    given: dict[str, Any] = {"enrolled_at": FIRST, "joined": {}, "wallets": {}, "tiers": Tiers({})}
    return Facts(**{**given, "deeds": tuple(sorted(deeds, key=lambda deed: deed.at)), **changes})


MINUTES = st.integers(0, 500 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
NEAR_CHANGES = st.builds(
    lambda change, days, minutes: change + timedelta(days=days, minutes=10 * minutes),
    st.sampled_from(CHANGES),
    st.sampled_from((-7, -2, -1, 0, 0, 0, 1)),
    st.integers(-15, 15),
)
MONTH_ENDS = st.builds(
    lambda day, hours, millis: (
        datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hours, milliseconds=millis)
    ),
    st.sampled_from((date(2026, 1, 31), date(2026, 2, 28), date(2026, 12, 31), date(2028, 2, 29))),
    st.integers(-12, 24),
    st.integers(-1, 1),
)
INSTANTS: SearchStrategy[datetime] = st.one_of(MINUTES, MINUTES, NEAR_CHANGES, NEAR_CHANGES, MONTH_ENDS)

LINES = st.builds(
    DeedLine,
    st.sampled_from(("bread-1", "tea-1", "cup-1")),
    st.sampled_from(("bread", "tea", None)),
    st.sampled_from((0, 30, 100, 450)),
)


@st.composite
def deeds(draw: st.DrawFn) -> Deed:
    """A purchase, rarely one of nothing, or a visit without one."""
    brand = draw(st.sampled_from(("maru", "sora")))
    at, store = draw(INSTANTS), draw(st.sampled_from((STORES[brand][0], None)))
    if draw(st.integers(0, 4)) == 0:
        return Deed(at, brand, store, is_purchase=False)
    lines = draw(st.lists(LINES, min_size=1, max_size=3))
    return Deed(
        at,
        brand,
        store,
        is_purchase=True,
        channel=draw(st.sampled_from(("store", "app"))),
        spend=sum(line.amount for line in lines),
        lines=tuple(lines),
        payments=draw(some("cash", "card")),
        discounted=draw(st.booleans()),
    )


@st.composite
def wallets(draw: st.DrawFn) -> Wallet:
    """Some lots that start and end, and holds of some of their points."""
    lots = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        begin, days = draw(INSTANTS), draw(st.one_of(st.none(), st.integers(0, 120)))
        end = None if days is None else begin + timedelta(days=days)
        lots.append(lot(number, draw(st.integers(0, 500)), active_at=begin, expires_at=end))
    return wallet(*lots, holds=tuple(_hold(draw, each) for each in lots if draw(st.integers(0, 3)) == 0))


def _hold(draw: st.DrawFn, held: Lot) -> Hold:
    points = draw(st.integers(1, 300))
    return Hold(Digest(f"hold-{held.number}"), "maru", (held.change(-points)._replace(lot=held),), draw(INSTANTS))


SCALES = st.sampled_from(
    (
        RfmScale(90, (60, 30, 14, 3), (2, 3, 4, 6), (100, 300, 600, 1500)),
        RfmScale(365, (200, 90, 40, 12), (1, 3, 8, 12), (100, 1000, 2000, 4000)),
    )
)
FACTS: SearchStrategy[Facts] = st.builds(
    facts,
    st.lists(deeds(), max_size=14),
    joined=st.dictionaries(st.sampled_from(("maru", "sora")), INSTANTS),
    wallets=st.dictionaries(st.sampled_from(("points", "beans")), wallets()),
    tiers=st.dictionaries(INSTANTS, st.sampled_from(TIERS), max_size=3).map(Tiers),
    birthday=st.none() | st.sampled_from((date(1996, 2, 29), date(1990, 12, 31), date(2001, 1, 1), date(1984, 3, 28))),
    gender=st.sampled_from((None, "female", "male")),
    language=st.sampled_from((None, "zh-TW", "ja")),
    home_store=st.sampled_from((None, "m1", "s1")),
    tags=st.frozensets(st.builds(Tag, st.sampled_from(("maru", "sora", GROUP)), st.sampled_from(TAGS))),
    consents=st.frozensets(
        st.builds(
            ConsentKey,
            st.sampled_from(ConsentChannel),
            st.sampled_from(("maru", "sora", GROUP)),
            st.sampled_from(("marketing", "birthday")),
        )
    ),
    lists=some(*LISTS),
    insights=st.builds(Insights, st.sampled_from((None, CDNOW)), st.none() | SCALES),
)
