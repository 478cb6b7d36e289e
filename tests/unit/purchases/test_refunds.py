"""M10: a refund is the exact inverse of what is left of the sale without what came back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import Digest
from huitou.points.budgets import BudgetId
from huitou.points.wallet import Balance
from huitou.program.model import Program
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import PointsPaid
from huitou.purchases.moving import AlreadyMovedError, NotMovableError
from huitou.purchases.ports import Awaited
from huitou.purchases.refunding import UnknownLineError
from huitou.purchases.refunds import (
    AlreadyRefundedError,
    LineAsked,
    MoreThanBoughtError,
    RefundNotFoundError,
    RefundNotWaitingError,
    RefundStatus,
    RefundTooLateError,
)
from huitou.purchases.returns import Returns
from huitou.purchases.service import PurchaseNotFoundError
from tests.builders import MEI, document, program, rule
from tests.purchases import LIN, NOON, Shop, at_once, bill, bread, line, return_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOON + 2 * HOUR


def shop(*rules: dict[str, Any], **terms: Any) -> Shop:
    """One point per 100, or other rules; Mei and Lin are members."""
    version: Program = replace(program(document(earning=list(rules) or [rule()])), **terms)
    opened = Shop(version)
    opened.enrol(MEI)
    opened.enrol(LIN)
    return opened


def test_a_refund_of_everything_takes_back_what_the_sale_earned() -> None:
    """E1, E2."""
    huitou = shop()
    huitou.sell(bill())

    made = huitou.refund(return_of(bill()))

    assert (made.refund.money, made.refund.points, made.refund.is_full) == (1000, 0, True)
    assert [each.points for each in made.refund.owed] == [10]
    assert [(entry.amount, entry.waived, entry.debt) for entry in made.entries] == [(-10, 0, 0)]
    assert huitou.points(now=LATER) == 0
    assert huitou.wallet().bought == {}


def test_parts_of_a_quantity_come_back_one_by_one_to_the_last_cent() -> None:
    """E1: rounded down each time, and exact in the end."""
    huitou = shop()
    sale = bill("A-1", bread(1000, quantity=3000), bread(500, sku="bread-2"))
    huitou.sell(sale)

    parts = [huitou.refund(return_of(sale, f"R-{n}", line(0, 1000))).refund for n in range(3)]
    rest = huitou.refund(return_of(sale, "R-3")).refund

    assert [part.money for part in parts] == [333, 333, 334]
    assert [part.owed[0].points for part in parts] == [4, 3, 3]
    assert (rest.money, rest.owed[0].points, rest.is_full) == (500, 5, True)
    assert huitou.points(now=LATER) == 0


def test_lines_come_back_by_their_sku_too() -> None:
    """M10."""
    huitou = shop()
    sale = bill("A-1", bread(500), bread(300), bread(200, sku="tea-1"))
    huitou.sell(sale)

    made = huitou.refund(return_of(sale, "R-1", LineAsked(None, "bread-1", 2000)))

    assert [(each.line, each.amount) for each in made.refund.returned] == [(0, 500), (1, 300)]
    assert made.refund.is_full is False
    kept = huitou.use.get(str(made.refund.purchase), "maru").purchase
    assert kept.returns.refunds == (made.refund.id,)


def test_the_same_refund_again_gives_the_first_answer() -> None:
    """E14: also of all that was left, when nothing is left any more."""
    huitou = shop()
    huitou.sell(bill())
    first = huitou.refund(return_of(bill()))
    before = huitou.everything()

    again = huitou.refund(return_of(bill()), now=LATER)

    assert again == replace(first, replayed=True)
    assert huitou.everything() == before


def test_a_refund_with_other_content_is_refused_and_names_what_differs() -> None:
    """E14."""
    huitou = shop()
    huitou.sell(bill())
    huitou.refund(return_of(bill()))

    with pytest.raises(ContentReusedError) as refused:
        huitou.refund(return_of(bill(), "R-1", line(0)))

    assert [error.pointer for error in refused.value.errors] == ["/lines"]


def test_more_than_was_bought_cannot_come_back() -> None:
    """M10: at once, or bit by bit."""
    huitou = shop()
    sale = bill("A-1", bread(900, quantity=3000))
    huitou.sell(sale)
    with pytest.raises(MoreThanBoughtError):
        huitou.refund(return_of(sale, "R-1", line(0, 2000), line(0, 2000)))
    huitou.refund(return_of(sale, "R-2", line(0, 2000)))
    with pytest.raises(MoreThanBoughtError) as refused:
        huitou.refund(return_of(sale, "R-3", line(0, 2000)))
    huitou.refund(return_of(sale, "R-4"))

    assert refused.value.errors[0].message == "1.000 are left"
    with pytest.raises(AlreadyRefundedError):
        huitou.refund(return_of(sale, "R-5"))


def test_what_was_never_on_the_bill_cannot_come_back() -> None:
    """M10."""
    huitou = shop()
    huitou.sell(bill())

    for asked in (line(1), LineAsked(None, "cake", None), LineAsked(0, "cake", None)):
        with pytest.raises(UnknownLineError):
            huitou.refund(return_of(bill(), "R-1", asked))


def test_a_refund_can_come_too_late() -> None:
    """M10: `refund_limit`, by the version of the sale."""
    huitou = shop(refund_limit=timedelta(days=7))
    huitou.sell(bill())

    with pytest.raises(RefundTooLateError):
        huitou.refund(return_of(bill(), occurred_at=NOON + timedelta(days=8)))


def test_another_brands_purchase_is_not_found() -> None:
    """E31: neither is another brand's refund."""
    huitou = shop()
    sold = huitou.sell(bill())
    made = huitou.refund(return_of(bill()))

    with pytest.raises(PurchaseNotFoundError):
        huitou.refund(return_of(bill(), "S-1", brand="sora"), sold.purchase.id)
    with pytest.raises(RefundNotFoundError):
        huitou.refunds.get(made.refund.id, "sora")
    assert huitou.refunds.get(made.refund.id, "maru").refund == made.refund


