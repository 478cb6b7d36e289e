"""The queue of messages while something waits: ticks, copies that come again, and one chain that carries on (M17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.errors import UnavailableError
from huitou.outbox.deliveries import Deliveries
from huitou.outbox.model import MessageState, OutboxMessage
from huitou.simulator.memory_standing import MemoryDueIndex, MemoryQueue, MemoryWatermarks
from huitou.standing.clock import Clock
from huitou.standing.messages import DueMessage, read_message
from huitou.standing.ports import Outboxes
from huitou.standing.queued import AGAIN
from tests.builders import at
from tests.campaigns import MINUTE, Town, campaign

SECOND = timedelta(seconds=1)
MORNING = at("2026-04-02 08:00")
"""When the message that the town has planned for Mei is due."""
PLANNED = campaign(at="23:00")
FATES = st.lists(st.integers(0, 3), max_size=40)


class Belt:
    """The queue of messages: delivers each copy at its second, each of the next as often as ``fates`` say."""

    def __init__(self, fates: Sequence[int]) -> None:
        self.under_way: list[tuple[datetime, str]] = []
        self.sent = 0
        self.now = MORNING
        self.fates = iter(fates)

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        self.sent += len(messages)
        for body, delay in messages:
            self.under_way += [(self.now + delay * SECOND, body)] * next(self.fates, 1)
        return {}

    def waiting(self) -> int:
        return sum(then <= self.now for then, _ in self.under_way)


class Depot:
    """A town where a message is planned, the clock that ticks each minute, the belt and the worker behind it."""

    def __init__(self, *fates: int) -> None:
        self.town = Town(PLANNED, quiet_hours={"from": "22:00", "to": "08:00"})
        self.mei = self.town.join()
        self.town.buy(self.mei)
        self.town.until(MORNING - 10 * MINUTE)
        self.belt = Belt(fates)
        self.take_over()

    def take_over(self) -> None:
        """Another process ticks from now on."""
        table = self.town.shop.table
        index, marks = MemoryDueIndex(table), MemoryWatermarks(table)
        self._clock = Clock(index, MemoryQueue(), marks, table.commit, outboxes=Outboxes(self.belt, MemoryQueue()))

    def pause(self, *, paused: bool = True) -> None:
        self.town.republish(campaigns=[{**PLANNED, "paused": paused}])

    def run(self, minutes: int) -> None:
        for _ in range(minutes):
            self._clock.tick(lambda: self.belt.now, lambda: True)
            until = self.belt.now + MINUTE
            while self.belt.under_way and min(self.belt.under_way)[0] < until:
                self._deliver(min(self.belt.under_way))
            self.belt.now = self.town.now = until

    def message(self) -> OutboxMessage:
        (message,) = self.town.messages_of(self.mei)
        return message

    def _deliver(self, arrived: tuple[datetime, str]) -> None:
        self.belt.under_way.remove(arrived)
        self.belt.now = self.town.now = max(self.belt.now, arrived[0])
        due = read_message(arrived[1])
        assert isinstance(due, DueMessage)
        self.worker().take(due)

    def worker(self) -> Deliveries:
        return Deliveries(self.town.dispatcher(), Outboxes(self.belt, MemoryQueue()), lambda: self.belt.now)


def test_what_is_paused_for_hours_is_looked_at_each_minute_and_its_copies_stay_two() -> None:
    """The one that carries on, and the one by which the clock makes sure of it."""
    depot = Depot()
    depot.pause()
    for _ in range(180):
        before, sent = depot.message().version, depot.belt.sent
        depot.run(1)
        assert len(depot.belt.under_way) <= 2
        assert depot.belt.sent - sent <= 2
        assert depot.message().version - before == 1
    depot.pause(paused=False)
    depot.run(1)
    assert depot.message().state is MessageState.ACCEPTED
    depot.run(2)
    assert depot.belt.under_way == []
    assert len(depot.town.handed()) == 1


def test_copies_stay_few_though_each_tick_is_another_process() -> None:
    depot = Depot()
    depot.pause()
    for _ in range(40):
        depot.take_over()
        depot.run(1)
        assert len(depot.belt.under_way) <= 2


@settings(max_examples=25, deadline=None)
@given(FATES, st.integers(1, 30))
def test_whatever_the_queue_loses_or_doubles_copies_are_bounded_and_the_message_is_not_lost(
    fates: list[int], minutes: int
) -> None:
    """It comes within a minute after the pause, or, where all copies were lost, as the clock sweeps up what is late."""
    depot = Depot(*fates)
    depot.pause()
    for _ in range(minutes):
        depot.run(1)
        assert len(depot.belt.under_way) <= 2 * 3
    depot.belt.fates = iter(())
    depot.pause(paused=False)
    depot.run(2 * AGAIN // MINUTE + 3)
    assert depot.message().state is MessageState.ACCEPTED
    assert len(depot.town.handed()) == 1
    depot.run(2)
    assert depot.belt.under_way == []


def test_a_copy_of_an_instant_that_has_passed_away_ends() -> None:
    """And one that comes before the instant that holds goes on, by itself alone."""
    depot = Depot()
    worker, named = depot.worker(), depot.message().id
    depot.belt.now = depot.town.now = MORNING - MINUTE

    assert worker.take(DueMessage(named, MORNING - 2 * MINUTE)) is None
    assert depot.belt.under_way == []
    assert worker.take(DueMessage(named, MORNING)) is None
    assert [(then, read_message(body)) for then, body in depot.belt.under_way] == [
        (MORNING, DueMessage(named, MORNING))
    ]


def test_what_the_queue_does_not_take_back_is_told_and_found_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its delivery, which comes again, has nothing to do by then."""
    depot = Depot()
    depot.pause()
    depot.town.now = MORNING
    brought = DueMessage(depot.message().id, MORNING)
    with monkeypatch.context() as full:
        full.setattr(depot.belt, "send", lambda messages: dict.fromkeys(range(len(messages)), "InternalError"))
        with pytest.raises(UnavailableError):
            depot.worker().take(brought)
    assert depot.worker().take(brought) is None
    assert depot.belt.under_way == []

    depot.pause(paused=False)
    depot.run(2)
    assert depot.message().state is MessageState.ACCEPTED
