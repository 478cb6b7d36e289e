"""A ledger that goes on from booking to booking books what one opened anew for each books (M14, E13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.kernel.ids import Digest
from huitou.points.decisions import Adjust, Command, Earn, PlaceHold, Redeem, Settle, carry_out, decide
from huitou.points.earning import Earning
from huitou.points.ledger import InsufficientPointsError, Ledger
from huitou.points.outlook import NEVER
from huitou.points.wallet import Cause, Entry, EntryType, Wallet, balance_of, next_change, open_wallet
from huitou.simulator.account import Account
from huitou.simulator.counting import CountedLedger
from tests.builders import MEI, at
from tests.ledger import points_program

START = at("2026-03-01 12:00")
POLICIES = st.sampled_from(
    [
        {"type": "never"},
        {"type": "rolling_days", "days": 2},
        {"type": "end_of_month", "months": 0},
        {"type": "sliding", "days": 3},
    ]
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "earn late", "redeem", "give", "hold", "wait"]),
        st.integers(1, 60),
        st.sampled_from([0, 1, 7, 24, 50, 200]),
    ),
    max_size=25,
)


@given(POLICIES, st.sampled_from([0, 1, 4]), STEPS)
@example(  # what a hold returns is over in the same instant as what was left
    {"type": "rolling_days", "days": 2}, 0, [("earn", 1, 0), ("earn", 1, 0), ("hold", 1, 0), ("earn", 1, 200)]
)
def test_a_ledger_that_goes_on_books_the_same(
    expiry: dict[str, object], pending_days: int, steps: list[tuple[str, int, int]]
) -> None:
    """E13: entry by entry, whatever time brings between; and what is kept of the lots is what they come to.

    One that only counts holds the same lots, and counts what the entries say.
    """
    program = points_program(expiry, pending_days=pending_days)
    now, wallet = START, open_wallet(MEI, "points", START)
    account = Account()
    going, counted = Ledger(wallet, program, START), CountedLedger(wallet, program, START, account)
    entries: list[Entry] = []
    for number, (what, points, hours) in enumerate(steps):
        now += timedelta(hours=hours)
        command = _command(what, points, Cause(what, str(number)))
        forgetful = replace(wallet, outlook=None)
        try:
            decision = decide(forgetful, command, program, now)
        except InsufficientPointsError:
            continue
        assert decide(wallet, command, program, now) == decision
        for ledger in (going, counted):
            ledger.go_on(now)
            carry_out(command, ledger)
        entries += decision.entries
        assert going.decision().entries == tuple(entries)
        wallet = decision.wallet
        assert going.lots == counted.lots == {lot.number: lot for lot in wallet.lots}
        _require_outlook(wallet)
    assert account.issued["points", "maru"] == _sum_of(entries, EntryType.EARN)
    assert account.redeemed["points", "maru"] == -_sum_of(entries, EntryType.REDEEM)
    assert account.expired["points", "maru"] == -_sum_of(entries, EntryType.EXPIRE)


def _sum_of(entries: Iterable[Entry], kind: EntryType) -> int:
    return sum(entry.amount for entry in entries if entry.type is kind)


def _command(what: str, points: int, cause: Cause) -> Command:
    match what:
        case "earn":
            return Earn(Earning(points, ()), "maru", START, cause)
        case "earn late":
            return Earn(Earning(points, ()), "maru", START - timedelta(days=2), cause)
        case "redeem":
            return Redeem(points, "maru", cause)
        case "give":
            return Adjust(points, "maru", "sorry", "staff-7", cause)
        case "hold":
            ends_at = START + timedelta(hours=points)
            return PlaceHold(Digest(cause.id), points, "maru", ends_at, cause)
        case _:
            return Settle()


def _require_outlook(wallet: Wallet) -> None:
    """Nothing happens before ``until``, and then what the lots come to is what was kept."""
    outlook = wallet.outlook
    if outlook is None or not outlook.holds_for(wallet.lots, wallet.recorded_at):
        return
    spendable, pending, _, _ = balance_of(wallet.lots, wallet.recorded_at)
    assert (outlook.spendable, outlook.pending) == (spendable, pending)
    assert outlook.until <= (next_change(wallet.lots) or NEVER)
    assert outlook.slides or not any(lot.sliding_days for lot in wallet.lots)
