"""Refunds are true inverses, whatever the programme, the basket and the way in which it comes back (E1, E2, E12)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from math import inf
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.commits import Write
from huitou.points.budgets import BudgetId
from huitou.points.wallet import EntryType
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import Line, Payment, Purchase
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refunds import AlreadyRefundedError, LineAsked, MoreThanBoughtError, RefundStatus
from huitou.simulator.memory import MemoryTable
from tests.builders import document, program, rule
from tests.purchases import NOON, Shop, bill, bread, return_of

HOUR, TEN_DAYS, MILLISECOND = timedelta(hours=1), timedelta(days=10), timedelta(milliseconds=1)
LINES = st.builds(
    Line,
    sku=st.sampled_from(["bread-1", "tea-1"]),
    category=st.sampled_from(["bread", "tea"]),
    quantity=st.integers(0, 4).map(lambda pieces: pieces * 500),
    amount=st.integers(0, 3000),
    discount=st.integers(0, 100),
)
BASKETS = st.lists(LINES, min_size=1, max_size=5)
CAPS = st.sampled_from([[], [{"points": "7", "per": "purchase"}], [{"points": "25", "per": "day"}]])
EXPIRIES = st.sampled_from([{"type": "never"}, {"type": "sliding", "days": 10}, {"type": "rolling_days", "days": 90}])


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    """Rates, a multiplier, a bonus above a minimum or for the first purchase; caps, a budget, pending points."""
    rules = [rule(points=draw(st.sampled_from(["1", "3"])), per="70", caps=draw(CAPS))]
    if draw(st.booleans()):
        rules.append(
            {"id": "tea", "name": "Tea", "currency": "points", "times": "2.5", "when": {"categories": ["tea"]}}
        )
    if draw(st.booleans()):
        rules.append({"id": "big", "name": "Big", "currency": "points", "points": "11", "when": {"minimum": "900"}})
    if draw(st.booleans()):
        rules.append(
            {"id": "new", "name": "New", "currency": "points", "points": "5", "when": {"first_purchase": "group"}}
        )
    if draw(st.booleans()):
        rules[0] |= {"budget": draw(st.sampled_from(["9", "500"]))}
    home = {"id": "points", "name": "Points", "expiry": draw(EXPIRIES), "pending_days": draw(st.sampled_from([0, 3]))}
    return document(point_currencies=[home], earning=rules)


def shop(written: dict[str, Any], policy: RefundPolicy) -> Shop:
    opened = Shop(replace(program(written), refund_policy=policy))
    opened.enrol()
    return opened


def sale(lines: list[Line], points: int = 0) -> Purchase:
    """A part of it, in per cent, is said to be paid with points."""
    total = sum(line.amount for line in lines)
    paid = total * points // 100
    payments = (Payment("points", paid), Payment("cash", total - paid)) if points else ()
    return bill("A-9", *lines, occurred_at=NOON + HOUR, payments=payments)


def bit_by_bit(huitou: Shop, sold: Purchase, random: Random) -> list[Refunded]:
    """Parts of lines in any order until most is back, and then all that is left; each is sent twice."""
    made = []
    for number in range(random.randint(0, 6)):
        asked = LineAsked(random.randrange(len(sold.lines)), None, random.choice([None, 500, 1000]))
        try:
            made.append(once_only(huitou, sold, f"R-{number}", asked))
        except (MoreThanBoughtError, AlreadyRefundedError):
            continue
    with suppress(AlreadyRefundedError):
        made.append(once_only(huitou, sold, "R-rest"))
    return made


def once_only(huitou: Shop, sold: Purchase, number: str, *asked: LineAsked) -> Refunded:
    """E14: a retry of any refund changes nothing."""
    refund = return_of(sold, number, *asked)
    made = huitou.refund(refund)
    before = huitou.everything()
    assert huitou.refund(refund) == replace(made, replayed=True)
    assert huitou.everything() == before
    return made


@settings(max_examples=60, deadline=None)
@given(written=programs(), first=BASKETS, lines=BASKETS, points=st.sampled_from([0, 30]), random=st.randoms())
def test_refunding_everything_restores_what_was_before(
    written: dict[str, Any], first: list[Line], lines: list[Line], points: int, random: Random
) -> None:
    """E2: lots, caps, budgets, first purchases and what tiers count, to the last point, in whatever order."""
    huitou = shop(written, RefundPolicy.WAIVE)
    huitou.sell(bill("A-1", *first))
    before, left = huitou.wallet(), budgets_left(huitou)
    sold = huitou.sell(sale(lines, points)).purchase

    made = bit_by_bit(huitou, sold, random)

    after = huitou.wallet()
    assert after.lots == before.lots
    assert (after.counters, after.bought, after.debts) == (before.counters, before.bought, ())
    assert not left or budgets_left(huitou) == left
    facts = after.unseen[len(before.unseen) :]
    assert sum(fact.spend for fact in facts) == sum(fact.visits for fact in facts) == 0
    assert sum(fact.points for fact in facts) == 0
    assert sum(each.refund.money for each in made) == sold.total - sold.paid_in_points
    assert huitou.ledger.contradictions() == []


@settings(max_examples=60, deadline=None)
@given(
    written=programs(),
    lines=BASKETS,
    spent=st.integers(1, 100),
    policy=st.sampled_from(RefundPolicy),
    random=st.randoms(),
)
def test_what_is_owed_is_taken_waived_or_owed_on_and_sums_up_to_what_was_earned(
    *, written: dict[str, Any], lines: list[Line], spent: int, policy: RefundPolicy, random: Random
) -> None:
    """E1: also where the points are spent, and however it comes back."""
    huitou = shop(written, policy)
    sold = huitou.sell(sale(lines))
    spendable = huitou.points(now=NOON + HOUR)
    if points := spendable * spent // 100:
        huitou.ledger.redeem(points, NOON + HOUR * 3 / 2)

    made = bit_by_bit(huitou, sold.purchase, random)

    for each in made:
        (entry,) = [entry for entry in each.entries if entry.type is EntryType.TAKE_BACK]
        assert each.refund.owed[0].points == -entry.amount + entry.waived + entry.debt
    assert sum(each.refund.owed[0].points for each in made) == sold.entries[0].amount
    assert huitou.ledger.contradictions() == []


class CrashedError(Exception):
    """The process ended."""


class FragileTable(MemoryTable):
    """After so many more commits, the process that uses it ends."""

    left: float = inf

    def commit(self, writes: Sequence[Write]) -> None:
        if not self.left:
            raise CrashedError
        super().commit(writes)
        self.left -= 1


@settings(max_examples=80, deadline=None)
@given(
    lines=st.sets(st.integers(0, 2), min_size=1),
    commits=st.integers(0, 4),
    came=st.sampled_from([HOUR, TEN_DAYS - MILLISECOND, TEN_DAYS, 2 * TEN_DAYS]),
    ticks=st.lists(st.sampled_from([HOUR, TEN_DAYS - MILLISECOND, 2 * TEN_DAYS]), max_size=2),
)
def test_refunds_that_waited_go_with_the_sale_wherever_the_process_ended(
    lines: set[int], commits: int, came: timedelta, ticks: list[timedelta]
) -> None:
    """E19, E21: the clock nets them when they would close, at last, once, if the sale was received before that."""
    table = FragileTable()
    huitou = Shop(replace(program(document(earning=[rule()])), refund_limit=TEN_DAYS), table)
    huitou.enrol()
    sale = bill("A-1", *[bread(sku=f"bread-{place}") for place in range(3)])
    waiting = [huitou.refund(return_of(sale, f"R-{n}", LineAsked(n, None, None), occurred_at=NOON)) for n in lines]

    table.left = commits
    with suppress(CrashedError):
        huitou.sell(sale, now=NOON + came)
    table.left = inf
    for after in [*sorted(ticks), 2 * TEN_DAYS, 3 * TEN_DAYS]:
        for each in waiting:
            huitou.refunds.finish(each.refund.id, NOON + after)

    sold, are_netted = commits > 0, commits > 0 and came < TEN_DAYS
    kept = {huitou.refunds.get(each.refund.id, "maru").refund.status for each in waiting}
    assert kept == {RefundStatus.BOOKED if are_netted else RefundStatus.CLOSED}
    assert huitou.points(now=NOON + 4 * TEN_DAYS) == 10 * (3 * sold - len(lines) * are_netted)
    known = huitou.purchases.look_up(sale.receipt)
    assert isinstance(known, Purchase) == sold
    assert known is None or (isinstance(known, Purchase) and known.returns.awaited == ())
    assert huitou.ledger.contradictions() == []


def budgets_left(huitou: Shop) -> int:
    return sum(shard.left for shard in huitou.budgets.shards(BudgetId("base", "points")))
