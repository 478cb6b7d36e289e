"""The same thing twice, many things at once, and writes that fail or only seem to (E14, E16, E18)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.commits import Commit, Write
from huitou.kernel.errors import ContentReusedError, UnavailableError
from huitou.points.decisions import InsufficientPointsError
from huitou.points.membership import MemberNotFoundError
from huitou.points.service import RedemptionNotFoundError
from huitou.points.wallet import Balance
from huitou.simulator.memory import MemoryTable
from tests.builders import MEI, at
from tests.ledger import Ledger, order

T = TypeVar("T")
NOON = at("2026-03-02 12:00")
LATER = NOON + timedelta(hours=1)


def at_once(calls: int, call: Callable[[int], T]) -> list[T | Exception]:
    """What each of so many calls, made side by side, came to."""

    def outcome(number: int) -> T | Exception:
        try:
            return call(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(outcome, range(calls)))


def member_with(points: int) -> Ledger:
    ledger = Ledger()
    ledger.open()
    ledger.earn(points, NOON)
    return ledger


def test_the_same_key_gives_the_first_answer_again() -> None:
    """E14: marked as a replay; nothing happens twice."""
    ledger = member_with(100)
    first = ledger.redeem(30, NOON, "key")

    again = ledger.redeem(30, LATER, "key")

    assert (again.command, again.entry) == (first.command, first.entry)
    assert (first.replayed, again.replayed) == (False, True)
    assert ledger.story() == [("earn", 100), ("redeem", -30)]


def test_the_same_key_is_answered_when_there_are_no_points_left_for_it() -> None:
    """E14: for ever, whatever happened since."""
    ledger = member_with(30)
    first = ledger.redeem(30, NOON, "key")

    assert ledger.redeem(30, LATER, "key").entry == first.entry


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"points": 31}, "/points"),
        ({"points": 3100}, "/points"),
        ({"brand": "sora"}, "/brand"),
        ({"store": None}, "/store"),
        ({"reason": "why not"}, "/reason"),
        ({"currency": "stones"}, "/currency"),
        ({"member": MEI[:-1] + "Z"}, "/member"),
        ({"type": "adjustment", "points": 30, "reason": None}, "/type"),
    ],
)
def test_the_same_key_with_other_content_is_refused_and_named(change: dict[str, object], field: str) -> None:
    """E14: 409 naming what differs; nothing changed."""
    ledger = member_with(100)
    ledger.redeem(30, NOON, "key")

    with pytest.raises(ContentReusedError) as refused:
        ledger.use.redeem(order("key", **{"points": 30, **change}), presented=True, now=LATER)  # type: ignore[arg-type]

    assert [error.pointer for error in refused.value.errors] == [field]
    assert ledger.story() == [("earn", 100), ("redeem", -30)]


def test_a_redemption_that_is_being_written_is_waited_for_not_taken_for_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """E14: a read may see a part of a transaction; the repeat looks again until it sees all of it."""
    ledger = member_with(100)
    first = ledger.redeem(30, NOON, "key")
    unseen, read = [1, 2], ledger.wallets.entry
    monkeypatch.setattr(ledger.wallets, "entry", lambda *named: None if unseen and unseen.pop() else read(*named))

    again = ledger.redeem(30, LATER, "key")

    assert (again.entry, again.replayed, unseen) == (first.entry, True, [])


def test_what_is_no_content_may_differ() -> None:
    """E14: not the client's own reference, nor the time."""
    ledger = member_with(100)
    first = ledger.redeem(30, NOON, "key", client_reference="till 1")

    assert ledger.redeem(30, LATER, "key", client_reference="till 2", booked_at=LATER).command == first.command


def test_adjustments_are_repeated_alike() -> None:
    """E14."""
    ledger = member_with(100)
    first = ledger.adjust(-30, NOON, "key")

    again = ledger.adjust(-30, LATER, "key")

    assert (again.entry, again.replayed) == (first.entry, True)
    with pytest.raises(ContentReusedError):
        ledger.adjust(-29, LATER, "key")


def test_the_same_key_side_by_side_happens_once() -> None:
    """E14."""
    ledger = member_with(100)

    booked = at_once(20, lambda _: ledger.redeem(30, NOON, "key").replayed)

    assert sorted(map(str, booked)) == ["False", *["True"] * 19]
    assert ledger.story() == [("earn", 100), ("redeem", -30)]


def test_forty_redemptions_against_a_balance_for_fourteen_leave_fourteen() -> None:
    """E18: nothing lost, never below zero."""
    ledger = member_with(14 * 7 + 3)

    booked = at_once(40, lambda number: ledger.redeem(7, NOON, f"key {number}"))

    assert sum(isinstance(each, InsufficientPointsError) for each in booked) == 26
    assert ledger.balance(NOON) == Balance(3, 0)
    assert ledger.contradictions() == []


def test_ten_calls_for_one_member_all_succeed() -> None:
    """E18."""
    ledger = member_with(100)

    at_once(10, lambda number: ledger.earn(number + 1, NOON + timedelta(seconds=number), now=LATER))

    assert ledger.balance(LATER) == Balance(155, 0)
    assert ledger.contradictions() == []


