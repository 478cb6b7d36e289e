"""The tick: what it queues and for when, and what it leaves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.commits import Write
from huitou.kernel.errors import DomainError, UnavailableError
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.instants import from_millis, parse_instant
from huitou.kernel.pages import Page
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_standing import MemoryQueue, MemoryWatermarks
from huitou.standing.clock import AHEAD, PAGE, Clock, Tick
from huitou.standing.lanes import MOST_WAITING
from huitou.standing.messages import (
    Due,
    DueJourney,
    DueMessage,
    DuePosition,
    DueRefund,
    DueWallet,
    delay_until,
    read_message,
    write_message,
)
from huitou.standing.ports import Outboxes
from huitou.standing.queued import AGAIN, GRACE

NOW = parse_instant("2026-03-02T12:07:00+08:00")
MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def a_due_wallet(number: int = 0, at: datetime = NOW) -> DueWallet:
    return DueWallet(MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}"), "points", at)


def a_due_message(number: int = 0, at: datetime = NOW) -> DueMessage:
    member = a_due_wallet(number).member
    return DueMessage(OwnedId(member, member), at)


def about(due: Due) -> MemberId | None:
    return due.message.member if isinstance(due, DueMessage) else getattr(due, "member", None)


@dataclass
class ListedIndex:
    """A `DueIndex` that holds what each shard lists; shards in ``silent`` do not answer."""

    listed: Sequence[Sequence[Due]]
    silent: frozenset[int] = frozenset()
    asked: list[int] = field(default_factory=list)

    @property
    def shards(self) -> int:
        return len(self.listed)

    def due(self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int) -> Page[Due]:
        self.asked.append(shard)
        if shard in self.silent:
            raise UnavailableError("The table did not answer in time.")
        due = [each for each in self.listed[shard] if since <= each.at <= until]
        start = int(after or 0)
        end = start + limit
        return Page(tuple(due[start:end]), str(end) if end < len(due) else None)


class PickyQueue(MemoryQueue):
    """Refuses whatever is about the members named, and messages to them."""

    def __init__(self, refused: Sequence[MemberId]) -> None:
        super().__init__()
        self.refused = refused

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        refused = {
            place: "InternalError"
            for place, (body, _) in enumerate(messages)
            if about(read_message(body)) in self.refused
        }
        super().send([each for place, each in enumerate(messages) if place not in refused])
        return refused


class BrokenQueue(MemoryQueue):
    """Out of reach, for all or for the question how full it is alone. ``asked`` counts how often it was tried."""

    def __init__(self, *, takes: bool = False) -> None:
        super().__init__()
        self.takes = takes
        self.asked = 0

    def send(self, messages: Sequence[tuple[str, int]]) -> Mapping[int, str]:
        if self.takes or not messages:
            return super().send(messages)
        self.asked += 1
        raise OSError("out of reach")

    def waiting(self) -> int:
        self.asked += 1
        raise OSError("out of reach")


class Tower:
    """A clock, with what it stands on. `restart` makes the process that ticks another one."""

    def __init__(
        self, *listed: Sequence[Due], queue: MemoryQueue | None = None, outbox: MemoryQueue | None = None
    ) -> None:
        self.index = ListedIndex(listed)
        self.queue = queue or MemoryQueue()
        self.outbox = outbox
        self.service = MemoryQueue()
        self._table = MemoryTable()
        self.restart()

    def restart(self) -> None:
        self._clock = Clock(
            self.index, self.queue, MemoryWatermarks(self._table), self._table.commit, outboxes=self._outboxes()
        )

    def _outboxes(self) -> Outboxes | None:
        return Outboxes(marketing=self.outbox, service=self.service) if self.outbox is not None else None

    def tick(self, now: datetime = NOW, *, pages: int = 1_000) -> Tick:
        """With time for so many pages."""
        left = iter([True] * pages)
        return self._clock.tick(lambda: now, lambda: next(left, False))

    def queued(self) -> list[Due]:
        """Takes what is in the queue."""
        taken, self.queue.messages = self.queue.messages, []
        return [read_message(body) for body, _ in taken]


def test_all_that_falls_due_within_two_minutes_is_queued_for_its_instant() -> None:
    """M17: the queue holds each message back until then, and not a second less."""
    near = [NOW, NOW + MILLISECOND, NOW + SECOND, NOW + AHEAD]
    tower = Tower([a_due_wallet(number, at) for number, at in enumerate([*near, NOW + AHEAD + MILLISECOND])])

    assert tower.tick() == Tick(queued=4)
    assert [delay for _, delay in tower.queue.messages] == [0, 1, 1, 120]
    assert [due.at for due in tower.queued()] == near


def test_a_delay_is_taken_from_when_a_page_is_sent() -> None:
    """M17: a tick that takes long makes nothing late."""
    times = chain([NOW], repeat(NOW + 40 * SECOND))
    tower = Tower([a_due_wallet(at=NOW + 60 * SECOND)])

    tower._clock.tick(lambda: next(times), lambda: True)

    assert tower.queue.messages == [(write_message(a_due_wallet(at=NOW + 60 * SECOND)), 20)]


def test_what_was_queued_is_not_queued_again_by_the_next_ticks() -> None:
    """M17: also while a worker has not booked it yet."""
    tower = Tower([a_due_wallet(at=NOW + 90 * SECOND)])
    tower.tick()
    assert len(tower.queued()) == 1
    assert [tower.tick(NOW + n * MINUTE).queued for n in range(1, 16)] == [0] * 15


def test_a_deadline_that_moves_to_before_what_is_queued_is_queued_by_the_next_tick() -> None:
    """M17: for its instant, if that is yet to come."""
    tower = Tower([a_due_wallet(1, NOW + 119 * SECOND)])
    tower.tick()
    tower.index.listed = [[a_due_wallet(1, NOW + 61 * SECOND), a_due_wallet(2, NOW + 59 * SECOND)]]
    tower.queued()

    tower.tick(NOW + MINUTE)

    assert [delay for _, delay in tower.queue.messages] == [1, 0]
    assert tower.queued() == [a_due_wallet(1, NOW + 61 * SECOND), a_due_wallet(2, NOW + 59 * SECOND)]


def test_a_message_that_got_lost_is_sent_again_after_a_quarter_of_an_hour() -> None:
    """E21: and from then on by each sweep that comes a quarter of an hour after it was sent."""
    tower = Tower([a_due_wallet(at=NOW + MINUTE)])
    sent = [tower.tick(NOW + n * MINUTE).queued for n in range(61)]
    assert [minute for minute, count in enumerate(sent) if count] == [0, 16, 45, 60]


def test_a_process_that_follows_another_leaves_alone_what_that_one_has_queued() -> None:
    """M17: the watermark says so. What is new beyond it is queued."""
    tower = Tower([a_due_wallet(1, NOW + 90 * SECOND)])
    tower.tick()
    tower.index.listed = [[a_due_wallet(1, NOW + 90 * SECOND), a_due_wallet(2, NOW + 150 * SECOND)]]
    tower.queued()

    tower.restart()
    tower.tick(NOW + MINUTE)

    assert tower.queued() == [a_due_wallet(2, NOW + 150 * SECOND)]


def test_what_only_the_watermark_calls_queued_is_looked_at_again_a_minute_after_its_instant() -> None:
    """M17: it may have come behind the watermark, and nobody knew."""
    tower = Tower([a_due_wallet(1, NOW + 90 * SECOND)])
    tower.tick()
    tower.index.listed = [[a_due_wallet(2, NOW + 30 * SECOND)]]
    tower.restart()
    tower.queued()

    assert tower.tick(NOW + MINUTE).queued == 0
    assert tower.tick(NOW + 30 * SECOND + GRACE).queued == 1


def test_without_a_watermark_everything_is_queued() -> None:
    """E21: rather twice than never."""

    class OutOfReach(MemoryWatermarks):
        def load(self) -> Mapping[int, datetime]:
            raise UnavailableError("The table did not answer in time.")

    def refuse(writes: Sequence[Write]) -> None:
        raise UnavailableError("The table did not answer in time.")

    queue, index = MemoryQueue(), ListedIndex([[a_due_wallet()]])
    clock = Clock(index, queue, OutOfReach(MemoryTable()), refuse)
    assert clock.tick(lambda: NOW, lambda: True).queued == 1


def test_a_shard_that_was_not_read_to_its_end_keeps_its_watermark() -> None:
    """M17: what a process did not queue, the next one does."""
    tower = Tower([a_due_wallet(1, NOW + MINUTE)], [a_due_wallet(2, NOW + MINUTE)])
    tower.tick(pages=1)
    tower.restart()
    tower.tick()
    assert tower.queued() == [a_due_wallet(1, NOW + MINUTE), a_due_wallet(2, NOW + MINUTE)]


def test_a_long_shard_is_read_to_its_end_and_does_not_keep_the_others_waiting() -> None:
    tower = Tower([a_due_wallet(number) for number in range(3 * PAGE)], [a_due_wallet(9_999)])
    tower.tick()
    assert len(set(tower.queued())) == 3 * PAGE + 1
    assert tower.index.asked[:4] == [0, 1, 0, 0]


def test_a_tick_ends_in_time_and_says_what_it_left() -> None:
    """What it left is still in the index: the next tick finds it."""
    tower = Tower([a_due_wallet(1)], [a_due_wallet(2)])
    assert tower.tick(pages=1) == Tick(queued=1, unfinished=3)  # a page of the other shard, and two to look for older
    assert tower.tick(NOW + MINUTE) == Tick(queued=1)


def test_a_shard_that_does_not_answer_stops_no_other() -> None:
    """E21, E28."""
    tower = Tower([a_due_wallet(1)], [a_due_wallet(2)], [a_due_wallet(3)])
    tower.index.silent = frozenset({1})
    assert tower.tick() == Tick(queued=2, unread=2)
    tower.index.silent = frozenset()
    assert tower.tick(NOW + MINUTE) == Tick(queued=1)


def test_a_message_that_the_queue_refuses_stops_no_other_is_counted_and_tried_again() -> None:
    """E28."""
    queue = PickyQueue([a_due_wallet(2).member])
    tower = Tower([a_due_wallet(number) for number in (1, 2, 3)], queue=queue)
    assert tower.tick() == Tick(queued=2, refused=Counter({"InternalError": 1}))
    queue.refused = ()
    assert tower.tick(NOW + MINUTE) == Tick(queued=1)
    assert tower.queued() == [a_due_wallet(number) for number in (1, 3, 2)]


def test_what_fell_due_in_days_without_a_tick_is_queued_in_the_order_of_time_as_fast_as_it_is_booked() -> None:
    """E22, M17: and nobody who falls due now has to wait for it."""
    overdue = [a_due_wallet(number % 10_000, NOW - 3 * DAY + number * SECOND) for number in range(MOST_WAITING + 50)]
    today = a_due_wallet(7, NOW + MINUTE)
    tower = Tower([*overdue, today])

    first = tower.tick()
    assert (first.queued, first.unfinished) == (MOST_WAITING + 1, 1)
    assert tower.queued() == [today, *overdue[:MOST_WAITING]]

    assert tower.tick(NOW + MINUTE) == Tick(queued=50)
    assert tower.queued() == overdue[MOST_WAITING:]


def test_a_full_queue_gets_nothing_that_is_late() -> None:
    """M17: what workers have not taken would only be joined by more."""
    tower = Tower([a_due_wallet(1, NOW - DAY / 2), a_due_wallet(2, NOW - MINUTE), a_due_wallet(3, NOW + MINUTE)])
    tower.queue.send([(write_message(a_due_wallet()), 0)] * MOST_WAITING)
    assert tower.tick() == Tick(queued=1, held_back=1, unfinished=1)
    tower.queued()
    assert tower.tick(NOW + MINUTE) == Tick(queued=2)


def both(at: datetime) -> list[Due]:
    return [a_due_wallet(1, at), a_due_message(2, at), a_due_wallet(3, at), a_due_message(4, at)]


def in_queue(queue: MemoryQueue) -> list[Due]:
    return [read_message(body) for body, _ in queue.messages]


def test_messages_to_members_have_a_queue_of_their_own() -> None:
    """M23: late and yet to come, each for its instant."""
    for at, delay in ((NOW - MINUTE, 0), (NOW + MINUTE, 60)):
        listed, outbox = both(at), MemoryQueue()
        tower = Tower(listed, outbox=outbox)
        assert tower.tick() == Tick(queued=4)
        assert (in_queue(tower.queue), in_queue(outbox)) == (listed[::2], listed[1::2])
        assert {each for _, each in (*tower.queue.messages, *outbox.messages)} == {delay}


def test_service_messages_go_by_a_queue_of_their_own_however_full_the_other_is() -> None:
    """M23: a morning's release of marketing keeps no code waiting."""
    service = [replace(a_due_message(number, at), is_service=True) for number, at in enumerate((NOW - MINUTE, NOW))]
    tower = Tower([*both(NOW - MINUTE), *service], outbox=MemoryQueue())
    assert tower.outbox is not None
    tower.outbox.send([("", 0)] * MOST_WAITING)
    assert tower.tick() == Tick(queued=4, held_back=2)
    assert in_queue(tower.service) == service


