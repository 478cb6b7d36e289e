"""Holds, transfers, conversions and courtesies as use cases (E5, E11, E17, M11)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId, digest_of
from huitou.points.commands import InvalidCommandError, PointsCommand
from huitou.points.decisions import InsufficientPointsError
from huitou.points.holding import CaptureExceedsHoldError, HoldEndedError, TooManyHoldsError
from huitou.points.holds import HoldNotFoundError, Holds, HoldStatus
from huitou.points.journeys import Journeys, NotConvertibleError, NotTransferableError
from huitou.points.membership import MemberNotFoundError
from huitou.points.service import AlreadyReinstatedError, NothingToExpireError, NotReinstatableError
from huitou.points.travelling import NothingToConvertError
from huitou.program.terms import Conversion, MoneyOff
from huitou.simulator.memory import MemoryTable
from tests.builders import MEI, at
from tests.ledger import FixedPrograms, Ledger, order, points_program
from tests.soundness import discrepancies
from tests.unit.points.test_repeats_races_and_faults import at_once

NOON = at("2026-03-02 12:00")
LATER = NOON + timedelta(minutes=5)
QUARTER = timedelta(minutes=15)
LIN = MemberId("01JMEMBERMEM0000000000XYN0")


class Till:
    """Mei's points, and the use cases that set them aside or send them on."""

    def __init__(self, points: int = 100, expiry: dict[str, Any] | None = None) -> None:
        compiled = points_program(expiry)
        currencies = {**compiled.currencies, "points": replace(compiled.currencies["points"], transferable=True)}
        terms = {("points", "stamps"): Conversion("points", "stamps", 10, 1)}
        self.ledger = Ledger(replace(compiled, currencies=currencies, conversions=terms), MemoryTable())
        stands_on = (self.ledger.wallets, self.ledger.commands, FixedPrograms(self.ledger.program), self.ledger.commit)
        self.holds = Holds(*stands_on, lambda _: None)
        self.journeys = Journeys(*stands_on, lambda _: None)
        self.ledger.open()
        self.ledger.open(member=LIN)
        if points:
            self.ledger.earn(points, NOON)

    def change(self, **terms: Any) -> None:
        """The programme, from now on."""
        changed = FixedPrograms(replace(self.ledger.program, **terms))
        self.holds = Holds(self.ledger.wallets, self.ledger.commands, changed, self.ledger.commit, lambda _: None)

    def hold(self, points: int, key: str = "hold", now: datetime = NOON) -> HoldStatus:
        return self.holds.place(_hold(points, key), presented=True, now=now)

    def held(self) -> tuple[int, int]:
        """Spendable and held at `LATER`."""
        balance = self.ledger.balance(LATER)
        return balance.spendable, balance.held

    def of_lin(self, currency: str = "points") -> list[tuple[str, int]]:
        return [(each.type.value, each.amount) for each in self.ledger.wallets.entries(LIN, currency).items]


def _hold(points: int, key: str = "hold") -> PointsCommand:
    return order(key, points, type="hold", lasts=QUARTER)


def gift(points: int, key: str = "gift", **changes: object) -> PointsCommand:
    return order(key, points, type="transfer", **{"recipient": LIN, "store": None, **changes})


def conversion(points: int, key: str = "convert", **changes: object) -> PointsCommand:
    return order(key, points, type="conversion", **{"target": "stamps", "store": None, **changes})


# --- holds ---


def test_what_is_held_cannot_be_spent_elsewhere() -> None:
    """E17."""
    till = Till(100)

    hold = till.hold(60)

    assert (hold.state, hold.ends_at, till.held()) == ("held", NOON + QUARTER, (40, 60))
    with pytest.raises(InsufficientPointsError):
        till.ledger.redeem(41, LATER)


def test_the_same_key_answers_with_the_hold_as_it_stands() -> None:
    """E14: also when its time is over by then."""
    till = Till(100)
    first = till.hold(60)

    assert (first.replayed, till.hold(60, now=LATER).replayed) == (False, True)
    assert till.hold(60, now=NOON + timedelta(hours=1)).state == "ended"
    with pytest.raises(ContentReusedError):
        till.hold(61)


