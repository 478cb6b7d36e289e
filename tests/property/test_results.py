"""M21: what a result counts is what somebody counts who looks at everything that is kept, in the plainest way."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from huitou.campaigns.model import Journey, TurnOutcome
from huitou.kernel.ids import MemberId
from huitou.purchases.model import Purchase
from tests.builders import TAIPEI
from tests.campaigns import DAY, HELLO, Town, campaign
from tests.outbox import NOON
from tests.purchases import bill, bread, line, return_of
from tests.results import Assessor

WINDOWS = {"miss-you": 5, "again": 12}
BRANDS = {"miss-you": "maru", "again": "maru"}
WAITS = 3
TWICE = [HELLO, {"wait_days": WAITS}, {"give_points": {"currency": "points", "amount": 7}}]
WORTH: list[dict[str, Any]] = [
    {"currency": "points", "since": f"2026-{since}", "points": 9, "money": 4 + n}
    for n, since in enumerate(("01-01", "04-02", "04-05", "04-20"))
]


class Deed(NamedTuple):
    """One of three members buys two things on a day; of these so many come back some days later."""

    member: int
    day: int
    at: str
    paid: int
    back: int


DEEDS = st.builds(
    Deed,
    st.integers(0, 2),
    st.integers(28, 60),
    st.sampled_from(["maru", "sora"]),
    st.integers(1, 50),
    st.integers(0, 2),
)


@given(deeds=st.lists(DEEDS, max_size=8), drawn=st.integers(0, 100))
def test_a_result_is_what_a_plain_count_finds(deeds: list[Deed], drawn: int) -> None:
    town = Town(
        campaign(steps=TWICE, stays=False, attribution_days=5, holdout_percent=drawn // 2),
        campaign(id="again", at="09:00", steps=TWICE, attribution_days=12, holdout_percent=50),
        frequency_caps=[{"most": 1, "days": 3}],
    )
    town.republish(settlement={"worth": WORTH})
    members = [town.join() for _ in range(3)]
    for member in members:
        town.buy(member, f"A-{member}")
    for n, deed in enumerate(sorted(deeds, key=lambda each: each.day)):
        town.until(NOON + deed.day * DAY + n * timedelta(minutes=1))
        _buy(town, members[deed.member], f"B-{n}", deed)
    town.until(NOON + 70 * DAY + timedelta(hours=1))
    assessor = Assessor(town)
    for name in WINDOWS:
        found = assessor.found(name, name)
        for arm in ("treated", "held_out"):
            plain = _plain(town, members, name, arm, town.now)
            assert {each: found[arm][each] for each in plain if each in found[arm]} == plain
        assert found["costs"]["points"] == _cost(town, members, name)
        purchases = sum(step[arm]["purchases"] for step in found["steps"] for arm in ("treated", "held_out"))
        credited = [_last(town, member, sale) for member in members for sale in _kept(town, member)]
        assert purchases == credited.count(name)


def _buy(town: Town, member: MemberId, number: str, deed: Deed) -> None:
    store = {"maru": "m1", "sora": "s1"}[deed.at]
    sold = bill(number, bread(deed.paid), bread(10), occurred_at=town.now, brand=deed.at, store=store)
    town.shop.sell(sold, member, now=town.now)
    if deed.back:
        back = [line(0)] if deed.back == 1 else []
        town.shop.refund(return_of(sold, f"R-{number}", *back), now=town.now + timedelta(hours=2))
    town.segments.refresh(member, town.now + timedelta(seconds=1))


def _plain(town: Town, members: list[MemberId], name: str, arm: str, now: datetime) -> dict[str, Any]:
    """The figures of an arm: every purchase of every member, held against every occurrence."""
    counted: Counter[str] = Counter()
    for member in members:
        ways = [each for each in town.journeys_of(member) if each.campaign == name]
        if not ways or _arm(town, ways) != arm:
            continue
        bought = [sale for sale in _kept(town, member) if _is_compared(ways, sale, name)]
        counted["members"] += 1
        counted["exposed"] += any(_told(turn.outcome) for way in ways for turn in way.turns)
        counted["converted"] += bool(bought)
        counted["sales"] += sum(_paid(sale) for sale in bought)
    return {"members": 0, "exposed": 0, "converted": 0, **counted, "sales": str(counted["sales"])}


def _cost(town: Town, members: list[MemberId], name: str) -> str:
    """By the entries, of each at what the points were worth on that day; half of one is one."""
    cost = Fraction()
    for member in members:
        for entry in town.shop.wallets.entries(member, "points").items:
            if entry.cause.type == "campaign" and entry.cause.id.startswith(f"{name}/"):
                day = str(entry.effective_at.astimezone(TAIPEI).date())
                cost += Fraction(entry.amount * [each["money"] for each in WORTH if each["since"] <= day][-1], 9)
    return str(floor(cost + Fraction(1, 2)))


def _arm(town: Town, ways: list[Journey]) -> str | None:
    """None: a campaign that holds somebody out has not drawn yet."""
    drawn = [way.held_out for way in ways if way.held_out is not None]
    if not drawn and town.programs.active().campaigns[ways[0].campaign].holdout_percent:
        return None
    return "held_out" if any(drawn) else "treated"


def _is_compared(ways: list[Journey], sale: Purchase, name: str) -> bool:
    """E27: whether an occurrence came to the first of its steps not too long before, or might have come to its last;
    once a word had been said at all.
    """
    words = [turn.at for way in ways for turn in way.turns if _told(turn.outcome)]
    starts = [[turn for turn in way.turns if turn.at >= min(words)][:1] for way in ways] if words else []
    days = [((sale.occurred_at - turn.at) / DAY, 0 if turn.step else WAITS) for (turn,) in filter(None, starts)]
    return sale.brand == BRANDS[name] and any(0 <= since < waits + WINDOWS[name] for since, waits in days)


def _last(town: Town, member: MemberId, sale: Purchase) -> str | None:
    """The campaign that spoke last before the purchase, and not too long before."""
    words = [(turn.at, way.campaign) for way in town.journeys_of(member) for turn in way.turns if _told(turn.outcome)]
    heard = [
        (at, name)
        for at, name in words
        if at <= sale.occurred_at < at + WINDOWS[name] * DAY and sale.brand == BRANDS[name]
    ]
    return max(heard)[1] if heard else None


def _told(outcome: TurnOutcome) -> bool:
    return outcome.value in {"planned", "given", "held_out"}


def _kept(town: Town, member: MemberId) -> list[Purchase]:
    sales = town.shop.purchases.of_member(member, after=None, limit=100).items
    return [sale for sale in sales if _paid(sale)]


def _paid(sale: Purchase) -> int:
    """Of the lines that did not come back."""
    return sum(each.amount for index, each in enumerate(sale.lines) if index not in sale.returns.lines)