@pytest.mark.parametrize("refused", [1, 2, 3, 4])
def test_what_either_queue_refuses_is_tried_again_and_nothing_else(refused: int) -> None:
    """E28: whose place in its own queue is another than among all."""
    member = a_due_wallet(refused).member
    tower = Tower(both(NOW), queue=PickyQueue([member]), outbox=PickyQueue([member]))
    assert tower.tick() == Tick(queued=3, refused=Counter({"InternalError": 1}))
    for queue in (tower.queue, tower.outbox):
        assert isinstance(queue, PickyQueue)
        queue.refused, queue.messages = (), []
    assert tower.tick(NOW + MINUTE) == Tick(queued=1)
    assert tower.outbox
    assert in_queue(tower.queue) + in_queue(tower.outbox) == [both(NOW)[refused - 1]]


@pytest.mark.parametrize("full", ["queue", "outbox"])
@pytest.mark.parametrize("late", [MINUTE, AGAIN + MINUTE])
def test_a_full_queue_holds_up_nobody_in_the_other(full: str, late: timedelta) -> None:
    """M17: a morning's worth of messages keeps neither points nor tiers waiting, nor they the messages."""
    tower = Tower([*both(NOW - late), *both(NOW + MINUTE)], outbox=MemoryQueue())
    getattr(tower, full).send([("", 0)] * MOST_WAITING)
    assert tower.tick() == Tick(queued=6, held_back=2)
    getattr(tower, full).messages.clear()
    assert tower.tick(NOW + SECOND) == Tick(queued=2)


