"""What happens to points that are spent, taken back, or over: examples for E4, E5, E6, E13 and E22."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.points.decisions import MOST_SETTLED, Decision, InsufficientPointsError, Redeem, Settle, decide
from huitou.points.wallet import Balance, Cause, spending_order
from tests.builders import OPENED, at, lot, wallet
from tests.ledger import Ledger, points_program

NOON = at("2026-03-02 12:00")
MILLISECOND = timedelta(milliseconds=1)
TWO_DAYS = {"type": "rolling_days", "days": 2}
END = at("2026-03-05 00:00")
"""Where points of `NOON` end that live two days."""


def two_days() -> Ledger:
    """100 points since `NOON`, till `END`."""
    ledger = Ledger(points_program(TWO_DAYS))
    ledger.open()
    ledger.earn(100, NOON)
    return ledger


def test_points_can_be_spent_up_to_their_last_millisecond() -> None:
    """E5: a lot is valid in [active_at, expires_at)."""
    ledger = two_days()

    assert ledger.redeem(40, END - MILLISECOND).entry.amount == -40
    with pytest.raises(InsufficientPointsError) as refused:
        ledger.redeem(40, END)

    assert refused.value.extra == {"spendable": "0"}


@pytest.mark.parametrize("booked", [True, False])
def test_points_are_over_at_their_end_whether_or_not_that_was_booked(booked: bool) -> None:
    """E5."""
    ledger = two_days()
    if booked:
        ledger.use.settle(ledger.wallet().member, "points", END)

    assert ledger.balance(END - MILLISECOND) == Balance(0 if booked else 100, 0)
    assert ledger.balance(END) == Balance(0, 0)
    with pytest.raises(InsufficientPointsError):
        ledger.redeem(1, END)


def test_a_command_books_first_what_fell_due_before_it() -> None:
    """E22: nothing depends on how promptly the clock books."""
    ledger = two_days()
    ledger.earn(30, at("2026-03-04 12:00"))

    ledger.redeem(10, at("2026-03-06 12:00"))

    assert ledger.story() == [("earn", 100), ("earn", 30), ("expire", -100), ("redeem", -10)]
    assert ledger.entries()[2].effective_at == END
    assert ledger.entries()[2].recorded_at == at("2026-03-06 12:00")


def test_a_refused_redemption_changes_nothing() -> None:
    ledger = two_days()
    before = ledger.wallet()

    with pytest.raises(InsufficientPointsError):
        ledger.redeem(101, NOON)

    assert (ledger.wallet(), ledger.story()) == (before, [("earn", 100)])


def test_lots_are_spent_by_end_then_begin_then_number_and_endless_ones_last() -> None:
    """E6."""
    soon, late = at("2026-04-01 00:00"), at("2026-05-01 00:00")
    lots = [
        lot(1),
        lot(2, expires_at=late),
        lot(3, expires_at=soon, active_at=OPENED + timedelta(days=1)),
        lot(4, expires_at=soon),
        lot(5, expires_at=soon),
        lot(6, active_at=OPENED - timedelta(days=1)),
    ]

    assert [each.number for each in sorted(lots, key=spending_order)] == [4, 5, 3, 2, 6, 1]


def test_a_redemption_takes_whole_lots_in_order_and_a_part_of_the_last() -> None:
    """E6: lots are never merged."""
    before = wallet(lot(1, 30), lot(2, 20, expires_at=at("2026-05-01 00:00")), lot(3, 50))

    decision = decide(before, Redeem(60, "sora", Cause("redemption", "r")), points_program(), NOON)

    assert [(each.lot.number, each.amount, each.lot.remaining) for each in decision.entries[0].changes] == [
        (2, -20, 0),
        (1, -30, 0),
        (3, -10, 40),
    ]
    assert [each.number for each in decision.wallet.lots] == [3]


def test_pending_points_are_passed_over_though_they_end_first() -> None:
    """E6: the programme's policy may have changed between two lots."""
    pending = lot(2, active_at=at("2026-03-09 00:00"), expires_at=at("2026-03-12 00:00"), pending=True)

    decision = decide(wallet(lot(1), pending), Redeem(60, "maru", Cause("redemption", "r")), points_program(), NOON)

    assert [(each.number, each.remaining) for each in decision.wallet.lots] == [(1, 40), (2, 100)]


