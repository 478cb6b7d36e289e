"""The clock against everything that may happen to it: nothing early, nothing forgotten, nothing queued for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import from_millis
from huitou.kernel.pages import Page
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_standing import MemoryWatermarks
from huitou.standing.clock import SWEEPS, Clock
from huitou.standing.messages import Due, DuePosition, delay_until, read_message
from huitou.standing.queued import AGAIN, GRACE

SHARDS = 3
START = from_millis(1_772_380_800_000)
MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MOMENT = 2 * SECOND
"""What a delay in whole seconds, and a worker that looks once a second, may add."""


@dataclass
class World:
    """Deadlines, ticks that see them, a queue that may lose and double, and workers that book at once."""

    deadlines: dict[int, datetime] = field(default_factory=dict)
    since: dict[int, datetime] = field(default_factory=dict)
    """When each deadline was set."""
    booked: list[tuple[datetime, datetime, datetime]] = field(default_factory=list)
    """Of each that was booked: when, its instant, and when that was set."""
    now: datetime = START
    sent: list[Due] = field(default_factory=list)
    silent: frozenset[int] = frozenset()
    fates: list[int] = field(default_factory=list)
    """How often each of the next messages arrives; then once each."""
    shards: int = SHARDS
    _under_way: list[tuple[datetime, str]] = field(default_factory=list)
    _had: set[tuple[int, datetime]] = field(default_factory=set)
    _table: MemoryTable = field(default_factory=MemoryTable)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process ticks from now on."""
        self._clock = Clock(self, self, MemoryWatermarks(self._table), self._table.commit)

    def due(self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int) -> Page[Due]:
        if shard in self.silent:
            raise UnavailableError("The table did not answer in time.")
        found = sorted((at, number) for number, at in self.deadlines.items() if number % SHARDS == shard)
        listed = [DuePosition(member(number), at) for at, number in found if since <= at <= until]
        start = int(after or 0)
        end = start + min(limit, 2)
        return Page(tuple(listed[start:end]), str(end) if len(listed) > end else None)

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        for body, delay in messages:
            self.sent.append(read_message(body))
            times = self.fates.pop() if self.fates else 1
            self._under_way += [(self.now + delay * SECOND, body)] * times
        return {}

    def waiting(self) -> int:
        return sum(at <= self.now for at, _ in self._under_way)

    def tick(self) -> None:
        self._clock.tick(lambda: self.now, lambda: True)

    def set(self, number: int, at: datetime) -> None:
        """What was due at an instant is not due at the very same again: it has been booked, or has moved."""
        while (number, at) in self._had:
            at += MILLISECOND
        self._had.add((number, at))
        self.deadlines[number], self.since[number] = at, self.now

    def pass_time(self, span: timedelta) -> None:
        """Workers take what arrives, each message at its second."""
        until = self.now + span
        while self._under_way and min(self._under_way)[0] <= until:
            arrived = min(self._under_way)
            self._under_way.remove(arrived)
            self.now = max(self.now, arrived[0])
            self._work(arrived[1])
        self.now = until

    def _work(self, body: str) -> None:
        due = read_message(body)
        if due.at > self.now:
            delay = delay_until(due.at, self.now)
            assert delay > 0, "it would come back at once, and again"
            self._under_way.append((self.now + delay * SECOND, body))
            return
        assert isinstance(due, DuePosition)
        number = int(due.member[-4:])
        at = self.deadlines.get(number)
        if at is not None and at <= self.now:
            del self.deadlines[number]
            self.booked.append((self.now, at, self.since[number]))


def member(number: int) -> MemberId:
    return MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}")


Event = tuple[int, tuple[int, timedelta]]
SPANS = st.integers(0, 400_000).map(lambda millis: timedelta(milliseconds=millis))
SETTING = st.tuples(st.integers(0, 5), SPANS)
"""Somebody's deadline, and how far from then: it may be new, or one that moves."""
EVENTS = st.lists(st.tuples(st.integers(0, 59), SETTING), max_size=4)
"""What happens in a minute, and at which second of it."""
QUIET = st.lists(EVENTS, min_size=1, max_size=12)


