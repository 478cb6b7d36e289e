"""M17: what events and the clock keep of a member is what the facts come to, at every instant; for any segments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.instants import MILLISECOND, to_instant
from huitou.program.model import Program
from huitou.program.predicates import Predicate
from huitou.purchases.model import Purchase
from huitou.segments.facts import Facts
from huitou.segments.loading import deed_of_purchase, read_facts
from huitou.standing.timeline import ProgramTimeline
from tests.builders import MEI, OPENED, program
from tests.predicates import PREDICATES
from tests.property.naive_predicates import ByHand
from tests.purchases import bill, bread
from tests.segments import segment, with_segments, written
from tests.standing import Standings

HOUR = timedelta(hours=1)
MOST_TICKS = 400
"""Some leaves only know that nothing changes for a while: they wake more often than members change."""
LOOKED_AT = 4
"""Into how many parts the time between two looks is cut, to compare at each cut."""


class Step(NamedTuple):
    """What happens ``hours`` after the step before."""

    hours: int
    happens: str
    amount: int
    brand: str
    late: int


STEPS = st.lists(
    st.builds(
        Step,
        hours=st.one_of(st.integers(0, 48), st.integers(0, 3000)),
        happens=st.sampled_from(("sale", "sale", "late sale", "tag", "untag", "publication", "nothing")),
        amount=st.integers(1, 40).map(lambda hundreds: 100 * hundreds),
        brand=st.sampled_from(("maru", "sora")),
        late=st.integers(1, 20 * 24),
    ),
    min_size=1,
    max_size=10,
)


class Member:
    """Mei, who is looked at after what she does, and whenever the clock was told to look."""

    def __init__(self, *asked: Predicate) -> None:
        self._asked = asked
        self.shop = Standings(self._version(1))
        self.shop.enrol()
        self.now = OPENED
        self._look(OPENED)

    def live(self, step: Step) -> None:
        """Time goes by, tick by tick; then it happens, and the reader of the stream looks."""
        then = self.now + step.hours * HOUR
        self._wait(then)
        match step.happens:
            case "sale" | "late sale":
                late = step.late * HOUR if step.happens == "late sale" else timedelta()
                self._buy(max(then - late, OPENED), step)
            case "tag":
                self.shop.members.tag(MEI, "vip", step.brand, then)
            case "untag":
                self.shop.members.untag(MEI, "vip", step.brand)
            case "publication":
                self.shop.programs.publish(self._version(self.program.version + 1), then)
        self._look(then)

    @property
    def program(self) -> Program:
        return self.shop.programs.active()

    def kept(self, at: datetime) -> set[str]:
        position = self.shop.kept()
        return set(position.segments_at(at)) if position else set()

    def true(self, at: datetime) -> set[str]:
        """The segments whose conditions hold by hand, of all that has happened."""
        by_hand = ByHand(self._facts(at), self.program, at)
        return {each.id for each in self.program.segments.values() if by_hand.is_in(each)}

    def _version(self, number: int) -> Program:
        """The first and the last condition change places with each publication."""
        one, two, three = self._asked if number % 2 else reversed(self._asked)
        parts = [segment(written(asked), id=name) for name, asked in (("one", one), ("two", two), ("three", three))]
        return program(with_segments(*parts), number)

    def _wait(self, then: datetime) -> None:
        for _ in range(MOST_TICKS):
            kept = self.shop.kept()
            due_at = kept.due_at if kept else None
            end = then if due_at is None or due_at > then else due_at
            for part in range(1, LOOKED_AT):
                self._compare(to_instant(self.now + (end - self.now) * part / LOOKED_AT))
            self._compare(max(end - MILLISECOND, self.now))
            self.now = end
            if due_at != end:
                return
            self._look(end)
        raise AssertionError("The clock does not come to rest.")

    def _compare(self, at: datetime) -> None:
        assert self.kept(at) == self.true(at)

    def _look(self, at: datetime) -> None:
        self.shop.segments.renew(MEI, at)
        self._compare(at)

    def _buy(self, at: datetime, step: Step) -> None:
        store = {"maru": "m1", "sora": "s1"}[step.brand]
        number = f"A-{len(list(self.shop.table.all(Purchase)))}"
        sale = bill(number, bread(step.amount), brand=step.brand, store=store, occurred_at=at)
        self.shop.sell(sale, now=self.now)

    def _facts(self, at: datetime) -> Facts:
        member, (wallets, record, _) = self.shop.profiles.load(MEI), self.shop.states.load(MEI)
        assert member is not None
        timeline: Any = ProgramTimeline(self.shop.programs)
        found = (deed_of_purchase(purchase) for purchase in self.shop.table.all(Purchase))
        deeds = sorted((deed for deed in found if deed is not None), key=lambda deed: deed.at)
        return read_facts(member, wallets, record, self.program, timeline, deeds=deeds, now=at)


@given(st.tuples(PREDICATES, PREDICATES, PREDICATES), STEPS)
def test_events_and_ticks_keep_what_the_facts_come_to(asked: tuple[Predicate, ...], steps: list[Step]) -> None:
    """At each look, just before the next and at instants between: so no change is ever missed."""
    member = Member(*asked)
    for step in steps:
        member.live(step)
