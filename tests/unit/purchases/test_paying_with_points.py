"""Purchases that points pay a part of, and quotes (M9, E3, E17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.members.directory import FoundMember
from huitou.points.budgets import budget_of
from huitou.points.commands import command_id
from huitou.points.decisions import InsufficientPointsError, OutstandingDebtError, TakeBack
from huitou.points.holding import CaptureExceedsHoldError, HoldEndedError
from huitou.points.holds import HoldNotFoundError, Holds, HoldStatus
from huitou.points.membership import MemberNotFoundError
from huitou.points.paying import PointsCannotPayError
from huitou.points.wallet import Cause
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import Payment, PointsPaid, Purchase
from huitou.purchases.packing import pack, unpack
from huitou.purchases.quoting import Quote, Quotes
from tests.builders import MEI, document, program, rule
from tests.ledger import order
from tests.purchases import LIN, NOON, SOON, Shop, bill
from tests.unit.points.test_repeats_races_and_faults import at_once

TERMS = {"brand": "maru", "currency": "points", "points": "10", "money": "5", "minimum": "20", "share": 50}
QUARTER = timedelta(minutes=15)
SHOWN = FoundMember(MEI, presented=True)


def shop(**changes: Any) -> Shop:
    """Where ten points take 5 off, at least 20 of them, for half of the bill; Mei has 200."""
    written = {"money_off": [TERMS], "earning": [rule()], **changes}
    opened = Shop(program(document(**written)))
    opened.enrol()
    opened.ledger.earn(200, NOON - timedelta(days=1))
    return opened


def holds(of: Shop) -> Holds:
    return Holds(of.wallets, of.ledger.commands, of.programs, of.table.commit, lambda _: None)


def held(of: Shop, points: int, **changes: Any) -> HoldStatus:
    asked = order("hold", points, type="hold", lasts=QUARTER, **changes)
    return holds(of).place(asked, presented=True, now=NOON)


def paid(points: int, number: str = "A-1", hold: HoldStatus | None = None, **changes: Any) -> Purchase:
    """A sale of 1000 of which points pay a part."""
    part = PointsPaid("points", points, hold=hold.order.id if hold else None)
    return bill(number, paid=part, **changes)


# --- paying ---


def test_points_pay_in_the_write_that_earns_and_earn_nothing() -> None:
    """M9, E3: 100 points pay 50 of 1000; 950 earn 9."""
    huitou = shop()

    recorded = huitou.sell(paid(100))

    assert recorded.purchase.paid == PointsPaid("points", 100, 50, None, 3)
    assert [(entry.type.value, entry.amount) for entry in recorded.booked] == [("redeem", -100), ("earn", 9)]
    assert [entry.amount for entry in recorded.entries] == [9]
    assert huitou.ledger.wallet().unseen[-1].spend == 950
    assert huitou.ledger.contradictions() == []
    assert huitou.use.get(recorded.purchase.id, "maru").purchase == recorded.purchase


def test_a_hold_is_captured_by_the_sale() -> None:
    """E17: what the sale does not need returns."""
    huitou = shop()
    hold = held(huitou, 120)

    recorded = huitou.sell(paid(100, hold=hold))

    kinds = [(entry.type.value, entry.amount) for entry in recorded.booked]
    assert kinds == [("capture", -100), ("release", 20), ("earn", 9)]
    after = holds(huitou).get(hold.order.id, "maru", NOON + SOON)
    assert (after.state, after.captured, after.ended and after.ended.cause.id) == (
        "captured",
        100,
        recorded.purchase.id,
    )
    assert huitou.ledger.contradictions() == []


def test_the_same_sale_again_pays_once() -> None:
    """E14: also with a hold, which is over by then."""
    huitou = shop()
    hold = held(huitou, 120)
    first = huitou.sell(paid(100, hold=hold))

    assert huitou.sell(paid(100, hold=hold)) == replace(first, replayed=True)
    with pytest.raises(ContentReusedError) as refused:
        huitou.sell(paid(50, hold=hold))
    assert [error.pointer for error in refused.value.errors] == ["/redemption"]
    with pytest.raises(ContentReusedError):
        huitou.sell(bill())


def test_a_hold_pays_one_sale() -> None:
    huitou = shop()
    hold = held(huitou, 120)
    huitou.sell(paid(100, hold=hold))
    with pytest.raises(HoldEndedError):
        huitou.sell(paid(20, "A-2", hold=hold))
    with pytest.raises(HoldEndedError):
        holds(huitou).capture(hold.order.id, 100, brand="maru", now=NOON + SOON)


def test_a_hold_pays_for_its_own_member_brand_and_points() -> None:
    """E31."""
    huitou = shop()
    huitou.enrol(LIN)
    hold = held(huitou, 100)
    with pytest.raises(HoldNotFoundError):
        huitou.sell(paid(100, hold=hold), LIN)
    unknown = PointsPaid("points", 100, hold=command_id("maru", "no hold"))
    with pytest.raises(HoldNotFoundError):
        huitou.sell(bill(paid=unknown))
    with pytest.raises(CaptureExceedsHoldError):
        huitou.sell(paid(110, hold=hold))


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"points": 25}, "/redemption/points"),
        ({"points": 10}, "/redemption/points"),
        ({"points": 1010}, "/redemption/points"),
        ({"points": 100, "payments": (Payment("cash", 1000),)}, "/payments"),
        ({"points": 100, "brand": "sora", "store": "s1"}, "/redemption/currency"),
    ],
)
def test_points_pay_as_the_terms_say(changes: dict[str, Any], pointer: str) -> None:
    """M9: in steps, from the minimum on, up to the share, as one of the means of payment."""
    huitou = shop()
    with pytest.raises(PointsCannotPayError) as refused:
        huitou.sell(paid(**changes))
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert huitou.ledger.story() == [("earn", 200)]


def test_points_are_one_of_the_means_of_payment() -> None:
    huitou = shop()
    recorded = huitou.sell(paid(100, payments=(Payment("points", 50), Payment("cash", 950))))
    assert [entry.amount for entry in recorded.entries] == [9]


def test_what_cannot_be_spent_stops_the_sale() -> None:
    """E1, E13: nothing is recorded."""
    huitou = shop()
    with pytest.raises(InsufficientPointsError):
        huitou.sell(paid(210))
    owed = TakeBack(300, "P-0", frozenset({1}), "maru", RefundPolicy.DEBT, Cause("refund", "R-0"))
    huitou.ledger.carry_out(owed, NOON)
    with pytest.raises(OutstandingDebtError):
        huitou.sell(paid(20))
    assert huitou.purchases.find(bill().receipt) is None


def test_points_that_earn_nothing_here_can_pay_too() -> None:
    """Of another currency than the sale earns: in the same commit."""
    huitou = shop(
        point_currencies=[
            {"id": "points", "name": "Points", "expiry": {"type": "never"}},
            {"id": "stamps", "name": "Stamps", "expiry": {"type": "never"}},
        ],
        money_off=[{**TERMS, "currency": "stamps"}],
    )
    huitou.ledger.earn(100, NOON - timedelta(hours=1), currency="stamps")

    recorded = huitou.sell(bill(paid=PointsPaid("stamps", 100)))

    assert [(entry.currency, entry.type.value) for entry in recorded.booked] == [
        ("points", "earn"),
        ("stamps", "redeem"),
    ]
    assert huitou.ledger.contradictions("stamps") == []


def test_what_points_paid_is_kept_with_the_purchase() -> None:
    sold = paid(100)
    assert unpack(pack(sold))["paid"] == sold.paid


# --- quotes ---


def quote(of: Shop, basket: Purchase, member: FoundMember | None = SHOWN) -> Quote:
    quotes = Quotes(of.states, of.wallets, of.ledger.commands, of.budgets, of.programs, segments=of.judged)
    return quotes.quote(basket, member, NOON)


def test_a_quote_tells_what_the_sale_will_earn() -> None:
    """M9: decided in the same way; nothing is written."""
    huitou = shop()
    before = huitou.ledger.wallet()

    told = quote(huitou, bill())

    assert [(entry.currency, entry.amount) for entry in told.entries] == [("points", 10)]
    (usable,) = told.payable
    assert (usable.spendable, usable.most, usable.money) == (200, 200, 100)
    assert huitou.ledger.wallet() == before
    assert [entry.explanation for entry in told.entries] == [each.explanation for each in huitou.sell(bill()).entries]


@pytest.mark.parametrize(("total", "most"), [(1000, 200), (150, 150), (24, 20), (19, 0), (100, 100)])
def test_a_quote_tells_how_many_points_can_pay(total: int, most: int) -> None:
    """M9: in steps of ten, from twenty on, for half of the bill at most."""
    huitou = shop()
    basket = replace(bill(), lines=(bill().lines[0]._replace(amount=total),), total=total)
    (usable,) = quote(huitou, basket).payable
    assert usable.most == most
    if most:
        assert huitou.sell(replace(basket, paid=PointsPaid("points", most))).purchase.paid is not None


def test_a_quote_with_points_earns_for_the_rest() -> None:
    """E3"""
    told = quote(shop(), paid(100))
    assert [entry.amount for entry in told.entries] == [9]
    assert told.purchase.paid is not None
    assert told.purchase.paid.money == 50


def test_a_stranger_gets_a_quote_too() -> None:
    told = quote(shop(), bill(), None)
    assert [entry.amount for entry in told.entries] == [10]
    assert [(each.spendable, each.most) for each in told.payable] == [(None, 1000)]


def test_a_quote_joins_nobody() -> None:
    """E31: it tells who shows an identity what a sale would tell, and writes nothing; our id alone tells nothing."""
    huitou = Shop(program(document(money_off=[TERMS])))
    huitou.enrol(MEI, "sora")
    assert quote(huitou, bill()).member == MEI
    assert not huitou.ledger.wallet().has_joined("maru")
    with pytest.raises(MemberNotFoundError):
        quote(huitou, bill(), FoundMember(MEI, presented=False))


def test_a_quote_splits_no_budget_and_respects_it() -> None:
    """E12."""
    huitou = shop(earning=[rule(budget="7")])

    assert [entry.amount for entry in quote(huitou, bill()).entries] == [7]

    (limited,) = huitou.programs.active().earning
    assert huitou.budgets.shards(budget_of(limited)) == []
    assert huitou.sell(bill()).entries[0].amount == 7
    assert [entry.amount for entry in quote(huitou, bill("A-2")).entries] == [0]


def test_while_points_are_owed_none_can_pay() -> None:
    """E1."""
    huitou = shop()
    owed = TakeBack(300, "P-0", frozenset({1}), "maru", RefundPolicy.DEBT, Cause("refund", "R-0"))
    huitou.ledger.carry_out(owed, NOON - timedelta(hours=1))
    (usable,) = quote(huitou, bill()).payable
    assert (usable.spendable, usable.most) == (0, 0)


def test_ten_sales_at_once_capture_a_hold_once() -> None:
    """E17, E18."""
    huitou = shop()
    hold = held(huitou, 100)

    outcomes = at_once(10, lambda number: huitou.sell(paid(100, f"A-{number}", hold=hold)))

    assert sorted(type(each).__name__ for each in outcomes) == [*["HoldEndedError"] * 9, "Recorded"]
    assert huitou.ledger.contradictions() == []