def one_minute(world: World, events: Sequence[Event]) -> None:
    """A tick, and then what happens until the next."""
    start = world.now
    world.tick()
    for second, (number, ahead) in sorted(events):
        world.pass_time(start + second * SECOND - world.now)
        world.set(number, world.now + ahead)
    world.pass_time(start + MINUTE - world.now)


def run_out(world: World, minutes: int) -> None:
    for _ in range(minutes):
        one_minute(world, [])


@given(QUIET)
def test_while_nothing_fails_everything_is_booked_at_its_instant_and_queued_once(
    minutes: list[list[Event]],
) -> None:
    """M17: at the instant where that is a minute away, else within a minute; deadlines move as they like."""
    world, settings = World(), sum(map(len, minutes))
    for events in minutes:
        one_minute(world, events)
    run_out(world, 10)

    assert world.deadlines == {}
    for when, at, since in world.booked:
        assert at <= when
        assert when < (at if since <= at - MINUTE else max(at, since + MINUTE)) + MOMENT
    assert len(world.sent) <= settings


@given(QUIET, st.sets(st.integers(0, 11)))
def test_another_process_goes_on_where_one_has_stopped(minutes: list[list[Event]], restarts: set[int]) -> None:
    """M17: nothing twice because of it; what came late behind the watermark waits for a minute more."""
    world, settings = World(), sum(map(len, minutes))
    for number, events in enumerate(minutes):
        if number in restarts:
            world.restart()
        one_minute(world, events)
    run_out(world, 10)

    assert world.deadlines == {}
    assert all(at <= when < max(at + GRACE, since) + MINUTE + MOMENT for when, at, since in world.booked)
    assert len(world.sent) <= settings


class Mishap(NamedTuple):
    """A minute in which ``events`` happen, and what fails: ``missed`` is how long nobody ticks after it."""

    events: list[Event]
    fates: list[int]
    silent: frozenset[int]
    restarts: bool
    missed: timedelta


MISHAPS = st.builds(
    Mishap,
    EVENTS,
    st.lists(st.integers(0, 3), max_size=6),
    st.frozensets(st.integers(0, SHARDS - 1)),
    st.booleans(),
    st.sampled_from([0 * MINUTE, 0 * MINUTE, MINUTE, 20 * MINUTE, timedelta(days=3)]),
)


@given(st.lists(MISHAPS, min_size=1, max_size=8))
def test_whatever_fails_nothing_is_booked_early_and_all_of_it_in_the_end(mishaps: list[Mishap]) -> None:
    """M17, E21: messages lost, doubled and early, shards silent, processes new, no tick for days."""
    world = World()
    for mishap in mishaps:
        world.silent, world.fates = mishap.silent, mishap.fates
        if mishap.restarts:
            world.restart()
        one_minute(world, mishap.events)
        world.pass_time(mishap.missed)
    world.silent, world.fates = frozenset(), []
    run_out(world, (SWEEPS + 1) * int(AGAIN / MINUTE) + 8)  # what is late for days is looked at once an hour

    assert world.deadlines == {}
    assert all(at <= when for when, at, _ in world.booked)


@given(st.lists(st.integers(1, 60 * 24 * 5), min_size=1, max_size=30, unique=True))
def test_the_first_tick_after_days_queues_all_that_is_late_in_the_order_of_time(minutes_ago: list[int]) -> None:
    """E10, E22: shard by shard, so that of one member nothing overtakes another."""
    world = World()
    for number, ago in enumerate(minutes_ago):
        world.set(number, START - ago * MINUTE)

    world.tick()
    for shard in range(SHARDS):
        recent, late = partition(world.sent, shard)
        assert recent == sorted(recent)
        assert late == sorted(late)
    world.pass_time(SECOND)
    assert world.deadlines == {}


def partition(sent: Sequence[Due], shard: int) -> tuple[list[datetime], list[datetime]]:
    """The instants of one shard's messages: those of the last quarter of an hour, which go first, and the others."""
    instants = [due.at for due in sent if isinstance(due, DuePosition) and int(due.member[-4:]) % SHARDS == shard]
    return [at for at in instants if at >= START - AGAIN], [at for at in instants if at < START - AGAIN]
