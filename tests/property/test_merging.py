"""A merge and its reversal, whatever happened before and between (E13, E15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.ids import Digest, MemberId
from huitou.merging.service import merge_id
from huitou.points.decisions import Adjust, Command, Decision, PlaceHold, Redeem, Settle, decide
from huitou.points.ledger import InsufficientPointsError, OutstandingDebtError
from huitou.points.wallet import Cause, Wallet, open_wallet
from tests.builders import document, program, rule
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, Shop, bill, bread

RULES = document(
    tiers=TIERS,
    earning=[rule(caps=[{"points": "90", "per": "lifetime"}]), rule(id="beans", currency="beans", per="50")],
    point_currencies=[
        {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 5}, "pending_days": 1},
        {"id": "beans", "name": "Beans", "brand": "sora", "exponent": 1, "expiry": {"type": "never"}},
    ],
)


class Step(NamedTuple):
    """Something that one of the two does."""

    who: int
    what: str
    points: int
    hours: int


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 1),
        st.sampled_from(["buy", "buy", "redeem", "hold", "adjust", "settle"]),
        st.integers(1, 40),
        st.integers(0, 40),
    ),
    max_size=10,
)


class Life:
    """Two records in a shop where time goes on."""

    def __init__(self) -> None:
        self.people = TwoRecords(Shop(program(RULES)))
        self.ids = [
            self.people.enrol(MEI_PHONE, brand="maru", now=NOON),
            self.people.enrol(MEI_EMAIL, brand="sora", now=NOON),
        ]
        self.now = NOON
        self.count = 0

    def live(self, steps: list[Step], who: int | None = None) -> None:
        for step in steps:
            self.now += timedelta(hours=step.hours)
            self.count += 1
            self._do(step, self.ids[step.who if who is None else who])

    def wallets(self, member: MemberId) -> list[Wallet]:
        """As if everything due had been booked, and without what counts writes."""
        found = []
        for wallet in self.people.wallets(member).values():
            settled = decide(wallet, Settle(), self.people.shop.programs.active(), wallet.not_before(self.now)).wallet
            found.append(
                replace(
                    settled,
                    version=0,
                    next_lot=0,
                    recorded_at=NOON,
                    pages=(),
                    folds=0,
                    unseen=(),
                    counters=dict(settled.counters),
                )
            )
        return [each for each in found if each.lots or each.brands or each.counters]

    def _do(self, step: Step, member: MemberId) -> None:
        cause = Cause("test", f"{self.count}")
        key = Digest(f"{self.count:026d}")
        match step.what:
            case "buy":
                sale = bill(f"A-{self.count}", bread(step.points * 100), occurred_at=self.now)
                self.people.shop.sell(sale, member, now=self.now)
            case "redeem":
                self._carry_out(member, Redeem(step.points, "maru", cause))
            case "hold":
                ends_at = self.now + timedelta(hours=step.points)
                self._carry_out(member, PlaceHold(key, step.points, "maru", ends_at, Cause("hold", key)))
            case "adjust":
                self._carry_out(member, Adjust(step.points, "maru", "goodwill", "staff", cause))
            case _:
                self._carry_out(member, Settle())

    def _carry_out(self, member: MemberId, command: Command) -> None:
        shop = self.people.shop
        wallet = shop.wallets.load(member, "points") or open_wallet(member, "points", self.now)
        try:
            decision: Decision = decide(wallet, command, shop.programs.active(), wallet.not_before(self.now))
        except (InsufficientPointsError, OutstandingDebtError):
            return
        if decision.entries:
            shop.table.commit(shop.wallets.save(wallet, decision))


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_a_merge_that_is_undone_at_once_leaves_no_trace(steps: list[Step]) -> None:
    """E15: balances, lots, tier and caps are exactly as before."""
    life = Life()
    life.live(steps)
    people, (mei, other) = life.people, life.ids
    before = [(life.wallets(each), people.tier(each, life.now), people.record(each)) for each in life.ids]
    people.merge(mei, other, life.now)
    people.use.reverse(merge_id("M-1"), life.now)
    after = [(life.wallets(each), people.tier(each, life.now), people.record(each)) for each in life.ids]
    assert [replace(record, version=0) for *_, record in after] == [replace(record, version=0) for *_, record in before]
    assert [rest[:2] for rest in after] == [rest[:2] for rest in before]
    assert people.contradictions(mei) == people.contradictions(other) == []


@settings(max_examples=60, deadline=None)
@given(STEPS, STEPS, STEPS)
def test_nothing_is_lost_or_made_whatever_happens_between(
    steps: list[Step], between: list[Step], later: list[Step]
) -> None:
    """E13: over both, after the merge, after its reversal, and after what follows."""
    life = Life()
    life.live(steps)
    people, (mei, other) = life.people, life.ids
    people.merge(mei, other, life.now)
    assert people.contradictions(mei) == people.contradictions(other) == []
    life.live(between, who=0)
    assert people.contradictions(mei) == []
    undone = people.use.reverse(merge_id("M-1"), life.now).merge
    life.live(later)
    assert people.contradictions(mei) == people.contradictions(other) == []
    assert all(0 <= (each.returned or 0) <= each.came for each in undone.transfers)
    assert not any(lot.origin for each in people.wallets(other).values() for lot in each.lots)
