"""E5: whatever a member does anywhere, all points that slide follow it, and the naive ledgers say the same."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from huitou.points.replay import ACTIVITIES, activity_without
from huitou.points.wallet import Balance, Cause, Entry, EntryType
from huitou.program.model import Program
from huitou.purchases.model import VisitType
from tests.builders import MEI, document, program, rule
from tests.property.naive_ledger import NaiveLedger
from tests.purchases import NOON, Shop, bill, booking, bread

STORES = {"maru": "m1", "sora": "s1"}
TEA = {"categories": ["tea"]}
CURRENCIES = ("points", "stamps", "beans")


class Step(NamedTuple):
    """Something that a member does: ``what``, ``hours`` after the last step, known ``late`` hours later."""

    hours: int
    late: int
    what: str
    brand: str


class Policy(NamedTuple):
    """How long points of a currency live."""

    type: str
    days: int
    pending_days: int

    @property
    def expiry(self) -> dict[str, object]:
        return {"type": self.type} if self.type == "never" else {"type": self.type, "days": self.days}


POLICIES = st.builds(
    Policy, st.sampled_from(["sliding", "sliding", "rolling_days", "never"]), st.integers(1, 5), st.integers(0, 2)
)
STEPS = st.lists(
    st.builds(
        Step,
        hours=st.one_of(st.integers(1, 60), st.integers(60, 150)),
        late=st.one_of(st.just(0), st.integers(1, 72)),
        what=st.sampled_from(["bread", "tea", "visit", "check_in", "booking", "redeem points", "redeem stamps"]),
        brand=st.sampled_from(["maru", "sora"]),
    ),
    max_size=25,
)


def three_currencies(policies: Mapping[str, Policy]) -> Program:
    """Points for everything, stamps for tea, sora's beans for its tea."""
    return program(
        document(
            point_currencies=[
                {"id": name, "name": name, "expiry": policy.expiry, "pending_days": policy.pending_days}
                | ({"brand": "sora"} if name == "beans" else {})
                for name, policy in policies.items()
            ],
            earning=[
                rule(),
                rule(id="stamps", name="Stamps", currency="stamps", when=TEA),
                rule(id="beans", name="Beans", currency="beans", when={"brands": ["sora"], **TEA}),
            ],
        )
    )


