"""What refunds take back and give back: examples for E1, E3, E4 and E5."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from huitou.kernel.ids import MemberId, digest_of
from huitou.points.counters import counted, recent
from huitou.points.decisions import OutstandingDebtError
from huitou.points.earning import Earning
from huitou.points.moves import (
    Adjust,
    Command,
    ConvertOut,
    Earn,
    Expire,
    GiveBack,
    PlaceHold,
    Reinstate,
    Send,
    TakeBack,
)
from huitou.points.refunding import share_to_return
from huitou.points.replay import activity_without
from huitou.points.wallet import Balance, Cause, Debt, Entry
from huitou.program.terms import Conversion, RefundPolicy
from tests.builders import at
from tests.ledger import Ledger, points_program

NOON = at("2026-03-02 12:00")
DAY = timedelta(days=1)
HAN = MemberId("01JMEMBERHAN000000000HAN00")


@pytest.fixture
def ledger() -> Ledger:
    """100 points of maru earned by purchase ``a``, 50 by ``b``, 40 of sora by ``c``; 120 of them spent."""
    ledger = Ledger()
    ledger.open()
    ledger.earn(100, NOON, purchase="a")
    ledger.earn(50, NOON, purchase="b")
    ledger.earn(40, NOON, brand="sora", purchase="c")
    ledger.redeem(120, NOON)
    return ledger


def refund(ledger: Ledger, owed: int, policy: RefundPolicy, purchase: str = "a", lot: int = 1) -> Entry:
    command = TakeBack(owed, purchase, frozenset({lot}), "maru", policy, Cause("refund", f"{owed} {purchase}"))
    return ledger.carry_out(command, NOON).entry_for(command.cause)


@pytest.mark.parametrize(
    ("policy", "taken", "waived", "debt"),
    [(RefundPolicy.WAIVE, 0, 100, 0), (RefundPolicy.CLAMP, 30, 70, 0), (RefundPolicy.DEBT, 0, 0, 100)],
)
def test_what_the_purchases_own_lot_no_longer_holds_follows_the_programme(
    ledger: Ledger, policy: RefundPolicy, taken: int, waived: int, debt: int
) -> None:
    """E1: clamp takes from other lots of the same issuer, never from another's."""
    entry = refund(ledger, 100, policy)

    assert (-entry.amount, entry.waived, entry.debt) == (taken, waived, debt)
    assert ledger.balance(NOON) == Balance(70 - taken, 0, 0, debt)
    assert ledger.contradictions() == []


def test_the_purchases_own_lot_gives_first() -> None:
    """E1: and no other lot, whatever ends sooner."""
    ledger = Ledger()
    ledger.open()
    ledger.earn(100, NOON, purchase="a")
    ledger.earn(50, NOON, purchase="b")

    entry = refund(ledger, 20, RefundPolicy.CLAMP, "b", 2)

    assert [(each.lot.number, each.amount) for each in entry.changes] == [(2, -20)]


def test_while_points_are_owed_members_cannot_spend_hold_send_or_convert_them(ledger: Ledger) -> None:
    """E1."""
    refund(ledger, 100, RefundPolicy.DEBT)
    commands: list[Command] = [
        PlaceHold(digest_of(["h"]), 1, "maru", NOON + DAY, Cause("hold", "h")),
        Send(1, HAN, "maru", Cause("transfer", "t")),
        ConvertOut(5, Conversion("points", "stamps", 5, 1), "maru", Cause("conversion", "c")),
    ]

    for command in commands:
        with pytest.raises(OutstandingDebtError):
            ledger.carry_out(command, NOON)
    with pytest.raises(OutstandingDebtError) as refused:
        ledger.redeem(1, NOON)

    assert refused.value.extra == {"debt": "100"}
    assert ledger.carry_out(Adjust(-1, "maru", "r", "a", Cause("adjustment", "x")), NOON).entries[0].amount == -1


def test_what_comes_repays_the_oldest_debt_first(ledger: Ledger) -> None:
    """E1: an entry of its own, right after what came."""
    refund(ledger, 100, RefundPolicy.DEBT)
    refund(ledger, 50, RefundPolicy.DEBT, "b", 2)

    ledger.earn(110, NOON + DAY, purchase="d")

    assert ledger.story()[-2:] == [("earn", 110), ("repay", -110)]
    assert ledger.entries()[-1].debt == -110
    assert ledger.wallet().debts == (Debt("b", "maru", 10),)
    assert ledger.contradictions() == []


