"""What `CommandStore` promises on every kind of table (E14, E16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.errors import ContentionError, ContentReusedError
from huitou.kernel.ids import MemberId
from huitou.platform.pauses import pause
from huitou.points.decisions import InsufficientPointsError
from huitou.points.holding import TooManyHoldsError
from huitou.points.holds import Holds
from tests.builders import MEI, at
from tests.contract.conftest import SideBySide
from tests.contract.targets import AnyTable
from tests.ledger import FixedPrograms, Ledger, order

NOON = at("2026-03-02 12:00")
LIN = MemberId("01JMEMBERMEM0000000000XYN0")
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


def test_all_that_a_command_says_is_kept(ledger: Ledger) -> None:
    """What only holds, transfers, conversions, reinstatements and expiries have."""
    made = [
        order("hold", 60, type="hold", lasts=timedelta(minutes=15), bill=640, version=7),
        order("gift", 30, type="transfer", recipient=LIN, message="生日快樂", arrived_version=3, version=8),
        order("change", 65, type="conversion", target="stamps", arrived_version=1, version=9),
        order("again", 0, type="reinstatement", entry=f"{MEI}-points-3", lasts=timedelta(days=30), version=10),
        order("end", 0, type="expiry", lots=(1, 4), version=11),
        order("shown", 5, identity_of=LIN, version=12),
    ]

    ledger.commit([ledger.commands.add(each) for each in made])

    assert [ledger.commands.find(each.id) for each in made] == made


def test_a_hold_is_marked_as_ended_once(ledger: Ledger) -> None:
    """E17."""
    made = order("hold", 60, type="hold", lasts=timedelta(minutes=15), version=7)
    ledger.commit([ledger.commands.add(made)])

    ledger.commit([ledger.commands.mark_ended(made, 8)])
    for again in (made, order("never placed", 1, type="hold")):
        with pytest.raises(StaleReadError):
            ledger.commit([ledger.commands.mark_ended(again, 9)])

    assert ledger.commands.find(made.id) == replace(made, ended_version=8)


def test_forty_tills_at_once_capture_no_more_than_there_is(ledger: Ledger, side_by_side: SideBySide) -> None:
    """E17, E18: of 100 points, each takes seven."""
    use = Holds(ledger.wallets, ledger.commands, FixedPrograms(ledger.program), ledger.commit, pause)

    def serve(number: int) -> str:
        asked = order(f"hold {number}", 7, type="hold", lasts=timedelta(minutes=15))
        try:
            hold = use.place(asked, presented=True, now=NOON)
            return use.capture(hold.order.id, None, brand="maru", now=NOON).state
        except (InsufficientPointsError, TooManyHoldsError, ContentionError):
            return "refused"

    outcomes = side_by_side(40, serve)

    assert outcomes.count("captured") <= 14
    assert set(outcomes) == {"captured", "refused"}
    assert ledger.balance(NOON).spendable >= 100 - 7 * 14
    assert ledger.contradictions() == []


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


def test_it_is_known_in_whose_wallet_a_command_of_an_absorbed_card_was_undone(ledger: Ledger) -> None:
    """E15."""
    redemption, hold = order("key", 5, version=7), order("hold", 5, type="hold", version=8)
    ledger.commit([ledger.commands.add(redemption), ledger.commands.add(hold)])
    ledger.commit([ledger.commands.mark_reversed(redemption, 3, LIN), ledger.commands.mark_ended(hold, 4, LIN)])
    assert ledger.commands.find(redemption.id) == replace(redemption, reversed_version=3, survivor=LIN)
    assert ledger.commands.find(hold.id) == replace(hold, ended_version=4, survivor=LIN)


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
