"""The balance at any instant: ``?at=`` asks by when it counted, ``&as_of=`` by when it was known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huitou.points.booking import UnknownCurrencyError
from huitou.points.membership import MemberNotFoundError
from huitou.points.wallet import Balance
from huitou.program.model import GROUP
from tests.builders import MEI, OPENED, at
from tests.ledger import Ledger, points_program

MONDAY = at("2026-03-02 12:00")
TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 4))


@pytest.fixture
def ledger() -> Ledger:
    """100 earned on Monday; 20 on Tuesday, known on Friday; 30 spent on Wednesday; points live five days."""
    ledger = Ledger(points_program({"type": "rolling_days", "days": 5}))
    ledger.open()
    ledger.earn(100, MONDAY)
    ledger.redeem(30, WEDNESDAY)
    ledger.earn(20, TUESDAY, now=FRIDAY)
    return ledger


def test_the_past_counts_what_became_known_later(ledger: Ledger) -> None:
    assert [ledger.balance(FRIDAY, when).spendable for when in (OPENED, MONDAY, TUESDAY, WEDNESDAY)] == [
        0,
        100,
        120,
        90,
    ]


def test_the_past_as_it_was_known_then(ledger: Ledger) -> None:
    assert [ledger.balance(FRIDAY, TUESDAY, when).spendable for when in (OPENED, MONDAY, WEDNESDAY, FRIDAY)] == [
        0,
        100,
        100,
        120,
    ]


def test_the_future_as_it_was_known_then(ledger: Ledger) -> None:
    assert ledger.balance(FRIDAY, at("2026-03-07 23:59"), MONDAY) == Balance(100, 0)
    assert ledger.balance(FRIDAY, at("2026-03-08 00:00"), MONDAY) == Balance(0, 0)


def test_the_future_needs_no_sweep(ledger: Ledger) -> None:
    """E5: validity is computed."""
    assert [
        ledger.balance(FRIDAY, at(when)).spendable for when in ("2026-03-07 23:59", "2026-03-08", "2026-03-09")
    ] == [
        90,
        20,
        0,
    ]


def test_the_next_change_is_the_one_after_the_instant_asked_about(ledger: Ledger) -> None:
    assert ledger.view(FRIDAY).next_change_at == at("2026-03-08 00:00")
    assert ledger.view(FRIDAY, at("2026-03-08 00:00")).next_change_at == at("2026-03-09 00:00")
    assert ledger.view(FRIDAY, MONDAY).next_change_at == at("2026-03-08 00:00")
    assert ledger.view(FRIDAY, at("2026-03-09 00:00")).next_change_at is None


def test_no_lot_is_shown_that_is_over_at_the_instant_asked_about(ledger: Ledger) -> None:
    assert [(lot.number, lot.remaining) for lot in ledger.view(FRIDAY, at("2026-03-08 00:00")).lots] == [(2, 20)]


def test_activity_changes_no_balance_before_it() -> None:
    """E5: points of a late sale were over until the member came back."""
    ledger = Ledger(points_program({"type": "sliding", "days": 3}, pending_days=1))
    ledger.open()
    back = at("2026-03-20 12:00")
    ledger.earn(0, back)
    ledger.earn(50, MONDAY, now=back)

    assert ledger.balance(back) == Balance(50, 0)
    assert ledger.balance(back, at("2026-03-06 23:59")) == Balance(50, 0)
    assert ledger.balance(back, at("2026-03-10 12:00")) == Balance(0, 0)


def test_points_of_one_brand_are_nobody_elses() -> None:
    """E31, M6."""
    ledger = Ledger()
    ledger.open()

    assert ledger.use.view(MEI, "beans", at=None, as_of=None, brand="sora", now=MONDAY).balance == Balance(0, 0)
    assert ledger.use.view(MEI, "beans", at=None, as_of=None, brand=GROUP, now=MONDAY).balance == Balance(0, 0)
    for currency, brand in (("beans", "maru"), ("stones", GROUP)):
        with pytest.raises(UnknownCurrencyError):
            ledger.use.view(MEI, currency, at=None, as_of=None, brand=brand, now=MONDAY)


def test_a_member_unknown_to_a_brand_is_unknown() -> None:
    """E31: as one who does not exist."""
    ledger = Ledger()
    ledger.open()

    with pytest.raises(MemberNotFoundError):
        ledger.use.view(MEI, None, at=None, as_of=None, brand="kaze", now=MONDAY)