def test_a_repeat_is_answered_whatever_the_terms_are_by_then() -> None:
    """E14: a programme with shorter holds and a higher minimum came between; what is new follows it."""
    till = Till(100)
    till.change(money_off={("maru", "points"): MoneyOff("maru", "points", points=10, money=1, minimum=10, share=50)})
    by_default, named = replace(_hold(20, "a"), lasts=None), replace(_hold(20, "b"), bill=2_000)
    first = [till.holds.place(each, presented=True, now=NOON) for each in (by_default, named)]
    till.change(hold_limit=timedelta(minutes=5), money_off={})

    again = [till.holds.place(each, presented=True, now=LATER) for each in (by_default, named)]

    assert [(hold.replayed, hold.ends_at) for hold in again] == [(True, hold.ends_at) for hold in first]
    assert again[0].ends_at == NOON + till.ledger.program.hold_limit
    with pytest.raises(InvalidCommandError) as refused:
        till.holds.place(replace(named, id=digest_of(["c"])), presented=True, now=LATER)
    assert [error.pointer for error in refused.value.errors] == ["/currency", "/ends_in_minutes"]


def test_a_part_is_captured_and_the_rest_returns() -> None:
    till = Till(100)
    hold = till.hold(60)

    done = till.holds.capture(hold.order.id, 40, brand="maru", now=LATER)

    assert (done.state, done.captured, till.held()) == ("captured", 40, (60, 0))
    assert till.ledger.story() == [("earn", 100), ("hold", -60), ("capture", -40), ("release", 20)]
    assert till.ledger.contradictions() == []


def test_a_capture_happens_once_and_names_another_amount() -> None:
    """E14, E17."""
    till = Till(100)
    hold = till.hold(60).order.id
    first = till.holds.capture(hold, None, brand="maru", now=LATER)

    again = till.holds.capture(hold, 60, brand="maru", now=LATER + QUARTER)

    assert (again.replayed, again.ended) == (True, first.ended)
    with pytest.raises(ContentReusedError) as refused:
        till.holds.capture(hold, 59, brand="maru", now=LATER)
    assert [error.pointer for error in refused.value.errors] == ["/points"]


def test_more_than_is_held_is_not_captured() -> None:
    till = Till(100)
    hold = till.hold(60).order.id
    with pytest.raises(CaptureExceedsHoldError):
        till.holds.capture(hold, 61, brand="maru", now=LATER)


def test_a_hold_ends_by_itself_and_cannot_be_captured_then() -> None:
    """E17: at its end to the millisecond, whether or not the clock has booked it."""
    till = Till(100)
    hold = till.hold(60)
    before_the_end = hold.ends_at - timedelta(milliseconds=1)

    assert till.holds.get(hold.order.id, "maru", before_the_end).state == "held"
    with pytest.raises(HoldEndedError) as refused:
        till.holds.capture(hold.order.id, None, brand="maru", now=hold.ends_at)
    assert refused.value.extra == {"state": "ended", "ended_at": "2026-03-02T04:15:00.000Z"}
    assert till.holds.release(hold.order.id, brand="maru", now=hold.ends_at).replayed


def test_the_clock_wakes_at_the_end_of_a_hold_and_returns_the_points() -> None:
    """E17: a hold is among what falls due."""
    till = Till(100)
    hold = till.hold(60)

    assert till.ledger.wallet().due_at() == hold.ends_at
    till.ledger.use.settle(MEI, "points", hold.ends_at)

    assert till.ledger.story()[-1] == ("release", 60)
    assert till.ledger.wallet().due_at() is None
    assert till.ledger.contradictions() == []


def test_points_that_end_while_they_are_held_can_be_captured() -> None:
    """E5: until the hold's own end; those that return are over at once."""
    till = Till(0, {"type": "rolling_days", "days": 30})
    till.ledger.earn(100, at("2026-02-01 12:00"))
    evening = at("2026-03-03 23:55")
    hold = till.hold(100, now=evening)

    till.holds.capture(hold.order.id, 70, brand="maru", now=evening + timedelta(minutes=10))

    assert till.ledger.story()[-3:] == [("capture", -70), ("release", 30), ("expire", -30)]
    assert till.ledger.contradictions() == []


def test_a_released_hold_is_over() -> None:
    till = Till(100)
    hold = till.hold(60).order.id

    assert not till.holds.release(hold, brand="maru", now=LATER).replayed
    assert till.holds.release(hold, brand="maru", now=LATER).replayed
    with pytest.raises(HoldEndedError):
        till.holds.capture(hold, None, brand="maru", now=LATER)
    assert till.held() == (100, 0)


def test_a_captured_hold_cannot_be_released() -> None:
    till = Till(100)
    hold = till.hold(60).order.id
    till.holds.capture(hold, None, brand="maru", now=LATER)
    with pytest.raises(HoldEndedError):
        till.holds.release(hold, brand="maru", now=LATER)