@pytest.mark.parametrize("broken", ["queue", "outbox"])
@pytest.mark.parametrize("at", [NOW - MINUTE, NOW + MINUTE])
def test_a_queue_out_of_reach_holds_up_nobody_in_the_other(broken: str, at: datetime) -> None:
    """E21, E28: it is tried once in a tick, whose end tells of it; all of its own is found by the next."""
    queue = BrokenQueue()
    tower = Tower(both(at), both(at + SECOND), **{"outbox": MemoryQueue(), broken: queue})

    tick = tower.tick()

    assert (tick.queued, tick.refused.total() + tick.held_back) == (4, 4)
    assert isinstance(tick.failure, OSError)
    assert queue.asked == 1
    setattr(tower, broken, MemoryQueue())
    tower.restart()
    assert tower.tick(NOW + SECOND).queued >= 4
    assert len(getattr(tower, broken).messages) == 4


def test_a_queue_that_does_not_say_how_full_it_is_gets_nothing_late() -> None:
    tower = Tower([*both(NOW - MINUTE), *both(NOW + MINUTE)], queue=BrokenQueue(takes=True), outbox=MemoryQueue())
    tick = tower.tick()
    assert (tick.queued, tick.held_back, tick.refused) == (4, 2, {"OSError": 2})


def test_what_nobody_could_book_for_a_day_is_tried_once_an_hour() -> None:
    """E21: a poisoned wallet costs little, and is not forgotten."""
    tower = Tower([a_due_wallet(at=NOW - 2 * DAY)])
    sent = [tower.tick(NOW + n * MINUTE).queued for n in range(130)]
    assert [minute for minute, count in enumerate(sent) if count] == [0, 60, 120]