def test_pending_points_cannot_be_spent() -> None:
    """M8."""
    ledger = Ledger(points_program(pending_days=7))
    ledger.open()
    ledger.earn(100, NOON)

    with pytest.raises(InsufficientPointsError):
        ledger.redeem(1, at("2026-03-08 23:59"))
    assert ledger.redeem(1, at("2026-03-09 00:00")).entry.balance == Balance(99, 0)


def test_a_reversed_redemption_gives_points_back_to_where_they_came_from() -> None:
    """The lots are as before, and stay as long as before."""
    ledger = two_days()
    ledger.earn(30, at("2026-03-03 12:00"))
    before = ledger.wallet().lots
    redemption = ledger.redeem(120, at("2026-03-03 13:00"))

    ledger.reverse(redemption, at("2026-03-04 12:00"))

    assert ledger.wallet().lots == before


def test_points_that_return_after_their_end_are_over_at_once() -> None:
    """E4: as two entries, both dated when they returned."""
    ledger = two_days()
    redemption = ledger.redeem(60, NOON)
    back = at("2026-03-10 09:00")

    ledger.reverse(redemption, back)

    assert ledger.story() == [("earn", 100), ("redeem", -60), ("expire", -40), ("reverse", 60), ("expire", -60)]
    assert [entry.effective_at for entry in ledger.entries()[2:]] == [END, back, back]
    assert ledger.contradictions() == []
    assert ledger.balance(back) == Balance(0, 0)


def test_a_reversal_over_lots_of_many_ends_still_books_two_entries() -> None:
    """E4."""
    ledger = Ledger(points_program(TWO_DAYS))
    ledger.open()
    for hours in (0, 24, 48):
        ledger.earn(10, NOON + timedelta(hours=hours))
    redemption = ledger.redeem(30, at("2026-03-04 13:00"))

    ledger.reverse(redemption, at("2026-03-20 12:00"))

    assert ledger.story()[4:] == [("reverse", 30), ("expire", -30)]


def test_a_reversal_of_which_a_part_is_over_returns_the_rest() -> None:
    """E4."""
    ledger = two_days()
    ledger.earn(30, at("2026-03-03 12:00"))
    redemption = ledger.redeem(130, at("2026-03-03 13:00"))

    ledger.reverse(redemption, END)

    assert ledger.story()[3:] == [("reverse", 130), ("expire", -100)]
    assert ledger.balance(END) == Balance(30, 0)


def test_points_return_to_a_used_up_sliding_lot_with_the_end_that_activity_gave_it() -> None:
    """E4, E5: as if they had never left."""
    ledger = Ledger(points_program({"type": "sliding", "days": 3}))
    ledger.open()
    ledger.earn(50, NOON)
    redemption = ledger.redeem(50, NOON)
    ledger.earn(5, at("2026-03-05 12:00"))

    ledger.reverse(redemption, at("2026-03-07 12:00"))

    assert [each.expires_at for each in ledger.wallet().lots] == [at("2026-03-09 00:00")] * 2


def test_late_news_of_an_activity_takes_no_life_from_points_that_return() -> None:
    """E4, E5."""
    ledger = Ledger(points_program({"type": "sliding", "days": 10}))
    ledger.open()
    ledger.earn(50, NOON)
    redemption = ledger.redeem(50, NOON)
    ledger.earn(5, at("2026-03-06 12:00"))
    ledger.earn(5, at("2026-03-03 12:00"), now=at("2026-03-07 12:00"))

    ledger.reverse(redemption, at("2026-03-15 12:00"))

    assert ledger.balance(at("2026-03-16 23:59")) == Balance(60, 0)
    assert ledger.contradictions() == []


def test_points_return_to_a_used_up_sliding_lot_that_would_be_over_and_expire() -> None:
    """E4, E5: activity after the end revives nothing, though the wallet knows only the latest one."""
    ledger = Ledger(points_program({"type": "sliding", "days": 3}))
    ledger.open()
    ledger.earn(50, NOON)
    redemption = ledger.redeem(50, NOON)
    ledger.earn(5, at("2026-03-06 12:00"))

    ledger.reverse(redemption, at("2026-03-07 12:00"))

    assert ledger.story()[2:] == [("earn", 5), ("reverse", 50), ("expire", -50)]


