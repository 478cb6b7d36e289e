"""The tick: what it queues, and what it leaves to the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.errors import InvalidError, UnavailableError
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import from_millis, parse_instant
from huitou.kernel.pages import Page
from huitou.simulator.memory_standing import MemoryQueue
from huitou.standing.clock import BACKLOG, PAGE, Clock, Tick
from huitou.standing.messages import DueWallet, read_message, write_message

NOW = parse_instant("2026-03-02T12:07:00+08:00")
FULL_HOUR = parse_instant("2026-03-02T12:00:30+08:00")
MILLISECOND = timedelta(milliseconds=1)


def a_due_wallet(number: int = 0, at: datetime = NOW) -> DueWallet:
    return DueWallet(MemberId(f"01JNSM3VF0R6T8C1W5PJ4X{number:04d}"), "points", at)


@dataclass
class ListedIndex:
    """A `DueIndex` that holds what each shard lists; shards in ``silent`` do not answer."""

    listed: Sequence[Sequence[DueWallet]]
    silent: frozenset[int] = frozenset()
    asked: list[int] = field(default_factory=list)

    @property
    def shards(self) -> int:
        return len(self.listed)

    def due(
        self, shard: int, since: datetime, until: datetime, *, after: str | None = None, limit: int
    ) -> Page[DueWallet]:
        self.asked.append(shard)
        if shard in self.silent:
            raise UnavailableError("The table did not answer in time.")
        due = [each for each in self.listed[shard] if since <= each.at <= until]
        start = int(after or 0)
        end = start + limit
        return Page(tuple(due[start:end]), str(end) if end < len(due) else None)


class PickyQueue(MemoryQueue):
    """Refuses whatever is about the members named."""

    def __init__(self, refused: Sequence[MemberId]) -> None:
        super().__init__()
        self._refused = refused

    def send(self, bodies: Sequence[str]) -> Mapping[str, int]:
        taken = [body for body in bodies if read_message(body).member not in self._refused]
        super().send(taken)
        return Counter({"InternalError": len(bodies) - len(taken)} if len(taken) < len(bodies) else {})


def tick(
    index: ListedIndex, queue: MemoryQueue, *, now: datetime = NOW, pages: int = 1_000
) -> tuple[Tick, list[DueWallet]]:
    """One tick with time for so many pages, and what the queue holds after it."""
    left = iter([True] * pages)
    result = Clock(index, queue).tick(now, lambda: next(left, False))
    return result, [read_message(body) for body in queue.bodies]


def test_all_that_is_due_in_any_shard_is_queued() -> None:
    """M17: within a minute, without asking anybody who is not due."""
    listed = [[a_due_wallet(shard)] for shard in range(16)]
    result, queued = tick(ListedIndex(listed), MemoryQueue())
    assert queued == [due for shard in listed for due in shard]
    assert result == Tick(queued=16)


def test_nothing_is_queued_before_its_instant() -> None:
    """M17: never early, not by a millisecond."""
    listed = [[a_due_wallet(1, at=NOW), a_due_wallet(2, at=NOW + MILLISECOND)]]
    assert tick(ListedIndex(listed), MemoryQueue())[1] == [a_due_wallet(1, at=NOW)]


def test_a_long_shard_is_read_to_its_end_and_does_not_keep_the_others_waiting() -> None:
    long = [a_due_wallet(number) for number in range(3 * PAGE)]
    index = ListedIndex([long, [a_due_wallet(9_999)]])
    _, queued = tick(index, MemoryQueue())
    assert sorted(due.member for due in queued) == sorted(due.member for due in [*long, a_due_wallet(9_999)])
    assert index.asked == [0, 1, 0, 0]


def test_a_tick_ends_in_time_and_says_what_it_left() -> None:
    """What it left is still in the index: the next tick finds it."""
    result, queued = tick(ListedIndex([[a_due_wallet(1)], [a_due_wallet(2)]]), MemoryQueue(), pages=1)
    assert queued == [a_due_wallet(1)]
    assert result == Tick(queued=1, unfinished=1)


def test_a_shard_that_does_not_answer_stops_no_other() -> None:
    """E21, E28"""
    index = ListedIndex([[a_due_wallet(1)], [a_due_wallet(2)], [a_due_wallet(3)]], silent=frozenset({1}))
    result, queued = tick(index, MemoryQueue())
    assert queued == [a_due_wallet(1), a_due_wallet(3)]
    assert result == Tick(queued=2, unread=1)


def test_a_message_that_the_queue_refuses_stops_no_other_and_is_counted() -> None:
    """E28"""
    queue = PickyQueue([a_due_wallet(2).member])
    result, queued = tick(ListedIndex([[a_due_wallet(number) for number in (1, 2, 3)]]), queue)
    assert queued == [a_due_wallet(1), a_due_wallet(3)]
    assert result == Tick(queued=2, refused=Counter({"InternalError": 1}))


def test_a_queue_that_is_still_full_is_left_alone() -> None:
    """A tick starts at the oldest wallet, which is the one that is waiting already."""
    queue, index = MemoryQueue(), ListedIndex([[a_due_wallet()]])
    queue.send([write_message(a_due_wallet())] * (BACKLOG + 1))
    result, queued = tick(index, queue)
    assert result == Tick(held_back=True)
    assert len(queued) == BACKLOG + 1
    assert index.asked == []


def test_what_nobody_could_book_for_a_day_is_tried_once_an_hour() -> None:
    """E21: a poisoned wallet costs little, and is not forgotten."""
    index = ListedIndex([[a_due_wallet(at=NOW - timedelta(days=2))]])
    assert tick(index, MemoryQueue(), now=NOW)[1] == []
    assert len(tick(index, MemoryQueue(), now=FULL_HOUR)[1]) == 1


@given(st.integers(0, 9_999), st.from_regex(r"[a-z][a-z0-9_-]{0,30}", fullmatch=True), st.integers(0, 2**42))
def test_a_message_is_read_as_it_was_written(number: int, currency: str, millis: int) -> None:
    due = DueWallet(a_due_wallet(number).member, currency, from_millis(millis))
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
        '{"member_id": "01JNSM3VF0R6T8C1W5PJ4X0000", "currency": "points", "due_at": "2026-03-02T04:07:00"}',
    ],
)
def test_what_is_no_message_of_the_tick_is_refused(text: str) -> None:
    """E21: it fails by itself, before anything is read."""
    with pytest.raises(InvalidError):
        read_message(text)
