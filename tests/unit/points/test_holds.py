"""Points that wait for a till: examples for E5, E6, E17 and E22."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from huitou.kernel.ids import Digest
from huitou.points.decisions import InsufficientPointsError
from huitou.points.holding import MOST_HOLDS, CaptureExceedsHoldError, HoldEndedError, TooManyHoldsError
from huitou.points.moves import Capture, PlaceHold, Release, Reverse
from huitou.points.wallet import Balance, Cause, Entry
from tests.builders import at
from tests.ledger import Ledger, points_program

NOON = at("2026-03-02 12:00")
HOUR = timedelta(hours=1)
END = at("2026-03-05 00:00")
"""Where points of `NOON` end that live two days."""
CAPTURED, RELEASED = Cause("capture", "c"), Cause("release", "r")


@pytest.fixture
def ledger() -> Ledger:
    """100 points till `END`."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 2}))
    ledger.open()
    ledger.earn(100, NOON)
    return ledger


def hold(ledger: Ledger, points: int, key: str = "h", ends: datetime = NOON + HOUR) -> Entry:
    command = PlaceHold(Digest(key), points, "maru", ends, Cause("hold", key))
    return ledger.carry_out(command, NOON).entry_for(command.cause)


def test_held_points_cannot_be_spent_and_are_still_the_members(ledger: Ledger) -> None:
    entry = hold(ledger, 60)

    assert (entry.amount, entry.balance) == (-60, Balance(40, 0, 60))
    with pytest.raises(InsufficientPointsError):
        ledger.redeem(41, NOON)


def test_a_hold_ends_by_itself_and_its_points_return_once(ledger: Ledger) -> None:
    """E17: whether or not that was booked."""
    hold(ledger, 60)

    assert ledger.balance(NOON, NOON + HOUR - timedelta(milliseconds=1)) == Balance(40, 0, 60)
    assert ledger.balance(NOON, NOON + HOUR) == Balance(100, 0)
    assert ledger.wallet().due_at() == NOON + HOUR
    with pytest.raises(HoldEndedError):
        ledger.carry_out(Capture(Digest("h"), 60, CAPTURED), NOON + HOUR)
    ledger.redeem(100, NOON + HOUR)
    assert ledger.story()[1:] == [("hold", -60), ("release", 60), ("redeem", -100)]
    assert ledger.entries()[2].effective_at == NOON + HOUR


def test_a_part_is_captured_and_the_rest_returns(ledger: Ledger) -> None:
    hold(ledger, 60)

    ledger.carry_out(Capture(Digest("h"), 45, CAPTURED), NOON)

    assert ledger.story()[2:] == [("capture", -45), ("release", 15)]
    assert ledger.balance(NOON) == Balance(55, 0)
    assert ledger.contradictions() == []


def test_a_hold_placed_in_time_is_captured_after_its_lot_has_ended(ledger: Ledger) -> None:
    """E5: till the hold's own end; what is not captured returns and expires at once."""
    hold(ledger, 60, ends=END + HOUR)

    ledger.carry_out(Capture(Digest("h"), 45, CAPTURED), END)

    assert ledger.story()[1:] == [("hold", -60), ("expire", -40), ("capture", -45), ("release", 15), ("expire", -15)]
    assert ledger.contradictions() == []


def test_at_one_instant_holds_end_before_points_do(ledger: Ledger) -> None:
    """E22: one entry for all that ends then."""
    hold(ledger, 60, ends=END)

    ledger.use.settle(ledger.wallet().member, "points", END)

    assert ledger.story()[1:] == [("hold", -60), ("release", 60), ("expire", -100)]


def test_a_hold_is_released_by_hand(ledger: Ledger) -> None:
    before = ledger.wallet().lots
    hold(ledger, 100)

    ledger.carry_out(Release(Digest("h"), RELEASED), NOON)

    assert ledger.wallet().lots == before
    with pytest.raises(HoldEndedError):
        ledger.carry_out(Release(Digest("h"), RELEASED), NOON)


def test_no_more_is_captured_than_is_held(ledger: Ledger) -> None:
    hold(ledger, 60)

    with pytest.raises(CaptureExceedsHoldError) as refused:
        ledger.carry_out(Capture(Digest("h"), 61, CAPTURED), NOON)

    assert refused.value.extra == {"held": "60"}


def test_a_capture_is_reversed_like_a_redemption(ledger: Ledger) -> None:
    before = ledger.wallet().lots
    hold(ledger, 60)
    captured = ledger.carry_out(Capture(Digest("h"), 60, CAPTURED), NOON).entry_for(CAPTURED)

    ledger.carry_out(Reverse(captured, (), "maru", Cause("reversal", "c")), NOON)

    assert ledger.wallet().lots == before
    assert ledger.contradictions() == []


def test_holds_are_few_at_once(ledger: Ledger) -> None:
    """So that a wallet stays small."""
    for number in range(MOST_HOLDS):
        hold(ledger, 1, str(number))

    with pytest.raises(TooManyHoldsError):
        hold(ledger, 1)
    assert ledger.balance(NOON) == Balance(100 - MOST_HOLDS, 0, MOST_HOLDS)


def test_activity_keeps_held_sliding_points_alive() -> None:
    """E5: they return with the end that they would have."""
    ledger = Ledger(points_program({"type": "sliding", "days": 2}))
    ledger.open()
    ledger.earn(100, NOON)
    hold(ledger, 100, ends=NOON + timedelta(days=4))
    ledger.visit(NOON + timedelta(days=2))

    ledger.use.settle(ledger.wallet().member, "points", NOON + timedelta(days=4))

    assert ledger.wallet().lots[0].expires_at == at("2026-03-07 00:00")
    assert ledger.contradictions() == []
