"""Whatever happens to a wallet, in whatever order, the ledger and a naive one agree (E4, E5, E6, E13, E22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from huitou.kernel.ids import Digest, MemberId
from huitou.points.booking import Booked
from huitou.points.decisions import (
    Capture,
    Command,
    ConvertOut,
    Expire,
    GiveBack,
    InsufficientPointsError,
    OutstandingDebtError,
    PlaceHold,
    Receive,
    Reinstate,
    Release,
    Send,
    TakeBack,
)
from huitou.points.expiry import expiration
from huitou.points.holding import MOST_HOLDS, CaptureExceedsHoldError, HoldEndedError
from huitou.points.replay import activity_without, replay
from huitou.points.travelling import NothingToConvertError
from huitou.points.wallet import Balance, Cause, Entry, EntryType, Lot, LotChange, balance_of
from huitou.program.model import RollingDays
from huitou.program.terms import Conversion, RefundPolicy
from tests.builders import at
from tests.ledger import Ledger, points_program
from tests.property.naive_ledger import NaiveLedger
from tests.soundness import totals

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


BRANDS = st.sampled_from(["maru", "sora"])
OTHER = MemberId("01JMEMBERHAN000000000HAN00")
IN_FIVES = Conversion("points", "stamps", give=5, get=1)


class Bought(NamedTuple):
    """A purchase that may still be refunded."""

    id: str
    brand: str
    lots: frozenset[int]
    owes: int


class LedgerMachine(RuleBasedStateMachine):
    """Drives both ledgers; after each step they must say the same of now, the future and the past."""

    @initialize(policy=POLICIES, pending_days=st.integers(0, 2), zone=ZONES, courtesy=st.sampled_from([0, 0, 1, 3]))
    def open(self, policy: tuple[str, int], pending_days: int, zone: str, courtesy: int) -> None:
        kind, number = policy
        expiry = {"type": kind} | ({NUMBERS[kind]: number} if kind in NUMBERS else {})
        self.now = self.recorded = START
        self.steps = 0
        self.ledger = Ledger(points_program(expiry, pending_days, zone, courtesy))
        self.naive = NaiveLedger(kind, number, pending_days, ZoneInfo(zone), courtesy)
        self.redemptions: list[tuple[str, Booked]] = []
        self.captures: list[tuple[str, Entry]] = []
        self.purchases: list[Bought] = []
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

    @rule(points=st.one_of(POINTS, st.just(0)), late=LATENESS, brand=BRANDS)
    def earn(self, points: int, late: timedelta, brand: str) -> None:
        occurred_at = max(self.now - late, START - timedelta(days=3))
        purchase, now = self._key(), self._recording()
        decision = self.ledger.earn(points, occurred_at, now=now, brand=brand, purchase=purchase)
        lots = frozenset(each.lot.number for each in decision.entry_for(Cause("purchase", purchase)).changes)
        self.naive.earn(points, occurred_at, now, purchase, brand)
        self.purchases.append(Bought(purchase, brand, lots, points))

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
        if self._is_refused(points, recorded, lambda: self.ledger.redeem(points, accepted, key), spending=True):
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
        self.naive.give_back(key, len(self.naive.redemptions[key]), self.recorded, last_first=False)
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

    @rule(points=POINTS, hours=st.integers(1, 60))
    def hold(self, points: int, hours: int) -> None:
        """E17: points are set aside, and return by themselves."""
        key, now, ends = self._key(), max(self.now, self.recorded), self.now + timedelta(hours=hours)
        if ends <= now or len(self.naive.open_holds(now)) == MOST_HOLDS:
            return
        command = PlaceHold(Digest(key), points, "maru", ends, Cause("hold", key))
        if not self._is_refused(points, now, lambda: self.ledger.carry_out(command, now), spending=True):
            self.ledger.carry_out(command, now)
            self._recording()
            self.naive.hold(key, points, ends, now)

    @precondition(lambda self: self.naive.holds)
    @rule(pick=st.integers(0), share=st.integers(0, 110))
    def end_a_hold(self, pick: int, share: int) -> None:
        """E5, E17: whole, in part or not at all; once it has ended there is nothing to capture."""
        hold = list(self.naive.holds.values())[pick % len(self.naive.holds)]
        now, held = max(self.now, self.recorded), len(hold.taken)
        points = held * share // 100
        cause = Cause("capture", self._key())
        command = Capture(Digest(hold.key), points, cause) if points else Release(Digest(hold.key), cause)
        if hold not in self.naive.open_holds(now):
            with pytest.raises(HoldEndedError):
                self.ledger.carry_out(command, now)
        elif points > held:
            with pytest.raises(CaptureExceedsHoldError):
                self.ledger.carry_out(command, now)
        else:
            decision = self.ledger.carry_out(command, now)
            self._recording()
            self.naive.capture(hold.key, points, now)
            if points:
                self.captures.append((hold.key, decision.entry_for(cause)))

    @precondition(lambda self: self.captures)
    @rule(pick=st.integers(0), share=st.integers(1, 100))
    def give_back(self, pick: int, share: int) -> None:
        """E3: last taken first."""
        key, capture = self.captures[pick % len(self.captures)]
        spent, left = -capture.amount, len(self.naive.redemptions[key])
        points, now = -(-left * share // 100), self._recording()
        since = tuple(entry for entry in self.ledger.entries() if entry.version > capture.version)
        cause = Cause("refund", self._key())
        self.ledger.carry_out(GiveBack(capture, since, points, "maru", cause, already=spent - left), now)
        self.naive.give_back(key, points, now)

    @precondition(lambda self: self.purchases)
    @rule(pick=st.integers(0), share=st.integers(0, 100), policy=st.sampled_from(RefundPolicy))
    def take_back(self, pick: int, share: int, policy: RefundPolicy) -> None:
        """E1, E5: a part of what was earned, or all that is left of it with the activity itself."""
        index, now = pick % len(self.purchases), self._recording()
        bought = self.purchases[index]
        whole = share >= 60
        owed = bought.owes if whole else bought.owes * share // 100
        kept = activity_without(bought.id, reversed(self.ledger.entries())) if whole else None
        command = TakeBack(
            owed, bought.id, bought.lots, bought.brand, policy, Cause("refund", self._key()), last_activity=kept
        )
        entry = self.ledger.carry_out(command, now).entry_for(command.cause)
        waived, debt = self.naive.take_back(
            bought.id, owed, numbers=bought.lots, issuer=bought.brand, policy=policy.value, now=now
        )
        if whole:
            self.naive.withdraw(bought.id, now)
            del self.purchases[index]
        else:
            self.purchases[index] = bought._replace(owes=bought.owes - owed)
        assert (entry.waived, entry.debt) == (waived, debt)
        assert owed == -entry.amount + entry.waived + entry.debt

    @rule(points=POINTS, by_conversion=st.booleans())
    def send(self, points: int, by_conversion: bool) -> None:
        now, key = max(self.now, self.recorded), self._key()
        command: Command = Send(points, OTHER, "maru", Cause("transfer", key))
        if by_conversion:
            command = ConvertOut(points, IN_FIVES, "maru", Cause("conversion", key))
            points -= points % 5
        if points == 0:
            with pytest.raises(NothingToConvertError):
                self.ledger.carry_out(command, now)
        elif not self._is_refused(points, now, lambda: self.ledger.carry_out(command, now), spending=True):
            self.ledger.carry_out(command, now)
            self._recording()
            self.naive.take(points, now)

    @rule(parts=st.lists(st.tuples(st.integers(1, 30), st.none() | st.integers(-20, 200), BRANDS), max_size=3))
    def receive(self, parts: list[tuple[int, int | None, str]]) -> None:
        """E11: the end is that of the lot it came from, or what the policy says from now on."""
        now = self._recording()
        begins, expiry = now - timedelta(days=400), self.ledger.program.currencies["points"].expiry
        policy = expiration(expiry, now, self.ledger.program.zone)
        sent, received = [], []
        for points, hours, issuer in parts:
            end = now + timedelta(hours=hours) if hours is not None else None
            sent.append(LotChange(-points, Lot(77, 5, begins, end, issuer)))
            received.append((points, issuer, begins, min((each for each in (end, policy) if each), default=None)))
        self.ledger.carry_out(Receive(tuple(sent), OTHER, "maru", Cause("transfer", self._key())), now)
        self.naive.bring_all(received, now)

    @rule(points=POINTS)
    def expire_by_hand(self, points: int) -> None:
        now = max(self.now, self.recorded)
        command = Expire("maru", "by hand", "staff-7", Cause("expiry", self._key()), points)
        if not self._is_refused(points, now, lambda: self.ledger.carry_out(command, now)):
            self.ledger.carry_out(command, now)
            self._recording()
            self.naive.expire(points, now)

    @rule(pick=st.integers(0), days=st.integers(0, 5))
    def reinstate(self, pick: int, days: int) -> None:
        """What has expired is given again, in new lots."""
        expiries = [entry for entry in self.ledger.entries() if entry.type is EntryType.EXPIRE]
        if expiries:
            now, expired = self._recording(), expiries[pick % len(expiries)]
            end = expiration(RollingDays(days), now, self.ledger.program.zone)
            command = Reinstate(expired, days, "maru", "sorry", "staff-7", Cause("courtesy", self._key()))
            self.ledger.carry_out(command, now)
            self.naive.bring_all(
                [(-each.amount, each.lot.issuer, min(each.lot.active_at, now), end) for each in expired.changes], now
            )

    @rule()
    def settle(self) -> None:
        if self.ledger.use.settle(self.ledger.wallet().member, "points", self.now).entries:
            self._recording()
        assert self.ledger.use.settle(self.ledger.wallet().member, "points", self.now).entries == ()

    # --- what must hold after each step ---

    @invariant()
    def now_and_the_future_agree(self) -> None:
        assert self.ledger.balance(self.now) == Balance(*self.naive.balance(self.now))
        for boundary in list(self.naive.instants())[-4:]:
            for later in (boundary - MILLISECOND, boundary, boundary + timedelta(hours=30)):
                if later >= self.now:
                    assert self.ledger.balance(self.now, later) == Balance(*self.naive.balance(later))

    @invariant()
    def a_settled_wallet_holds_the_open_grants(self) -> None:
        lots = [
            (lot.number, lot.remaining, lot.active_at, lot.expires_at) for lot in self.ledger.settled(self.now).lots
        ]
        assert lots == self.naive.open_grants(self.now)

    @invariant()
    def holds_and_debts_agree(self) -> None:
        settled = self.ledger.settled(max(self.now, self.recorded))
        holds = [(str(hold.id), hold.points, hold.ends_at) for hold in settled.holds]
        open_holds = self.naive.open_holds(max(self.now, self.recorded))
        assert holds == [(hold.key, len(hold.taken), hold.ends) for hold in open_holds]
        assert {debt.purchase: debt.points for debt in settled.debts} == self.naive.debts

    @invariant()
    def the_next_change_is_a_begin_or_an_end(self) -> None:
        view = self.ledger.view(self.now)
        open_now: list[tuple[datetime | None, ...]] = [
            (begins, end) for _, _, begins, end in self.naive.open_grants(self.now)
        ]
        open_now += [(hold.ends,) for hold in self.naive.open_holds(self.now)]
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
            known = replay(entries, lambda _: self.ledger.program.zone)
            at_last = max(entries[-1].recorded_at, self.recorded)
            assert entries[-1].balance == balance_of(known.lots, at_last, known.holds, known.debts)

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
                if entry.type in {EntryType.REVERSE, EntryType.GIVE_BACK, EntryType.RELEASE}:
                    returned[lot.number] = entry.effective_at
                if entry.type is EntryType.EXPIRE and entry.cause.type == "clock":
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
                assert self.ledger.balance(self.now, past) == Balance(*self.naive.balance(past)), past
                as_of = list(self.remembered)[number % len(self.remembered)]
                assert self.ledger.balance(self.now, past, as_of) == Balance(*self.naive.balance(past, as_of)), (
                    past,
                    as_of,
                )
        for past, balance in self.remembered.items():
            if past < self.now:
                assert self.ledger.balance(self.now, past, past) == balance, past

    def _is_refused(self, points: int, now: datetime, attempt: Callable[[], object], *, spending: bool = False) -> bool:
        """Whether points are owed, or there are fewer; the ledger must say so, and how many there are."""
        spendable, _, _, debt = self.naive.balance(now)
        if spending and debt:
            with pytest.raises(OutstandingDebtError) as owed:
                attempt()
            assert owed.value.extra == {"debt": str(debt)}
            return True
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