@pytest.mark.parametrize(
    ("policy", "booked", "balance"),
    [
        (RefundPolicy.WAIVE, (-4, 6, 0), Balance(5, 0)),
        (RefundPolicy.CLAMP, (-9, 1, 0), Balance(0, 0)),
        (RefundPolicy.DEBT, (-4, 0, 6), Balance(5, 0, debt=6)),
    ],
)
def test_points_that_are_spent_follow_the_policy_of_the_sale(
    policy: RefundPolicy, booked: tuple[int, int, int], balance: Balance
) -> None:
    """E1: owed = taken + waived + debt; another version in force changes nothing."""
    huitou = shop(refund_policy=policy)
    huitou.sell(bill())
    huitou.ledger.redeem(6, NOON + HOUR / 2)
    other = bill("A-2", bread(500), occurred_at=NOON + HOUR * 3 / 4)
    huitou.sell(other)
    huitou.programs.publish(replace(huitou.programs.active(), version=2, refund_policy=RefundPolicy.WAIVE))

    entry = huitou.refund(return_of(bill())).entries[0]

    assert (entry.amount, entry.waived, entry.debt) == booked
    assert huitou.wallet().balance(LATER) == balance


def test_caps_and_budgets_get_back_what_a_sale_took() -> None:
    """E12, E2."""
    huitou = shop(rule(caps=[{"points": "15", "per": "lifetime"}], budget="100"))
    huitou.sell(bill())
    huitou.refund(return_of(bill(), "R-1"))

    assert huitou.wallet().counters == {}
    assert sum(shard.left for shard in huitou.budgets.shards(BudgetId("base", "points"))) == 100


def test_the_next_purchase_is_the_first_again() -> None:
    """M10: a fully refunded sale counts for no visit."""
    huitou = shop(rule(), rule(id="welcome", name="Welcome", points="50", when={"first_purchase": "group"}))
    huitou.sell(bill())
    huitou.refund(return_of(bill()))

    sold = huitou.sell(bill("A-2"))

    assert sold.entries[0].amount == 510


def test_a_sale_to_nobody_comes_back_without_points_and_its_claim_earns_the_rest() -> None:
    """M40."""
    huitou = shop()
    sale = bill("A-1", bread(600), bread(400, sku="bread-2"))
    huitou.sell(sale, None)

    made = huitou.refund(return_of(sale, "R-1", line(0)))
    claimed = huitou.claim(sale, LIN, now=LATER)
    rest = huitou.refund(return_of(sale, "R-2", occurred_at=LATER))

    assert (made.refund.money, made.refund.owed, made.entries) == (600, (), ())
    assert claimed.entries[0].amount == 4
    assert (rest.refund.money, rest.refund.owed[0].points, rest.refund.is_full) == (400, 4, True)
    assert huitou.points(LIN, now=LATER) == 0


