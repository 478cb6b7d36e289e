"""A ledger that goes on from booking to booking books what one opened anew for each books (M14, E13)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.kernel.errors import ConflictError
from huitou.kernel.ids import Digest, MemberId
from huitou.points.decisions import (
    Adjust,
    Capture,
    Command,
    Earn,
    GiveBack,
    KeepAlive,
    PlaceHold,
    Receive,
    Redeem,
    Release,
    Reverse,
    Send,
    Settle,
    TakeBack,
    carry_out,
    decide,
)
from huitou.points.earning import Earning
from huitou.points.ledger import Ledger
from huitou.points.outlook import NEVER
from huitou.points.replay import activity_without
from huitou.points.wallet import (
    Cause,
    Entry,
    EntryType,
    Lot,
    LotChange,
    Wallet,
    balance_of,
    next_change,
    open_wallet,
)
from huitou.program.terms import RefundPolicy
from huitou.simulator.account import Account
from huitou.simulator.counting import CountedLedger
from tests.builders import MEI, at
from tests.ledger import points_program

START = at("2026-03-01 12:00")
OTHER = MemberId("01JMEMBERHAN000000000HAN00")


class Moment(NamedTuple):
    """What a step meets: ``points`` says how many, and which of those that there are."""

    now: datetime
    wallet: Wallet
    entries: Sequence[Entry]
    points: int
    cause: Cause

    @property
    def some(self) -> int:
        """As many as can be spent, at most."""
        return min(self.points, self.wallet.balance(self.now).spendable) or self.points

    def pick(self, kinds: Collection[EntryType]) -> Entry | None:
        found = [entry for entry in self.entries if entry.type in kinds]
        return found[self.points % len(found)] if found else None


def _hold(moment: Moment) -> Command:
    ends_at = moment.now + timedelta(hours=moment.points)
    return PlaceHold(Digest(moment.cause.id), moment.some, "maru", ends_at, moment.cause)


def _end_a_hold(moment: Moment) -> Command:
    """Whole, in part or not at all."""
    holds, points = moment.wallet.holds, moment.points
    if not holds:
        return Settle()
    hold = holds[points % len(holds)]
    return Capture(hold.id, min(points, hold.points), moment.cause) if points % 3 else Release(hold.id, moment.cause)


def _give_back(moment: Moment) -> Command:
    """A part of what was spent, or all that is left of it."""
    spent = moment.pick({EntryType.REDEEM, EntryType.CAPTURE})
    if spent is None:
        return Settle()
    returns = {EntryType.GIVE_BACK, EntryType.REVERSE}
    already = sum(each.amount for each in moment.entries if each.type in returns and each.about == spent.id)
    points, since = min(moment.points, -spent.amount - already), tuple(moment.entries[spent.version :])
    if moment.points % 2:
        return Reverse(spent, since, "maru", moment.cause, already) if points else Settle()
    return GiveBack(spent, since, points, "maru", moment.cause, already) if points else Settle()


def _take_back(moment: Moment) -> Command:
    """A part of what was earned, or all of it with the activity itself; whatever was taken back before."""
    earned = moment.pick({EntryType.EARN})
    if earned is None:
        return Settle()
    purchase, lots = earned.cause.id, frozenset(change.lot.number for change in earned.changes)
    policy = list(RefundPolicy)[moment.points % len(RefundPolicy)]
    latest = activity_without(purchase, reversed(moment.entries)) if moment.points % 2 else None
    owed = min(moment.points, earned.amount)
    return TakeBack(owed, purchase, lots, "maru", policy, moment.cause, last_activity=latest)


def _receive(moment: Moment) -> Command:
    ends = (None, moment.now + timedelta(hours=moment.points), moment.now - timedelta(hours=moment.points))
    parts = tuple(LotChange(-moment.points, Lot(7, 0, START, end, "maru")) for end in ends)
    return Receive(parts, OTHER, "maru", moment.cause)


def _earn(moment: Moment, late: timedelta = timedelta()) -> Command:
    purchase = Cause("purchase", moment.cause.id)
    return Earn(Earning(moment.points, ()), "maru", moment.now - late, purchase)


HOW: Mapping[str, Callable[[Moment], Command]] = {
    "earn": _earn,
    "earn late": lambda moment: _earn(moment, timedelta(days=2)),
    "give": lambda moment: Adjust(moment.points, "maru", "sorry", "staff-7", moment.cause),
    "redeem": lambda moment: Redeem(moment.some, "maru", moment.cause),
    "send": lambda moment: Send(moment.some, OTHER, "maru", moment.cause),
    "receive": _receive,
    "visit": lambda moment: KeepAlive("maru", moment.now, moment.cause),
    "hold": _hold,
    "end a hold": _end_a_hold,
    "give back": _give_back,
    "take back": _take_back,
    "wait": lambda _: Settle(),
}
POLICIES = st.sampled_from(
    [
        {"type": "never"},
        {"type": "rolling_days", "days": 2},
        {"type": "end_of_month", "months": 0},
        {"type": "sliding", "days": 3},
    ]
)
STEPS = st.lists(
    st.tuples(st.sampled_from(list(HOW)), st.integers(1, 60), st.sampled_from([0, 1, 7, 24, 50, 200])), max_size=25
)


@given(POLICIES, st.sampled_from([0, 1, 4]), st.sampled_from([0, 2]), STEPS)
@example(  # what a hold returns is over in the same instant as what was left
    {"type": "rolling_days", "days": 2}, 0, 0, [("earn", 1, 0), ("earn", 1, 0), ("hold", 1, 0), ("earn", 1, 200)]
)
def test_a_ledger_that_goes_on_books_the_same(
    expiry: Mapping[str, object], pending_days: int, courtesy_days: int, steps: list[tuple[str, int, int]]
) -> None:
    """E13: entry by entry, whatever time brings between; and what is kept of the lots is what they come to.

    One that only counts holds the same lots, and counts what the entries say.
    """
    program = points_program(expiry, pending_days=pending_days, courtesy_days=courtesy_days)
    now, wallet = START, open_wallet(MEI, "points", START)
    account = Account()
    going, counted = Ledger(wallet, program, START), CountedLedger(wallet, program, START, account)
    entries: list[Entry] = []
    for number, (what, points, hours) in enumerate(steps):
        now += timedelta(hours=hours)
        command = HOW[what](Moment(now, wallet, entries, points, Cause(what, str(number))))
        forgetful = replace(wallet, outlook=None)
        try:
            decision = decide(forgetful, command, program, now)
        except ConflictError:
            continue
        assert decide(wallet, command, program, now) == decision
        for ledger in (going, counted):
            ledger.go_on(now)
            carry_out(command, ledger)
        entries += decision.entries
        assert (going.decision().entries, counted.decision().entries) == (tuple(entries), ())
        wallet = decision.wallet
        assert going.lots == counted.lots == {lot.number: lot for lot in wallet.lots}
        assert counted.wallet().lots == wallet.lots
        for ledger in (going, counted):
            assert tuple(ledger.holds.values()) == wallet.holds
            assert (ledger.debts, ledger.last_activity) == (wallet.debts, wallet.last_activity)
        _require_outlook(wallet)
    assert account.issued["points", "maru"] == _sum_of(entries, EntryType.EARN, EntryType.ADJUST)
    assert account.redeemed["points", "maru"] == -_sum_of(entries, EntryType.REDEEM)
    assert account.expired["points", "maru"] == -_sum_of(entries, EntryType.EXPIRE)


def _sum_of(entries: Iterable[Entry], *kinds: EntryType) -> int:
    return sum(entry.amount for entry in entries if entry.type in kinds)


def _require_outlook(wallet: Wallet) -> None:
    """Nothing happens before ``until``, and then what the lots come to is what was kept."""
    outlook = wallet.outlook
    if outlook is None or not outlook.holds_for(wallet.lots, wallet.recorded_at):
        return
    spendable, pending, _, _ = balance_of(wallet.lots, wallet.recorded_at)
    assert (outlook.spendable, outlook.pending) == (spendable, pending)
    assert outlook.until <= (next_change(wallet.lots) or NEVER)
    assert outlook.slides or not any(lot.sliding_days for lot in wallet.lots)
