"""M8 for any member: each end of points is announced once, at its instant, if there are still points that it takes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from huitou.events.decisions import events_of
from huitou.events.model import PositionChange
from huitou.events.store import change_in
from huitou.kernel.calendars import add_days
from huitou.kernel.instants import parse_instant
from huitou.points.wallet import Lot, draw
from huitou.program.model import Program
from huitou.standing.position import Position, Seen
from tests.builders import OPENED, document, lot, program, wallet
from tests.domain_events import record_of
from tests.positions import TriedOut, facts, positioned

NOTICE_DAYS = 7
DAY = timedelta(days=1)
SECONDS = 86_400
NOBODY = TriedOut({}, ())


class Step(NamedTuple):
    """Points come, of which some can be spent only ``wait`` days later; or are spent, where they live 0 days."""

    at: datetime
    points: int
    live: int
    wait: int


def announcing(zone: str) -> Program:
    expiry = {"type": "rolling_days", "days": 90}
    points = {"id": "points", "name": "Points", "expiry": expiry, "expiry_notice_days": NOTICE_DAYS}
    return program(document(time_zone=zone, point_currencies=[points]))


MOMENTS = st.one_of(st.integers(0, 40).map(lambda days: days * SECONDS), st.integers(0, 40 * SECONDS)).map(
    lambda seconds: OPENED + timedelta(days=50, seconds=seconds)
)
STEPS = st.lists(
    st.builds(Step, MOMENTS, st.integers(1, 50), st.sampled_from([0, 0, 3, 7, 8, 12, 20]), st.sampled_from([0, 0, 1])),
    max_size=12,
    unique_by=lambda step: step.at,
).map(sorted)
LOOKS = st.lists(MOMENTS, max_size=8)
PROGRAMS = st.sampled_from([announcing("Asia/Taipei"), announcing("Europe/Berlin")])
"""The clocks of Berlin change on a day that is among the moments."""

Told = Mapping[datetime, tuple[datetime, int]]
"""Of each end that was announced, when it was, and how many points."""


class Purse:
    """Lots, as steps leave them."""

    def __init__(self) -> None:
        self.lots: list[Lot] = []

    def do(self, step: Step) -> None:
        if step.live:
            begin = step.at + step.wait * DAY
            self.lots.append(lot(len(self.lots) + 1, step.points, active_at=begin, expires_at=begin + step.live * DAY))
            return
        spendable = [each for each in self.lots if each.is_spendable(step.at)]
        for change in draw(spendable, step.points):
            self.lots[change.lot.number - 1] = change.lot

    def ending(self, at: datetime, version: Program) -> Mapping[datetime, int]:
        """What can be spent at ``at`` and is close to its end then."""
        ends: dict[datetime, int] = {}
        for each in self.lots:
            end = each.expires_at
            if end and each.is_spendable(at) and each.remaining and add_days(end, -NOTICE_DAYS, version.zone) <= at:
                ends[end] = ends.get(end, 0) + each.remaining
        return ends


def expected(steps: Sequence[Step], version: Program) -> Told:
    """By asking at every instant at which anything may change; what time does comes before what the member does."""
    purse, told = Purse(), dict[datetime, tuple[datetime, int]]()
    begins = [step.at + step.wait * DAY for step in steps if step.live]
    ends = [begin + step.live * DAY for begin, step in zip(begins, (each for each in steps if each.live), strict=True)]
    soon = [add_days(end, -NOTICE_DAYS, version.zone) for end in ends]
    for at in sorted({*begins, *soon, *(step.at for step in steps)}):
        for doing in ([], [step for step in steps if step.at == at]):
            for step in doing:
                purse.do(step)
            for end, points in purse.ending(at, version).items():
                told.setdefault(end, (at, points))
    return told


class Kept:
    """Mei's position and all changes of it."""

    def __init__(self, version: Program) -> None:
        self.version = version
        self.purse = Purse()
        self.changes: list[PositionChange] = []
        self.position: Position | None = None
        self._learnt = 0
        self.learn(OPENED)

    def learn(self, now: datetime, *steps: Step) -> None:
        """Something was done; without a step, something that concerns no points."""
        for step in steps:
            self.purse.do(step)
        self._learnt += 1
        self._look(now)

    def pass_time(self, until: datetime) -> None:
        """The clock, at each instant that it was told."""
        while self.position and self.position.due_at is not None and self.position.due_at <= until:
            self._look(self.position.due_at)

    def told(self) -> Told:
        """What subscribers hear, if each change is delivered once."""
        return told_by(self.changes, self.version)

    def _look(self, now: datetime) -> None:
        known = facts(wallets={"points": wallet(*self.purse.lots)})
        before, seen = self.position, Seen(self._learnt, 1, 0)
        self.position = positioned(known, now, NOBODY, before, seen=seen, version=self.version)
        self.changes.append(PositionChange(before, self.position))
        remembered = [each.ends_at for each in self.position.expiring]
        assert len(set(remembered)) == len(remembered)
        assert all(end > now for end in remembered)


def told_by(changes: Iterable[PositionChange], version: Program) -> Told:
    """By id, as subscribers drop repeats; no end under two of them."""
    events = {event.id: event.detail for change in changes for event in events_of(change, lambda _: version)}
    ends = {parse_instant(each["expires_at"]): each for each in events.values()}
    assert len(ends) == len(events)
    return {end: (parse_instant(each["occurred_at"]), int(each["points"])) for end, each in ends.items()}


@given(STEPS, LOOKS, PROGRAMS, st.randoms(use_true_random=False))
def test_each_end_is_announced_once_at_its_instant_however_deliveries_repeat(
    steps: list[Step], looks: list[datetime], version: Program, order: random.Random
) -> None:
    """E9, E21: and none of which nothing is left by then."""
    kept = Kept(version)
    for now in sorted({*looks, *(step.at for step in steps)}):
        kept.pass_time(now)
        kept.learn(now, *(step for step in steps if step.at == now))
    kept.pass_time(OPENED + 365 * DAY)
    assert kept.told() == expected(steps, version)

    often = [record_of(change) for change in kept.changes] * 5
    order.shuffle(often)
    heard = [change for record in often if isinstance(change := change_in(record), PositionChange)]
    assert told_by(heard, version) == kept.told()
    fresh = [event.id for change in kept.changes for event in events_of(change, lambda _: version)]
    assert len(fresh) == len(set(fresh))


@given(STEPS, LOOKS, PROGRAMS)
def test_whoever_looks_late_announces_what_is_still_there(
    steps: list[Step], looks: list[datetime], version: Program
) -> None:
    """E22: after an outage of the clock, nothing of what is over or spent."""
    kept = Kept(version)
    for now in sorted({*looks, *(step.at for step in steps)}):
        before = kept.told()
        kept.learn(now, *(step for step in steps if step.at == now))
        there = kept.purse.ending(now, version)
        news = kept.told().keys() - before.keys()
        assert there.keys() - before.keys() == news
        assert all(kept.told()[end][0] <= now for end in news)
        assert {end: kept.told()[end][1] for end in news} == {end: there[end] for end in news}