def test_a_refund_before_its_sale_waits_and_is_booked_when_the_sale_comes() -> None:
    """E19: it takes nothing by itself; a retry of either changes nothing."""
    huitou = shop()
    sale = bill("A-1", bread(600), bread(400, sku="bread-2"))

    waiting = huitou.refund(return_of(sale, "R-1", line(0)))
    huitou.refund(return_of(sale, "R-2", line(1)))
    again = huitou.refund(return_of(sale, "R-1", line(0)))
    sold = huitou.sell(sale, now=LATER)

    assert (waiting.refund.status, waiting.entries, again.replayed) == (RefundStatus.WAITING, (), True)
    assert sold.entries[0].amount == 10
    assert sold.purchase.is_refunded
    assert huitou.refund(return_of(sale, "R-1", line(0)), now=LATER).refund.status is RefundStatus.BOOKED
    assert huitou.sell(sale, now=LATER).replayed
    assert huitou.points(now=LATER) == 0
    assert huitou.refunds.waiting("maru", LATER + 9 * DAY, after=None, limit=9).items == ()


def test_what_waits_is_listed_after_a_day_and_closed_at_the_limit() -> None:
    """E19."""
    huitou = shop(refund_limit=10 * DAY)
    made = huitou.refund(return_of(bill(), "R-1"))
    came = made.refund.received_at

    def listed(now: datetime) -> list[str]:
        return [each.number for each in huitou.refunds.waiting("maru", now, after=None, limit=9).items]

    assert (listed(came + HOUR), listed(came + 2 * DAY), listed(came + 10 * DAY)) == ([], ["R-1"], [])
    assert made.refund.status_at(came + 10 * DAY) is RefundStatus.CLOSED
    huitou.sell(bill(), now=came + 11 * DAY)
    assert huitou.refunds.get(made.refund.id, "maru").refund.status is RefundStatus.CLOSED
    assert huitou.points(now=came + 11 * DAY) == 10


def test_the_clock_closes_what_has_waited_for_too_long_once_and_not_before() -> None:
    """E19, E21: the sale then finds nothing that waits."""
    huitou = shop(refund_limit=10 * DAY)
    made, other = (huitou.refund(return_of(bill(), number)).refund for number in ("R-1", "R-2"))
    ends = made.closes_at

    huitou.refunds.finish(made.id, ends - timedelta(milliseconds=1))
    assert huitou.refunds.get(made.id, "maru").refund.status is RefundStatus.WAITING
    for _ in range(5):
        huitou.refunds.finish(made.id, ends)
    assert huitou.refunds.get(made.id, "maru").refund.status is RefundStatus.CLOSED
    assert huitou.purchases.look_up(bill().receipt) == Awaited(bill().receipt, (other.id,))
    huitou.refunds.finish(other.id, ends)
    assert huitou.purchases.look_up(bill().receipt) is None
    assert huitou.sell(bill(), now=ends).purchase.returns == Returns()


def test_the_clock_leaves_alone_what_became_of_a_refund_before() -> None:
    """E19, E21: it was booked with its sale, or cancelled, or never came."""
    huitou = shop(refund_limit=10 * DAY)
    booked, cancelled = (
        huitou.refund(return_of(sale, sale.number or "")).refund for sale in (bill("A-1"), bill("A-2"))
    )
    huitou.sell(bill("A-1"), now=LATER)
    huitou.refunds.cancel(cancelled.id, "maru", LATER)
    before = huitou.everything()

    for refund in (booked.id, cancelled.id, Digest("A" * 26)):
        huitou.refunds.finish(refund, LATER + 99 * DAY)

    assert huitou.everything() == before


def test_a_refund_that_waits_can_be_cancelled_and_one_that_is_booked_cannot() -> None:
    """E19."""
    huitou = shop()
    first, second = (huitou.refund(return_of(bill(), number)).refund for number in ("R-1", "R-2"))

    cancelled = huitou.refunds.cancel(first.id, "maru", LATER)
    again = huitou.refunds.cancel(first.id, "maru", LATER)
    huitou.refunds.cancel(second.id, "maru", LATER)
    huitou.sell(bill(), now=LATER)

    assert (cancelled.refund.status, again.replayed) == (RefundStatus.CANCELLED, True)
    assert huitou.points(now=LATER) == 10
    booked = huitou.refund(return_of(bill(), "R-3")).refund
    with pytest.raises(RefundNotWaitingError):
        huitou.refunds.cancel(booked.id, "maru", LATER)


def test_a_refund_that_the_sale_does_not_allow_is_set_aside_with_the_reason() -> None:
    """E19: the sale is recorded all the same."""
    huitou = shop()
    made = huitou.refund(return_of(bill(), "R-1", line(7)))

    huitou.sell(bill(), now=LATER)

    kept = huitou.refunds.get(made.refund.id, "maru").refund
    assert (kept.status, kept.refusal) == (RefundStatus.REFUSED, "unknown_line")
    assert huitou.points(now=LATER) == 10