def test_a_late_sale_may_bring_points_that_are_over() -> None:
    """E20: the story is told in full, dated when it happened."""
    ledger = Ledger(points_program(TWO_DAYS, pending_days=1))
    ledger.open()

    ledger.earn(100, NOON, now=at("2026-03-20 12:00"))

    assert ledger.story() == [("earn", 100), ("activate", 100), ("expire", -100)]
    assert [entry.effective_at for entry in ledger.entries()] == [NOON, at("2026-03-03 00:00"), at("2026-03-06 00:00")]
    assert ledger.balance(at("2026-03-20 12:00"), NOON) == Balance(0, 100)
    assert ledger.balance(at("2026-03-20 12:00"), NOON, NOON) == Balance(0, 0)


def test_at_one_instant_points_begin_before_others_end() -> None:
    """E22: activate, then expire."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 1}, pending_days=1))
    ledger.open()
    ledger.earn(10, at("2026-03-01 12:00"))
    ledger.earn(20, at("2026-03-03 12:00"))
    midnight = at("2026-03-04 00:00")

    booked = ledger.use.settle(ledger.wallet().member, "points", midnight).entries

    assert [(entry.type.value, entry.amount, entry.effective_at) for entry in booked][-2:] == [
        ("activate", 20, midnight),
        ("expire", -10, midnight),
    ]


def test_a_purchase_that_earned_nothing_is_in_the_story() -> None:
    """M12: its explanation is what the member will ask for."""
    ledger = two_days()

    ledger.earn(0, at("2026-03-02 13:00"))

    assert ledger.story() == [("earn", 100), ("earn", 0)]
    assert len(ledger.wallet().lots) == 1


def test_adjustments_give_a_new_lot_or_take_from_those_that_end_first() -> None:
    """M11: with who and why."""
    ledger = two_days()

    given = ledger.adjust(20, NOON).entry
    taken = ledger.adjust(-110, at("2026-03-02 13:00")).entry

    assert (given.reason, given.actor) == ("goodwill", "staff-7")
    assert [(change.lot.number, change.amount) for change in taken.changes] == [(1, -100), (2, -10)]
    with pytest.raises(InsufficientPointsError):
        ledger.adjust(-11, at("2026-03-02 14:00"))


def test_a_decision_without_effect_is_the_same_wallet() -> None:
    before = wallet(lot(1))

    assert decide(before, Settle(), points_program(), NOON).wallet is before


def test_time_never_runs_backwards_in_a_wallet() -> None:
    """Two functions' clocks differ: what is accepted at an earlier instant is booked at the latest one."""
    ledger = two_days()
    ledger.redeem(10, at("2026-03-02 12:00:01"), "first")

    behind = ledger.redeem(10, NOON, "second").entry

    assert (behind.effective_at, behind.recorded_at) == (at("2026-03-02 12:00:01"),) * 2
    assert ledger.balance(at("2026-03-02 13:00"), NOON) == Balance(100, 0)


def test_a_sale_that_was_accepted_earlier_is_not_recorded_earlier() -> None:
    """The ledger is in the order of its records, whichever function's clock was behind."""
    ledger = two_days()
    ledger.redeem(10, at("2026-03-02 12:00:01"))

    (entry,) = ledger.earn(5, NOON, now=NOON).entries

    assert (entry.effective_at, entry.recorded_at) == (NOON, at("2026-03-02 12:00:01"))


def test_what_nobody_settled_for_long_is_booked_in_several_commits() -> None:
    """A commit has at most 100 writes; the next redemption must not fail for that."""
    days = 6 * MOST_SETTLED
    ledger = Ledger(points_program(TWO_DAYS))
    ledger.open()
    old = tuple(
        lot(number, 1, active_at=NOON, expires_at=NOON + timedelta(days=number)) for number in range(1, days + 1)
    )
    ledger.commit(ledger.wallets.save(ledger.wallet(), Decision(wallet(*old, version=2), ())))
    now = NOON + timedelta(days=days - 1)

    ledger.redeem(1, now)

    assert ledger.balance(now) == Balance(0, 0)
    assert len(ledger.story()) == days
