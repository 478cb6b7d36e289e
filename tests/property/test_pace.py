"""M23: however fast or slow a provider answers, all workers together stay below what it takes in a second."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.channels.pace import Pace
from huitou.kernel.channels import MessageChannel
from tests.outbox import NOON

SECOND = timedelta(seconds=1)
ANSWERS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 10)), min_size=1, max_size=60)
"""How many milliseconds each message takes, and of how many parts it is."""


@given(st.lists(ANSWERS, min_size=1, max_size=5), st.integers(1, 50))
def test_so_many_workers_hand_over_no_more_in_a_second(workers: list[list[tuple[int, int]]], rate: int) -> None:
    """Over whatever time, but for the one message that each of them may have begun with."""
    pace = Pace.of(f'{{"sms": {len(workers) / rate}}}')
    longest, parts_sent = timedelta(0), 0
    begun_with = 0
    for messages in workers:
        now = NOON
        for took, parts in messages:
            begun, now = now, now + timedelta(milliseconds=took)
            now += timedelta(seconds=pace.rest(MessageChannel.SMS, parts, begun, now))
        longest = max(longest, now - NOON)
        parts_sent += sum(max(parts, 1) for _, parts in messages)
        begun_with += max(messages[-1][1], 1)
    assert parts_sent - begun_with <= rate * (longest / SECOND) + 0.01


def test_a_channel_without_a_rate_waits_for_nothing_and_nobody_waits_twice() -> None:
    pace = Pace.of('{"email": 0.5}')
    assert pace.rest(MessageChannel.LINE, 0, NOON, NOON) == 0
    assert pace.rest(MessageChannel.EMAIL, 0, NOON, NOON + timedelta(seconds=0.2)) == 0.3
    assert pace.rest(MessageChannel.EMAIL, 3, NOON, NOON + timedelta(seconds=0.2)) == 0.3
    assert pace.rest(MessageChannel.EMAIL, 0, NOON, NOON + SECOND) == 0
    assert Pace.of(None).rest(MessageChannel.EMAIL, 0, NOON, NOON) == 0