def test_a_crash_between_a_sale_and_what_waited_for_it_is_made_good_by_any_retry() -> None:
    """E19: the sale's own, or the refund's."""
    for retry in ("sale", "refund"):
        huitou = shop()
        huitou.refund(return_of(bill()))
        awaited = huitou.purchases.look_up(bill().receipt)
        assert isinstance(awaited, Awaited)
        half = replace(bill(), returns=Returns(awaited=awaited.refunds))
        huitou.table.commit(huitou.purchases.add(half, awaited))

        kept = huitou.sell(bill(), None).purchase if retry == "sale" else None
        made = huitou.refund(return_of(bill()))

        assert made.refund.status is RefundStatus.BOOKED
        assert kept is None or kept.is_refunded


def test_two_refunds_at_once_never_count_the_same_thing_twice() -> None:
    """E1: the second sees what the first returned."""
    huitou = shop()
    sale = bill("A-1", bread(900, quantity=3000))
    huitou.sell(sale)
    calls = [partial(huitou.refund, return_of(sale, f"R-{n}", line(0, 1000))) for n in range(5)]

    made = at_once(calls)

    assert Counter(type(each).__name__ for each in made) == {"Refunded": 3, "AlreadyRefundedError": 2}
    assert huitou.points(now=LATER) == 0


def test_a_purchase_moves_to_the_right_member_by_the_rules_of_its_day() -> None:
    """M40: what was returned before earns nothing there, and the rest can be refunded as ever."""
    huitou = shop(rule(budget="100", caps=[{"points": "15", "per": "lifetime"}]))
    sale = bill("A-1", bread(600), bread(400, sku="bread-2"))
    sold = huitou.sell(sale)
    huitou.refund(return_of(sale, "R-1", line(0)))
    huitou.programs.publish(program(document(earning=[rule(points="9")]), version=2))

    moved = huitou.move(sold.purchase.id, now=LATER)
    again = huitou.move(sold.purchase.id, now=LATER)

    assert (moved.purchase.member, moved.entries[0].amount, again.replayed) == (LIN, 4, True)
    assert again.purchase == moved.purchase
    assert (huitou.points(now=LATER), huitou.points(LIN, now=LATER)) == (0, 4)
    assert (huitou.wallet().bought, huitou.wallet(LIN).bought) == ({}, {"maru": 1})
    assert (huitou.wallet().counters, huitou.wallet(LIN).counters) == ({}, {"base/l": 4})
    assert sum(shard.left for shard in huitou.budgets.shards(BudgetId("base", "points"))) == 96
    old = huitou.use.get(sold.purchase.id, "maru").purchase
    assert old.moved is not None
    assert (str(old.moved.to), old.moved.reason, old.moved.actor) == (moved.purchase.id, "wrong card", "staff-7")
    rest = huitou.refund(return_of(sale, "R-2", occurred_at=LATER), sold.purchase.id)
    assert (rest.refund.owed[0].points, rest.refund.is_full, huitou.points(LIN, now=LATER)) == (4, True, 0)


def test_a_moved_sale_sent_again_is_known_and_moves_to_nobody_else() -> None:
    """E14: the till does not know that the purchase was moved."""
    huitou = shop()
    sold = huitou.sell(bill())
    moved = huitou.move(sold.purchase.id, now=LATER)

    assert huitou.sell(bill()).purchase == moved.purchase
    with pytest.raises(AlreadyMovedError) as refused:
        huitou.move(sold.purchase.id, MEI, now=LATER)
    assert refused.value.extra == {"moved_to": moved.purchase.id}


def test_nobodys_purchase_is_claimed_not_moved() -> None:
    """M40."""
    huitou = shop()
    sold = huitou.sell(bill(), None)

    with pytest.raises(NotMovableError):
        huitou.move(sold.purchase.id, now=LATER)


def test_points_that_paid_go_back_to_their_lots_in_proportion_and_the_rest_in_money() -> None:
    """E3: two figures, and in the end all of both; a purchase that points paid is not moved."""
    money_off = {"brand": "maru", "currency": "points", "points": "10", "money": "5", "minimum": "20", "share": 50}
    huitou = Shop(program(document(money_off=[money_off])))
    huitou.enrol()
    huitou.ledger.earn(200, NOON - DAY)
    before = huitou.wallet().lots
    sale = bill("A-1", bread(700), bread(300, sku="bread-2"), paid=PointsPaid("points", 110))
    sold = huitou.sell(sale)

    made = [huitou.refund(return_of(sale, f"R-{n}", line(n))).refund for n in (1, 0)]

    assert [(each.money, each.points, each.points_currency) for each in made] == [
        (284, 33, "points"),
        (661, 77, "points"),
    ]
    assert huitou.wallet().lots == before
    assert huitou.ledger.contradictions() == []
    with pytest.raises(NotMovableError):
        huitou.move(sold.purchase.id, now=LATER)
