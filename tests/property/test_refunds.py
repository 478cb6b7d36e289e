"""Refunds are true inverses, whatever the programme, the basket and the way in which it comes back (E1, E2, E12)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.points.budgets import BudgetId
from huitou.points.wallet import EntryType
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import Line, Payment, Purchase
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refunds import AlreadyRefundedError, LineAsked, MoreThanBoughtError
from tests.builders import document, program, rule
from tests.purchases import NOON, Shop, bill, return_of

HOUR = timedelta(hours=1)
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


def budgets_left(huitou: Shop) -> int:
    return sum(shard.left for shard in huitou.budgets.shards(BudgetId("base", "points")))