def test_an_idle_tick_reads_each_shard_once_and_asks_nothing_else() -> None:
    """M38: near zero when idle. Each quarter of an hour it looks for what is late, too."""

    class Unasked(MemoryQueue):
        def waiting(self) -> int:
            raise AssertionError("Nobody has to know.")

    tower = Tower(*[()] * 16, queue=Unasked())
    tower.tick()
    tower.index.asked.clear()
    for minute in range(1, int(AGAIN / MINUTE)):
        tower.tick(NOW + minute * MINUTE)
    assert tower.index.asked == [*range(16)] * 14


@pytest.mark.parametrize(
    ("left", "delay"), [(-SECOND, 0), (0 * SECOND, 0), (MILLISECOND, 1), (SECOND, 1), (SECOND + MILLISECOND, 2)]
)
def test_a_delay_is_never_too_short(left: timedelta, delay: int) -> None:
    """M17: never early, not by a millisecond."""
    assert delay_until(NOW + left, NOW) == delay


MEMBERS = st.integers(0, 9_999).map(lambda number: a_due_wallet(number).member)
INSTANTS = st.integers(0, 2**42).map(from_millis)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,30}", fullmatch=True)
DUES: Sequence[st.SearchStrategy[Due]] = (
    st.builds(DueWallet, MEMBERS, NAMES, INSTANTS),
    st.builds(DuePosition, MEMBERS, INSTANTS),
    st.builds(DueRefund, st.from_regex(r"[A-Z2-7]{26}", fullmatch=True).map(Digest), INSTANTS),
    st.builds(DueMessage, st.builds(OwnedId, MEMBERS, MEMBERS), INSTANTS),
    st.builds(DueJourney, MEMBERS, NAMES, st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True), INSTANTS),
)