def test_a_reversal_happens_once() -> None:
    """E16: even in the same millisecond."""
    ledger = member_with(100)
    redemption = ledger.redeem(30, NOON)

    outcomes = at_once(20, lambda _: ledger.reverse(redemption, LATER).replayed)

    assert sorted(map(str, outcomes)) == ["False", *["True"] * 19]
    assert ledger.story() == [("earn", 100), ("redeem", -30), ("reverse", 30)]


def test_two_first_uses_of_a_currency_open_one_wallet() -> None:
    """Wallets other than the home one are opened when they are needed first."""
    ledger = member_with(100)

    at_once(
        10, lambda number: ledger.earn(5, NOON + timedelta(seconds=number), now=LATER, brand="sora", currency="beans")
    )

    assert ledger.wallet("beans").balance(LATER) == Balance(50, 0)
    assert ledger.contradictions("beans") == []


def test_spending_at_a_new_brand_joins_it_in_the_same_write() -> None:
    """E31: unless only the id was given."""
    ledger = member_with(100)
    with pytest.raises(MemberNotFoundError):
        ledger.use.redeem(order("key", 5, brand="kaze", store=None), presented=False, now=NOON)

    ledger.use.redeem(order("key", 5, brand="kaze", store=None), presented=True, now=NOON)

    assert ledger.wallet().brands["kaze"] == NOON


def test_spending_another_currency_joins_in_the_home_wallet() -> None:
    """E31: both wallets change in one write."""
    ledger = member_with(100)
    ledger.earn(50, NOON, currency="stamps")

    ledger.redeem(5, LATER, "key", currency="stamps", brand="kaze", store=None)

    assert ledger.wallet("stamps").balance(LATER) == Balance(45, 0)
    assert ledger.wallet().brands["kaze"] == LATER
    assert ledger.redeem(5, LATER, "key", currency="stamps", brand="kaze", store=None).replayed


def test_another_brands_redemption_does_not_exist() -> None:
    """E31."""
    ledger = member_with(100)
    redemption = ledger.redeem(30, NOON)
    adjustment = ledger.adjust(5, NOON)

    for booked, brand in ((redemption, "sora"), (adjustment, "maru")):
        with pytest.raises(RedemptionNotFoundError):
            ledger.use.reverse(booked.command.id, brand=brand, now=LATER)
        with pytest.raises(RedemptionNotFoundError):
            ledger.use.redemption(booked.command.id, brand)


class FailingCommit:
    """Fails at random, before the write or after it really happened: the caller cannot tell which."""

    def __init__(self, commit: Commit, chance: random.Random) -> None:
        self._commit = commit
        self._chance = chance

    def __call__(self, writes: Sequence[Write]) -> None:
        fate = self._chance.choice(["before", "after", "well"])
        if fate == "before":
            raise UnavailableError("It did not happen.")
        self._commit(writes)
        if fate == "after":
            raise UnavailableError("It did happen.")


def until_it_answers(call: Callable[..., T], *arguments: object) -> T:
    """What a caller does: the same call again."""
    for _ in range(100):
        try:
            return call(*arguments)
        except UnavailableError:
            continue
    raise AssertionError("It never answered.")


STEPS = st.lists(
    st.tuples(st.sampled_from(["redeem", "give", "take", "reverse", "settle"]), st.integers(1, 60)), max_size=12
)


@given(steps=STEPS, seed=st.integers(0, 2**32))
def test_repeats_after_failures_end_in_the_wallet_that_no_failure_gives(
    steps: list[tuple[str, int]], seed: int
) -> None:
    """E14: each command exactly once, however often it was sent and whatever the answer was."""
    table = MemoryTable()
    sound, before_it_fails = Ledger(), Ledger(table=table)
    for ledger in (sound, before_it_fails):
        ledger.open()
        ledger.earn(100, NOON)
    failing = Ledger(table=table, commit=FailingCommit(table.commit, random.Random(seed)))  # noqa: S311 - a test's dice

    for ledger in (sound, failing):
        _carry_out(ledger, steps)

    assert failing.wallet() == sound.wallet()
    assert failing.entries() == sound.entries()
    assert failing.contradictions() == []


def _carry_out(ledger: Ledger, steps: list[tuple[str, int]]) -> None:
    redemptions = []
    for number, (step, points) in enumerate(steps):
        now, key = NOON + timedelta(minutes=number), f"key {number}"
        try:
            match step:
                case "redeem":
                    redemptions.append(until_it_answers(ledger.redeem, points, now, key))
                case "give" | "take":
                    until_it_answers(ledger.adjust, points if step == "give" else -points, now, key)
                case "reverse" if redemptions:
                    until_it_answers(ledger.reverse, redemptions.pop(), now)
                case "settle":
                    until_it_answers(ledger.use.settle, MEI, "points", now)
        except InsufficientPointsError:
            continue