def test_expiry_changes_no_debt() -> None:
    """E1."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 2}))
    ledger.open()
    ledger.earn(100, NOON, purchase="a")
    ledger.redeem(60, NOON)
    refund(ledger, 100, RefundPolicy.DEBT)
    ledger.carry_out(Expire("maru", "erasure", "staff-7", Cause("erasure", "e")), NOON)

    assert ledger.balance(NOON + 9 * DAY) == Balance(0, 0, 0, 60)


def test_points_come_back_in_proportion_and_never_more() -> None:
    """E3: thirds of ten points."""
    returned, already = [], 0
    for money in (100, 200, 300):
        points = share_to_return(10, money, 300, already)
        already += points
        returned.append(points)

    assert returned == [3, 3, 4]


def test_points_that_paid_return_to_where_they_came_from_last_taken_first(ledger: Ledger) -> None:
    """E3."""
    redemption = next(entry for entry in ledger.entries() if entry.amount == -120)

    first = GiveBack(redemption, (), 30, "maru", Cause("refund", "1"))
    second = GiveBack(redemption, (), 90, "maru", Cause("refund", "2"), already=30)

    assert [(each.lot.number, each.amount) for each in ledger.carry_out(first, NOON).entries[0].changes] == [
        (2, 20),
        (1, 10),
    ]
    assert [(each.lot.number, each.amount) for each in ledger.carry_out(second, NOON).entries[0].changes] == [(1, 90)]


def test_courtesy_gives_points_that_return_too_late_some_days() -> None:
    """E4: counted from the reversal on."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 2}, courtesy_days=5))
    ledger.open()
    ledger.earn(100, NOON)
    redemption = ledger.redeem(60, NOON)
    back = NOON + 10 * DAY

    ledger.reverse(redemption, back)

    assert ledger.story()[2:] == [("expire", -40), ("reverse", 60)]
    assert ledger.balance(back, at("2026-03-17 23:59")) == Balance(60, 0)
    assert ledger.balance(back, at("2026-03-18 00:00")) == Balance(0, 0)
    assert ledger.contradictions() == []


def test_expired_points_are_given_again_for_some_days() -> None:
    """M11: with who did it and why."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 2}))
    ledger.open()
    ledger.earn(100, NOON)
    ledger.use.settle(ledger.wallet().member, "points", NOON + 5 * DAY)
    expired = ledger.entries()[-1]

    ledger.carry_out(Reinstate(expired, 3, "maru", "was ill", "staff-7", Cause("courtesy", "c")), NOON + 5 * DAY)

    entry = ledger.entries()[-1]
    assert (entry.type, entry.amount, entry.reason, entry.actor, entry.about) == (
        "reinstate",
        100,
        "was ill",
        "staff-7",
        expired.id,
    )
    assert ledger.balance(NOON + 5 * DAY, at("2026-03-10 23:59")) == Balance(100, 0)
    assert ledger.balance(NOON + 5 * DAY, at("2026-03-11 00:00")) == Balance(0, 0)
    assert ledger.contradictions() == []


def kept_alive_by_two() -> Ledger:
    """Points that slide nine days; purchase ``b`` lets those of ``a`` live from 12 to 17 March."""
    ledger = Ledger(points_program({"type": "sliding", "days": 9}))
    ledger.open()
    ledger.earn(100, NOON, purchase="a")
    ledger.earn(10, NOON + 5 * DAY, purchase="b")
    return ledger


def withdraw_b(ledger: Ledger, now: datetime) -> None:
    kept = activity_without("b", reversed(ledger.entries()))
    refunded = Cause("refund", "x")
    ledger.carry_out(TakeBack(10, "b", frozenset({2}), "maru", RefundPolicy.WAIVE, refunded, last_activity=kept), now)


def test_a_purchase_refunded_whole_keeps_nothing_alive() -> None:
    """E5: sliding ends move back to where the last activity puts them that still counts."""
    ledger = kept_alive_by_two()
    before = ledger.wallet().lots[0].expires_at

    withdraw_b(ledger, NOON + 6 * DAY)

    assert (before, ledger.wallet().lots[0].expires_at) == (at("2026-03-17 00:00"), at("2026-03-12 00:00"))
    assert ledger.contradictions() == []


def test_points_that_a_refund_lets_end_end_no_sooner_than_now() -> None:
    """E5."""
    ledger = kept_alive_by_two()

    withdraw_b(ledger, NOON + 11 * DAY)

    assert ledger.story()[2:] == [("take_back", -10), ("expire", -100)]
    assert ledger.entries()[-1].effective_at == NOON + 11 * DAY
    assert ledger.balance(NOON + 11 * DAY, NOON + 10 * DAY) == Balance(110, 0)
    assert ledger.contradictions() == []


def test_caps_that_a_refund_gives_back_can_be_used_again() -> None:
    """E2, E12."""
    ledger = Ledger()
    ledger.open()
    used = {"double/m2026-03": 30, "double/l": 30}
    ledger.carry_out(Earn(Earning(30, (), used), "maru", NOON, Cause("purchase", "a")), NOON)
    back = TakeBack(
        20,
        "a",
        frozenset({1}),
        "maru",
        RefundPolicy.WAIVE,
        Cause("refund", "x"),
        {"double/l": 30, "double/m2026-03": 20},
    )

    ledger.carry_out(back, NOON)

    assert ledger.wallet().counters == {"double/m2026-03": 10}


def test_caps_are_forgotten_when_no_sale_can_meet_them_any_more() -> None:
    """E12: days and months; what has no end stays."""
    counters = {"a/d2026-03-01": 1, "a/d2026-03-02": 2, "a/m2026-02": 3, "a/m2026-03": 4, "a/l": 5, "a/c2026-01-01": 6}

    kept = recent(counters, at("2026-03-02 12:00").date())

    assert list(kept) == ["a/d2026-03-02", "a/m2026-03", "a/l", "a/c2026-01-01"]


def test_what_is_given_back_of_a_forgotten_cap_is_nothing() -> None:
    assert counted({"a/l": 5}, {"a/l": -9, "a/d2026-01-01": -2}) == {}