class Life:
    """What one member does, told to the platform and to a naive ledger for each kind of points."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self.huitou = Shop(three_currencies(policies))
        self.huitou.enrol()
        self.naive = {
            name: NaiveLedger(policy.type, policy.days, policy.pending_days, ZoneInfo("Asia/Taipei"))
            for name, policy in policies.items()
        }
        self.known = {"points"}
        """The kinds of points that the member has had."""
        self.now = NOON

    def go_on(self, number: int, step: Step) -> None:
        self.now += timedelta(hours=step.hours)
        verb, _, currency = step.what.partition(" ")
        if verb == "redeem":
            self._redeem(str(number), currency, step.brand)
        elif verb in {"bread", "tea"}:
            self._buy(f"A-{number}", verb, step)
        else:
            self._visit(f"B-{number}", VisitType(verb), step)

    def contradictions(self) -> list[object]:
        """What the entries or the naive ledger say otherwise than a wallet, of now and the days to come."""
        instants = [self.now + timedelta(days=days) for days in range(9)]
        told = [said for name in self.known for said in self.huitou.ledger.contradictions(name)]
        wallets = {name: self.huitou.wallet(currency=name) for name in self.known}
        other = [
            (name, later)
            for name, wallet in wallets.items()
            for later in instants
            if wallet.balance(later) != self.naive[name].balance(later)
        ]
        return [*told, *other]

    def _redeem(self, key: str, currency: str, brand: str) -> None:
        if self.naive[currency].balance(self.now)[0] < 3:
            return
        self.huitou.ledger.redeem(3, self.now, key, currency=currency, brand=brand, store=None)
        self.naive[currency].redeem(key, 3, self.now)
        self._keep_alive(self.known - {currency}, brand, self.now)

    def _buy(self, number: str, category: str, step: Step) -> None:
        at = self.now - timedelta(hours=step.late)
        where = {"brand": step.brand, "store": STORES[step.brand], "occurred_at": at, "received_at": self.now}
        self.huitou.sell(bill(number, bread(700, category=category), **where))
        earned = {"bread": {"points"}, "tea": {"points", "stamps", "beans"}}[category]
        earned = earned if step.brand == "sora" else earned - {"beans"}
        for currency in earned:
            self.naive[currency].earn(7, at, self.now, number, step.brand)
        self.known |= earned
        self._keep_alive(self.known - earned, step.brand, at)

    def _visit(self, number: str, how: VisitType, step: Step) -> None:
        at = self.now - timedelta(hours=step.late)
        visit = booking(number, type=how, brand=step.brand, store=STORES[step.brand], occurred_at=at)
        self.huitou.visit(visit, now=self.now)
        if how is not VisitType.BOOKING:
            self._keep_alive(self.known, step.brand, at)

    def _keep_alive(self, currencies: Set[str], brand: str, at: datetime) -> None:
        for currency in currencies:
            if currency != "beans" or brand == "sora":
                self.naive[currency].visit(at, self.now)


@given(st.tuples(POLICIES, POLICIES, POLICIES), STEPS)
def test_points_live_as_long_as_the_member_does_something(policies: tuple[Policy, ...], steps: list[Step]) -> None:
    """E5, E13: a kind of points begins with the first sale that earns it; what was done before counts for no lot."""
    life = Life(dict(zip(CURRENCIES, policies, strict=True)))
    for number, step in enumerate(steps):
        life.go_on(number, step)
        assert life.contradictions() == []


class Booked(NamedTuple):
    """An entry ``hours`` after the last, effective ``late`` hours before; a refund is of what was booked ``back``."""

    kind: EntryType
    hours: int
    late: int
    back: int

    def entry(self, version: int, recorded_at: datetime) -> Entry:
        refunded = self.kind is EntryType.TAKE_BACK
        return Entry(
            *(MEI, "points", version, self.kind, 0, ()),
            effective_at=recorded_at - timedelta(hours=self.late),
            recorded_at=recorded_at,
            cause=Cause("refund" if refunded else "purchase", f"p{version}"),
            program_version=1,
            balance=Balance(0, 0),
            brand="maru",
            about=f"p{version - self.back}" if refunded else None,
            last_activity=NOON if refunded else None,
        )


BOOKED = st.builds(
    Booked,
    st.sampled_from([EntryType.EARN, EntryType.EARN, EntryType.VISIT, EntryType.EXPIRE, EntryType.TAKE_BACK]),
    st.integers(0, 3),
    st.integers(0, 20),
    st.integers(1, 5),
)


@given(st.lists(BOOKED, max_size=12))
def test_the_latest_activity_is_found_without_reading_what_was_recorded_before_it(story: list[Booked]) -> None:
    """E5: as if all entries were read; however long the past, what came before is not asked for."""
    recorded = accumulate(story, lambda at, each: at + timedelta(hours=each.hours), initial=NOON)
    entries = [each.entry(version, at) for version, (each, at) in enumerate(zip(story, recorded, strict=False), 1)]
    past = Booked(EntryType.VISIT, 0, 0, 0).entry(99, NOON - timedelta(days=1))
    withdrawn = {"p1"} | {each.about for each in entries if each.about}
    counting = [each for each in (past, *entries) if each.type in ACTIVITIES and each.cause.id not in withdrawn]
    latest = max(each.effective_at for each in counting)
    newest_first = iter([*reversed(entries), past])

    assert activity_without("p1", newest_first) == latest
    assert all(each.recorded_at <= latest for each in newest_first)
