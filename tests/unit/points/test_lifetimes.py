"""When points begin and end: each kind of expiry, cooling-off, and the calendar they follow (M8, E5, E9)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from huitou.points.expiry import activation, expiration, follow
from huitou.points.wallet import Balance
from huitou.program.model import EndOfMonth, EndOfYear, Expiry, Never, PointCurrency, RollingDays, Sliding
from tests.builders import TAIPEI, at, lot
from tests.ledger import Ledger, points_program

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("expiry", "active_at", "end"),
    [
        (RollingDays(90), "2026-03-02 12:00", "2026-06-01 00:00"),
        (RollingDays(1), "2026-03-02 00:00", "2026-03-04 00:00"),
        (RollingDays(1), "2026-03-02 23:59:59.999", "2026-03-04 00:00"),
        (EndOfMonth(0), "2026-01-31 12:00", "2026-02-01 00:00"),
        (EndOfMonth(1), "2026-01-31 12:00", "2026-03-01 00:00"),
        (EndOfMonth(1), "2028-01-31 12:00", "2028-03-01 00:00"),
        (EndOfMonth(12), "2026-12-01 00:00", "2028-01-01 00:00"),
        (EndOfYear(0), "2026-12-31 23:59", "2027-01-01 00:00"),
        (EndOfYear(1), "2026-01-01 00:00", "2028-01-01 00:00"),
        (Sliding(30), "2026-03-02 12:00", "2026-04-02 00:00"),
    ],
)
def test_points_are_gone_from_the_first_instant_after_their_last_day(expiry: Expiry, active_at: str, end: str) -> None:
    """M8, E9: "end of next year" (隔年底) is 1 January 00:00 of the year after, exclusive."""
    assert expiration(expiry, at(active_at), TAIPEI) == at(end)


def test_points_without_end_stay() -> None:
    assert expiration(Never(), at("2026-03-02 12:00"), TAIPEI) is None


@pytest.mark.parametrize(
    ("earned_at", "end"),
    [("2026-03-07T12:00-05:00", "2026-03-09T00:00-04:00"), ("2026-10-31T12:00-04:00", "2026-11-02T00:00-05:00")],
)
def test_days_are_counted_on_the_calendar_over_a_change_of_clocks(earned_at: str, end: str) -> None:
    """E9: days of 23 and 25 hours."""
    assert expiration(RollingDays(1), at(earned_at), NEW_YORK) == at(end)


@pytest.mark.parametrize(
    ("days", "active_at"),
    [(0, "2026-03-02 12:00"), (1, "2026-03-03 00:00"), (7, "2026-03-09 00:00")],
)
def test_pending_points_can_be_spent_from_the_start_of_a_day(days: int, active_at: str) -> None:
    """M8: the cooling-off (鑑賞期)."""
    currency = PointCurrency("points", "Points", 0, None, Never(), days)

    assert activation(currency, at("2026-03-02 12:00"), TAIPEI) == at(active_at)


def test_life_begins_when_the_cooling_off_ends() -> None:
    """M8: one day to spend them, after one day of waiting."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 1}, pending_days=1))
    ledger.open()
    ledger.earn(50, at("2026-03-02 12:00"))

    assert ledger.balance(at("2026-03-02 12:00")) == Balance(0, 50)
    assert ledger.balance(at("2026-03-02 23:59:59.999")) == Balance(0, 50)
    assert ledger.balance(at("2026-03-03 00:00")) == Balance(50, 0)
    assert ledger.balance(at("2026-03-04 23:59:59.999")) == Balance(50, 0)
    assert ledger.balance(at("2026-03-05 00:00")) == Balance(0, 0)


def test_activity_moves_the_ends_of_sliding_points_and_never_back() -> None:
    """E5."""
    sliding = lot(sliding_days=30, active_at=at("2026-03-02 12:00"), expires_at=at("2026-04-02 00:00"))

    assert follow(sliding, at("2026-03-20 08:00"), TAIPEI).expires_at == at("2026-04-20 00:00")
    assert follow(sliding, at("2026-02-20 08:00"), TAIPEI) == sliding
    assert follow(lot(expires_at=at("2026-04-02 00:00")), at("2026-03-20 08:00"), TAIPEI) == lot(
        expires_at=at("2026-04-02 00:00")
    )


@pytest.mark.parametrize("activity", ["earn", "redeem", "visit"])
def test_purchases_redemptions_and_visits_keep_sliding_points_alive(activity: str) -> None:
    """M8, E5."""
    ledger = Ledger(points_program({"type": "sliding", "days": 30}))
    ledger.open()
    ledger.earn(50, at("2026-03-02 12:00"))

    match activity:
        case "earn":
            ledger.earn(0, at("2026-03-20 12:00"))
        case "redeem":
            ledger.redeem(10, at("2026-03-20 12:00"))
        case "visit":
            ledger.visit(at("2026-03-20 12:00"))

    assert ledger.wallet().lots[0].expires_at == at("2026-04-20 00:00")
    assert ledger.contradictions() == []


def test_a_visit_books_nothing_where_points_do_not_slide() -> None:
    ledger = Ledger(points_program({"type": "rolling_days", "days": 30}))
    ledger.open()
    ledger.earn(50, at("2026-03-02 12:00"))

    assert ledger.visit(at("2026-03-20 12:00")).entries == ()


def test_adjustments_and_reversals_keep_nothing_alive() -> None:
    """E5: what staff do is no activity of the member."""
    ledger = Ledger(points_program({"type": "sliding", "days": 30}))
    ledger.open()
    ledger.earn(50, at("2026-03-02 12:00"))
    redemption = ledger.redeem(10, at("2026-03-02 12:00"))

    ledger.adjust(5, at("2026-03-20 12:00"))
    ledger.reverse(redemption, at("2026-03-21 12:00"))

    assert [each.expires_at for each in ledger.wallet().lots] == [at("2026-04-02 00:00"), at("2026-04-20 00:00")]


def test_a_late_sale_gets_the_end_that_later_activity_gave_to_all() -> None:
    """E5, E20: and takes nothing from the others."""
    ledger = Ledger(points_program({"type": "sliding", "days": 30}))
    ledger.open()
    ledger.earn(50, at("2026-03-02 12:00"))
    ledger.earn(60, at("2026-03-08 12:00"))

    ledger.earn(70, at("2026-03-03 12:00"), now=at("2026-03-09 12:00"))

    assert [each.expires_at for each in ledger.wallet().lots] == [at("2026-04-08 00:00")] * 3
    assert ledger.entries()[-1].balance == Balance(180, 0)


def test_an_activity_that_comes_too_late_revives_nothing() -> None:
    """E5: what was over when we came to know of the visit stays over."""
    ledger = Ledger(points_program({"type": "sliding", "days": 3}))
    ledger.open()
    ledger.earn(50, at("2026-03-02 12:00"))

    ledger.earn(7, at("2026-03-05 12:00"), now=at("2026-03-07 12:00"))

    assert ledger.story() == [("earn", 50), ("expire", -50), ("earn", 7)]