def test_a_brand_finds_its_own_holds_only() -> None:
    """E31."""
    till = Till(100)
    hold = till.hold(60).order.id
    redemption = till.ledger.redeem(1, NOON).command.id
    for named, brand in ((hold, "sora"), (redemption, "maru")):
        with pytest.raises(HoldNotFoundError):
            till.holds.get(named, brand, LATER)


def test_of_forty_tills_fourteen_win() -> None:
    """E18, E17: holds of seven against a balance of a hundred; nothing below zero, nothing lost."""
    till = Till(100)

    def serve(number: int) -> int:
        hold = till.hold(7, f"hold {number}")
        return till.holds.capture(hold.order.id, None, brand="maru", now=LATER).captured

    outcomes = at_once(40, serve)

    assert [each for each in outcomes if isinstance(each, int)] == [7] * 14
    assert {type(each) for each in outcomes if isinstance(each, Exception)} <= {
        InsufficientPointsError,
        TooManyHoldsError,
    }
    assert till.held() == (2, 0)
    assert till.ledger.contradictions() == []


@pytest.mark.parametrize("seed", range(5))
def test_holds_captures_and_redemptions_at_once_lose_nothing(seed: int) -> None:
    """E13: whatever overtakes what."""
    till, chance = Till(100), random.Random(seed)  # noqa: S311 - an order, no secret
    holds = [till.hold(8, f"hold {number}").order.id for number in range(8)]
    acts: list[Callable[[], object]] = [
        *(lambda hold=hold: till.holds.capture(hold, 5, brand="maru", now=LATER) for hold in holds),
        *(lambda hold=hold: till.holds.release(hold, brand="maru", now=LATER) for hold in holds),
        *(lambda key=key: till.ledger.redeem(9, LATER, f"redeem {key}") for key in range(8)),
    ]
    chance.shuffle(acts)

    at_once(len(acts), lambda number: acts[number]())

    assert till.ledger.contradictions() == []
    assert till.ledger.balance(LATER).spendable >= 0
    states = [till.holds.get(hold, "maru", LATER) for hold in holds]
    spent = sum(each.captured for each in states) + 9 * till.ledger.story().count(("redeem", -9))
    assert till.held() == (100 - spent, 0)


# --- gifts between members ---


def test_points_go_to_another_member_in_one_commit() -> None:
    """M11, E13: sent = received."""
    till = Till(100)

    made = till.journeys.transfer(gift(30), scope="maru", now=LATER)

    assert (made.left.amount, made.arrived.amount) == (-30, 30)
    assert till.of_lin() == [("receive", 30)]
    assert till.held() == (70, 0)
    assert till.ledger.contradictions() == []
    lins = till.ledger.wallets.load(LIN, "points")
    assert lins is not None
    assert (
        discrepancies(lins, [*till.ledger.wallets.entries(LIN, "points").items], lambda _: till.ledger.program.zone)
        == []
    )


def test_a_gift_is_given_once() -> None:
    """E14."""
    till = Till(100)
    first = till.journeys.transfer(gift(30), scope="maru", now=LATER)

    again = till.journeys.transfer(gift(30), scope="maru", now=LATER + QUARTER)

    assert (again.replayed, again.left, again.arrived) == (True, first.left, first.arrived)
    assert till.journeys.get(first.order.id, "transfer", "maru") == again
    with pytest.raises(ContentReusedError):
        till.journeys.transfer(gift(30, recipient=MEI), scope="maru", now=LATER)


def test_a_gift_lives_no_longer_than_it_would_have() -> None:
    """E11."""
    till = Till(0, {"type": "rolling_days", "days": 30})
    till.ledger.earn(100, at("2026-02-20 12:00"))
    (mine,) = till.ledger.wallet().lots

    made = till.journeys.transfer(gift(30), scope="maru", now=LATER)

    assert [change.lot.expires_at for change in made.arrived.changes] == [mine.expires_at]


@pytest.mark.parametrize("wrong", [{"recipient": MEI}, {"currency": "stamps"}])
def test_not_every_gift_can_be_given(wrong: dict[str, Any]) -> None:
    till = Till(100)
    with pytest.raises(NotTransferableError):
        till.journeys.transfer(gift(30, **wrong), scope="maru", now=LATER)


def test_a_brand_gives_between_its_own_members_only() -> None:
    """E31: neither to nor from somebody it does not know."""
    till = Till(100)
    for unknown in (
        {"recipient": MemberId("01JMEMBERMEM0000000000N0NE")},
        {"member": MemberId("01JMEMBERMEM0000000000N0NE")},
    ):
        with pytest.raises(MemberNotFoundError):
            till.journeys.transfer(gift(30, **unknown), scope="maru", now=LATER)
    with pytest.raises(MemberNotFoundError):
        till.journeys.transfer(gift(30), scope="izumi", now=LATER)