@given(st.one_of(*DUES))
def test_a_message_is_read_as_it_was_written(due: Due) -> None:
    assert read_message(write_message(due)) == due


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"member_id": "somebody", "currency": "points", "due_at": "2026-03-02T04:07:00.000Z"}',
        '{"member_id": "01JNSM3VF0R6T8C1W5PJ4X0000", "currency": 1, "due_at": "2026-03-02T04:07:00.000Z"}',
        '{"member_id": "01JNSM3VF0R6T8C1W5PJ4X0000", "currency": "points", "due_at": "tomorrow"}',
        '{"member_id": "somebody", "due_at": "2026-03-02T04:07:00.000Z"}',
        '{"refund_id": "R-1", "due_at": "2026-03-02T04:07:00.000Z"}',
        '{"message_id": "AAAAAAAAAAAAAAAAAAAAAAAAAA", "due_at": "2026-03-02T04:07:00.000Z"}',
        '{"member_id": "01JNSM3VF0R6T8C1W5PJ4X0000", "currency": "points", "due_at": "2026-03-02T04:07:00"}',
    ],
)
def test_what_is_no_message_of_the_tick_is_refused(text: str) -> None:
    """E21: it fails by itself, before anything is read."""
    with pytest.raises(DomainError):
        read_message(text)
