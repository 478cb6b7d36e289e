"""Facts of members for tests: all that predicates may ask about, much of it where clocks are put forward or back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from huitou.kernel.channels import MessageChannel
from huitou.kernel.ids import Digest
from huitou.kernel.values import changed
from huitou.members.model import ConsentKey, Tag
from huitou.points.wallet import Hold, Lot, LotChange, Wallet
from huitou.program.model import GROUP
from huitou.segments.facts import Deed, DeedLine, Facts, Insights, RfmScale
from tests.builders import document, lot, program, wallet
from tests.deeds import CDNOW
from tests.positions import Tiers
from tests.predicates import LISTS, STORES, TAGS, TIERS

T = TypeVar("T")
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


def facts(deeds: Sequence[Deed] = (), **changes: Any) -> Facts:
    """Of who enrolled at `FIRST`, and of whom nothing is known but this."""
    given: dict[str, Any] = {"enrolled_at": FIRST, "joined": {}, "wallets": {}, "tiers": Tiers()}
    return Facts(**{**given, "deeds": tuple(sorted(deeds, key=lambda deed: deed.at)), **changes})


class Dice:
    """Choices read off one number: drawn at once, where drawing one after the other takes most of a test's time."""

    def __init__(self, thrown: bytes) -> None:
        self._left = int.from_bytes(thrown, "big")

    def number(self, below: int) -> int:
        self._left, found = divmod(self._left, below)
        return found

    def one(self, *choices: T) -> T:
        return choices[self.number(len(choices))]

    def some(self, *choices: T) -> frozenset[T]:
        return frozenset(each for each in choices if self.number(2))


THROWS = st.binary(min_size=12, max_size=12).map(Dice)


def instant(dice: Dice) -> datetime:
    """Some time in 500 days, often near a change of clocks or days before it, or at the end of a month."""
    match dice.number(5):
        case 0 | 1:
            return FIRST + timedelta(minutes=dice.number(500 * 24 * 60))
        case 2 | 3:
            days = dice.one(0, 0, 0, -1, -2, -7, 1)
            return dice.one(*CHANGES) + timedelta(days=days, minutes=10 * (dice.number(31) - 15))
    day = dice.one(date(2026, 1, 31), date(2026, 2, 28), date(2026, 12, 31), date(2028, 2, 29))
    hours, millis = dice.number(36) - 12, dice.number(3) - 1
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours, milliseconds=millis)


INSTANTS = THROWS.map(instant)


def deed(dice: Dice) -> Deed:
    """A purchase, rarely one of nothing, or a visit without one."""
    brand = dice.one("maru", "sora")
    at, store = instant(dice), dice.one(STORES[brand][0], None)
    if dice.number(5) == 0:
        return Deed(at, brand, store, is_purchase=False)
    lines = tuple(_line(dice) for _ in range(1 + dice.number(3)))
    return Deed(
        at,
        brand,
        store,
        is_purchase=True,
        channel=dice.one("store", "app"),
        spend=sum(line.amount for line in lines),
        lines=lines,
        payments=dice.some("cash", "card"),
        discounted=dice.one(False, True),
    )


def _line(dice: Dice) -> DeedLine:
    return DeedLine(dice.one("bread-1", "tea-1", "cup-1"), dice.one("bread", "tea", None), dice.one(30, 100, 450, 0))


def begun(dice: Dice) -> tuple[Lot, Hold | None]:
    """Points that begin and may end, and some of them that are held."""
    begin, days = instant(dice), dice.one(None, *range(0, 120, 7))
    end = None if days is None else begin + timedelta(days=days)
    held = lot(1, dice.number(500), active_at=begin, expires_at=end)
    if dice.number(3):
        return held, None
    return held, Hold(Digest("held"), "maru", (LotChange(-1 - dice.number(300), held),), instant(dice))


def in_wallet(begins: Sequence[tuple[Lot, Hold | None]]) -> Wallet:
    """All of these in one."""
    lots = [changed(each, number=number) for number, (each, _) in enumerate(begins, 1)]
    holds = [
        hold._replace(parts=(LotChange(hold.parts[0].amount, each),))
        for each, (_, hold) in zip(lots, begins, strict=True)
        if hold
    ]
    return wallet(*lots, holds=tuple(holds))


WALLETS = st.lists(THROWS.map(begun), max_size=4).map(in_wallet)
BRANDS = ("maru", "sora", GROUP)
CONSENTS = tuple(ConsentKey(channel, brand, "marketing") for channel in MessageChannel for brand in BRANDS)
SCALES = st.sampled_from(
    (
        RfmScale(90, (60, 30, 14, 3), (2, 3, 4, 6), (100, 300, 600, 1500)),
        RfmScale(365, (200, 90, 40, 12), (1, 3, 8, 12), (100, 1000, 2000, 4000)),
    )
)
FACTS: SearchStrategy[Facts] = st.builds(
    facts,
    st.lists(THROWS.map(deed), max_size=14),
    joined=THROWS.map(lambda dice: {brand: instant(dice) for brand in dice.some("maru", "sora")}),
    wallets=st.fixed_dictionaries({"points": WALLETS}, optional={"beans": WALLETS}),
    tiers=THROWS.map(
        lambda dice: Tiers(sorted({instant(dice): dice.one(*TIERS) for _ in range(dice.number(4))}.items()))
    ),
    birthday=st.none() | st.sampled_from((date(1996, 2, 29), date(1990, 12, 31), date(2001, 1, 1), date(1984, 3, 28))),
    gender=st.sampled_from((None, "female", "male")),
    language=st.sampled_from((None, "zh-TW", "ja")),
    home_store=st.sampled_from((None, "m1", "s1")),
    tags=THROWS.map(lambda dice: dice.some(*(Tag(brand, name) for brand in BRANDS for name in (*TAGS, *LISTS)))),
    consents=THROWS.map(lambda dice: dice.some(*CONSENTS)),
    insights=st.builds(Insights, st.sampled_from((None, CDNOW)), st.none() | SCALES),
)