def test_gifts_both_ways_at_once_lose_nothing() -> None:
    """E13, E18."""
    till = Till(100)
    till.journeys.transfer(gift(50, "start"), scope="maru", now=NOON)

    def give(number: int) -> object:
        back: dict[str, Any] = {"member": LIN, "recipient": MEI} if number % 2 else {}
        return till.journeys.transfer(gift(10, f"gift {number}", **back), scope="maru", now=LATER)

    at_once(16, give)

    lins = till.ledger.wallets.load(LIN, "points")
    assert lins is not None
    assert till.held()[0] + lins.balance(LATER).spendable == 100
    assert till.ledger.contradictions() == []


# --- conversions ---


def test_what_does_not_convert_evenly_stays() -> None:
    """E11."""
    till = Till(100)

    made = till.journeys.convert(conversion(65), scope="maru", now=LATER)

    assert (made.left.amount, made.arrived.amount, made.arrived.currency) == (-60, 6, "stamps")
    assert till.held() == (40, 0)
    assert till.journeys.get(made.order.id, "conversion", "maru").arrived == made.arrived
    assert (till.ledger.contradictions(), till.ledger.contradictions("stamps")) == ([], [])


def test_what_rounds_to_nothing_is_refused() -> None:
    till = Till(100)
    with pytest.raises(NothingToConvertError):
        till.journeys.convert(conversion(9), scope="maru", now=LATER)


def test_only_what_the_programme_names_converts() -> None:
    till = Till(100)
    with pytest.raises(NotConvertibleError):
        till.journeys.convert(conversion(10, currency="stamps", target="points"), scope="maru", now=LATER)


# --- by hand ---


def test_points_end_by_hand_with_a_reason() -> None:
    till = Till(100)
    by_hand = {"type": "expiry", "reason": "bought in error", "actor": "staff-7"}

    booked = till.ledger.use.adjust(order("expire", 30, **by_hand), scope="maru", now=LATER)
    rest = till.ledger.use.adjust(order("lot", 0, lots=(1,), **by_hand), scope="maru", now=LATER)

    assert (booked.entry.amount, booked.entry.reason, rest.entry.amount) == (-30, "bought in error", -70)
    assert till.ledger.story() == [("earn", 100), ("expire", -30), ("expire", -70)]
    with pytest.raises(NothingToExpireError):
        till.ledger.use.adjust(order("again", 0, lots=(1,), **by_hand), scope="maru", now=LATER)


def test_an_expiry_is_made_good_once() -> None:
    """M11: under one key or another."""
    till = Till(0, {"type": "rolling_days", "days": 30})
    till.ledger.earn(100, at("2026-01-10 12:00"))
    till.ledger.use.settle(MEI, "points", NOON)
    expired = till.ledger.entries()[-1].id

    def courtesy(key: str, **changes: object) -> PointsCommand:
        fields = {"entry": expired, "lasts": timedelta(days=30), "reason": "no light", "actor": "staff-7", **changes}
        return order(key, 0, type="reinstatement", store=None, **fields)

    made = till.ledger.use.reinstate(courtesy("one"), scope="maru", now=LATER)
    again = till.ledger.use.reinstate(courtesy("one"), scope="maru", now=LATER)

    assert (made.entry.type.value, made.entry.amount, again.replayed, again.entry) == (
        "reinstate",
        100,
        True,
        made.entry,
    )
    assert till.held() == (100, 0)
    with pytest.raises(AlreadyReinstatedError):
        till.ledger.use.reinstate(courtesy("two"), scope="maru", now=LATER)
    with pytest.raises(NotReinstatableError):
        till.ledger.use.reinstate(courtesy("three", entry=till.ledger.entries()[0].id), scope="maru", now=LATER)
    assert till.ledger.contradictions() == []


def test_an_expiry_is_made_good_once_by_ten_at_the_same_time() -> None:
    till = Till(100)
    spoiled = order("expire", 30, type="expiry", reason="spoiled", actor="staff-7")
    expired = till.ledger.use.adjust(spoiled, scope="maru", now=NOON).entry.id

    def again(number: int) -> object:
        fields = {"entry": expired, "lasts": timedelta(days=1), "reason": "kind", "actor": "staff-7", "store": None}
        command = order(f"key {number}", 0, type="reinstatement", **fields)
        return till.ledger.use.reinstate(command, scope="maru", now=LATER)

    outcomes = at_once(10, again)

    assert sum(isinstance(each, AlreadyReinstatedError) for each in outcomes) == 9
    assert till.held() == (100, 0)
