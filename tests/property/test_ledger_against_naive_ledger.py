"""Whatever happens to a wallet, in whatever order, the ledger and a naive one agree (E4, E5, E6, E13, E22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from huitou.points.decisions import InsufficientPointsError
from huitou.points.replay import replay, totals
from huitou.points.service import Booked
from huitou.points.wallet import Balance, EntryType, balance_of
from tests.builders import at
from tests.ledger import Ledger, points_program
from tests.property.naive_ledger import NaiveLedger

START = at("2024-01-29 21:30")
POLICIES = st.one_of(
    st.just(("never", 0)),
    st.tuples(st.just("rolling_days"), st.integers(1, 4)),
    st.tuples(st.just("end_of_month"), st.integers(0, 1)),
    st.tuples(st.just("end_of_year"), st.integers(0, 1)),
    st.tuples(st.just("sliding"), st.integers(1, 4)),
    st.tuples(st.just("sliding"), st.integers(2, 6)),
)
NUMBERS = {"rolling_days": "days", "sliding": "days", "end_of_month": "months", "end_of_year": "years"}
ZONES = st.sampled_from(["Asia/Taipei", "America/New_York", "America/Santiago"])
SPANS = st.one_of(
    st.integers(0, 120).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(0, 200).map(lambda hours: timedelta(hours=hours)),
    st.sampled_from([timedelta(days=30), timedelta(days=366)]),
)
LATENESS = st.one_of(st.just(timedelta()), st.integers(0, 72).map(lambda hours: timedelta(hours=hours)))
BEHIND = st.sampled_from([timedelta(), timedelta(), timedelta(milliseconds=700)])
"""Clocks of two functions differ: a call may be accepted at an instant before the latest that is recorded."""
POINTS = st.integers(1, 40)
MILLISECOND = timedelta(milliseconds=1)


class LedgerMachine(RuleBasedStateMachine):
    """Drives both ledgers; after each step they must say the same of now, the future and the past."""

    @initialize(policy=POLICIES, pending_days=st.integers(0, 2), zone=ZONES)
    def open(self, policy: tuple[str, int], pending_days: int, zone: str) -> None:
        kind, number = policy
        expiry = {"type": kind} | ({NUMBERS[kind]: number} if kind in NUMBERS else {})
        self.now = self.recorded = START
        self.steps = 0
        self.ledger = Ledger(points_program(expiry, pending_days, zone))
        self.naive = NaiveLedger(kind, number, pending_days, ZoneInfo(zone))
        self.redemptions: list[tuple[str, Booked]] = []
        self.reversed: list[Booked] = []
        self.remembered: dict[datetime, Balance] = {}
        self.ledger.open(START)

    # --- time ---

    @rule(span=SPANS)
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @rule(pick=st.integers(0), offset=st.sampled_from([-MILLISECOND, timedelta(), MILLISECOND]))
    def a_begin_or_end_comes(self, pick: int, offset: timedelta) -> None:
        """E5: the instants just before, at and just after a boundary are the ones to get wrong."""
        coming = sorted(instant for instant in self.naive.instants() if instant + offset > self.now)
        if coming:
            self.now = coming[min(pick, 2) % len(coming)] + offset

    # --- what members, staff and the clock do ---

    @rule(points=st.one_of(POINTS, st.just(0)), late=LATENESS)
    def earn(self, points: int, late: timedelta) -> None:
        occurred_at = max(self.now - late, START - timedelta(days=3))
        self.ledger.earn(points, occurred_at, now=self.now)
        self.naive.earn(points, occurred_at, self._recording())

    @rule(late=LATENESS)
    def visit(self, late: timedelta) -> None:
        """E5: a visit moves no points, and the ends of sliding ones."""
        occurred_at = max(self.now - late, START - timedelta(days=3))
        if self.ledger.visit(occurred_at, now=self.now).entries:
            self._recording()
        self.naive.visit(occurred_at, max(self.now, self.recorded))

    @rule(points=POINTS, behind=BEHIND)
    def redeem(self, points: int, behind: timedelta) -> None:
        key = self._key()
        accepted = self._accepted(behind)
        recorded = max(accepted, self.recorded)
        if self._is_refused(points, recorded, lambda: self.ledger.redeem(points, accepted, key)):
            return
        self.naive.redeem(key, points, recorded)
        self.redemptions.append((key, self.ledger.redeem(points, accepted, key)))
        self.recorded = recorded

    @precondition(lambda self: self.redemptions)
    @rule(pick=st.integers(0), behind=BEHIND)
    def reverse(self, pick: int, behind: timedelta) -> None:
        key, redemption = self.redemptions.pop(pick % len(self.redemptions))
        accepted = self._accepted(behind)
        self.recorded = max(accepted, self.recorded)
        self.naive.reverse(key, self.recorded)
        self.reversed.append(self.ledger.reverse(redemption, accepted))

    @precondition(lambda self: self.reversed)
    @rule(pick=st.integers(0))
    def reverse_again(self, pick: int) -> None:
        """E16: a reversal happens once; its repeat gets the first answer."""
        first = self.reversed[pick % len(self.reversed)]
        again = self.ledger.reverse(first, self.now)
        assert (again.entry, again.replayed) == (first.entry, True)

    @rule(points=POINTS)
    def give(self, points: int) -> None:
        self.ledger.adjust(points, self.now, self._key())
        self.naive.give(points, self._recording())

    @rule(points=POINTS)
    def take(self, points: int) -> None:
        key = self._key()
        if self._is_refused(points, max(self.now, self.recorded), lambda: self.ledger.adjust(-points, self.now, key)):
            return
        self.naive.take(points, self._recording())
        self.ledger.adjust(-points, self.now, key)

    @rule()
    def settle(self) -> None:
        if self.ledger.use.settle(self.ledger.wallet().member, "points", self.now).entries:
            self._recording()
        assert self.ledger.use.settle(self.ledger.wallet().member, "points", self.now).entries == ()

    # --- what must hold after each step ---

    @invariant()
    def now_and_the_future_agree(self) -> None:
        assert self.ledger.balance(self.now) == self.naive.balance(self.now)
        for boundary in list(self.naive.instants())[-4:]:
            for later in (boundary - MILLISECOND, boundary, boundary + timedelta(hours=30)):
                if later >= self.now:
                    assert self.ledger.balance(self.now, later) == self.naive.balance(later)

    @invariant()
    def a_settled_wallet_holds_the_open_grants(self) -> None:
        lots = [
            (lot.number, lot.remaining, lot.active_at, lot.expires_at) for lot in self.ledger.settled(self.now).lots
        ]
        assert lots == self.naive.open_grants(self.now)

    @invariant()
    def the_next_change_is_a_begin_or_an_end(self) -> None:
        view = self.ledger.view(self.now)
        open_now = [(begins, end) for _, _, begins, end in self.naive.open_grants(self.now)]
        coming = [instant for interval in open_now for instant in interval if instant and instant > self.now]
        assert view.next_change_at == min(coming, default=None)

    @invariant()
    def entries_tell_the_whole_story(self) -> None:
        """E13: and each entry's balance is what its predecessors and itself come to."""
        assert self.ledger.contradictions() == []
        entries = self.ledger.entries()
        assert [entry.version for entry in entries] == list(range(2, len(entries) + 2))
        recorded = [entry.recorded_at for entry in entries]
        assert recorded == sorted(recorded)
        if entries:
            lots = replay(entries, lambda _: self.ledger.program.zone)
            assert entries[-1].balance == balance_of(lots, max(entries[-1].recorded_at, self.recorded))

    @invariant()
    def expiry_and_activation_are_booked_when_they_happened(self) -> None:
        """E22: what time did is booked in the order of time, activations before expiries of the same instant."""
        entries = self.ledger.entries()
        returned: dict[int, datetime] = {}
        for entry in entries:
            for change in entry.changes:
                lot = change.lot
                if entry.type is EntryType.ACTIVATE:
                    assert entry.effective_at == lot.active_at
                if entry.type is EntryType.REVERSE:
                    returned[lot.number] = entry.effective_at
                if entry.type is EntryType.EXPIRE:
                    assert lot.expires_at is not None
                    assert entry.effective_at == max(lot.expires_at, returned.get(lot.number, lot.expires_at))
        for by_clock, decided in groupby(entries, lambda entry: (entry.cause.type == "clock", entry.recorded_at)):
            order = [(entry.effective_at, entry.type is EntryType.EXPIRE) for entry in decided]
            assert not by_clock[0] or order == sorted(order)
        assert totals(entries).expired <= self.naive.expired(self.now)

    @invariant()
    def the_past_is_what_it_was(self) -> None:
        """``?at=`` counts what became known later, ``&as_of=`` does not; both as one remembers it."""
        self.steps += 1
        self.remembered[self.now] = self.ledger.balance(self.now)
        instants = [START - timedelta(hours=5), *self.remembered, *self.naive.instants()]
        for number, past in enumerate(instants, self.steps):
            if past < self.now and number % 5 == 0:
                assert self.ledger.balance(self.now, past) == self.naive.balance(past), past
                as_of = list(self.remembered)[number % len(self.remembered)]
                assert self.ledger.balance(self.now, past, as_of) == self.naive.balance(past, as_of), (past, as_of)
        for past, balance in self.remembered.items():
            if past < self.now:
                assert self.ledger.balance(self.now, past, past) == balance, past

    def _is_refused(self, points: int, now: datetime, attempt: Callable[[], Booked]) -> bool:
        """Whether there are fewer points; the ledger must say so, and how many there are."""
        spendable, _ = self.naive.balance(now)
        if points <= spendable:
            return False
        with pytest.raises(InsufficientPointsError) as refused:
            attempt()
        assert refused.value.extra == {"spendable": str(spendable)}
        return True

    def _recording(self) -> datetime:
        """A decision is recorded now, or when the latest was, if that lies ahead."""
        self.recorded = max(self.now, self.recorded)
        return self.recorded

    def _accepted(self, behind: timedelta) -> datetime:
        """When a call is accepted by a function whose clock is behind: what was seen since will have been too early."""
        accepted = self.now - behind
        known = max(accepted, self.recorded)
        self.remembered = {past: balance for past, balance in self.remembered.items() if past < known}
        return accepted

    def _key(self) -> str:
        self.steps += 1
        return f"key {self.steps}"


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=3 * settings().max_examples)
