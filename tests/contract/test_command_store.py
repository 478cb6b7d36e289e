"""What `CommandStore` promises on every kind of table (E14, E16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.errors import ContentReusedError
from huitou.platform.pauses import pause
from tests.builders import at
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.ledger import Ledger, order

NOON = at("2026-03-02 12:00")
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def ledger(table: AnyTable) -> Ledger:
    """A member with 100 points."""
    opened = Ledger(table=table, pause=pause)
    opened.open()
    opened.earn(100, NOON)
    return opened


@pytest.mark.parametrize("kind", ["redemption", "adjustment"])
def test_a_booking_is_found_as_it_was_added(ledger: Ledger, kind: str) -> None:
    made = order("key", 5, type=kind, client_reference="till 1", version=7)

    ledger.commit([ledger.commands.add(made)])

    assert ledger.commands.find(made.id) == made
    assert ledger.commands.find(order("other", 5).id) is None


def test_a_key_is_taken_once(ledger: Ledger) -> None:
    """E14."""
    ledger.commit([ledger.commands.add(order("key", 5))])

    with pytest.raises(StaleReadError):
        ledger.commit([ledger.commands.add(order("key", 6))])


def test_a_redemption_is_marked_as_reversed_once(ledger: Ledger) -> None:
    """E16."""
    made = order("key", 5, version=7)
    ledger.commit([ledger.commands.add(made)])

    ledger.commit([ledger.commands.mark_reversed(made, 9)])
    with pytest.raises(StaleReadError):
        ledger.commit([ledger.commands.mark_reversed(made, 10)])

    assert ledger.commands.find(made.id) == replace(made, reversed_version=9)


def test_what_was_never_booked_cannot_be_reversed(ledger: Ledger) -> None:
    with pytest.raises(StaleReadError):
        ledger.commit([ledger.commands.mark_reversed(order("key", 5), 9)])


def test_a_repeat_gets_the_first_answer_and_other_content_is_named(ledger: Ledger) -> None:
    """E14."""
    first = ledger.redeem(30, NOON, "key")

    assert ledger.redeem(30, LATER, "key").entry == first.entry
    with pytest.raises(ContentReusedError) as refused:
        ledger.redeem(31, LATER, "key")
    assert [error.pointer for error in refused.value.errors] == ["/points"]


def test_a_reversal_happens_once_under_twenty_threads(ledger: Ledger, side_by_side: SideBySide) -> None:
    """E16: even in the same millisecond."""
    redemption = ledger.redeem(30, NOON)

    replayed = side_by_side(20, lambda _: ledger.reverse(redemption, LATER).replayed)

    assert sorted(map(str, replayed)) == ["False", *["True"] * 19]
    assert ledger.story() == [("earn", 100), ("redeem", -30), ("reverse", 30)]
    assert ledger.contradictions() == []
