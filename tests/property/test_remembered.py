"""What a position remembers of segments that a member has left, who comes and goes all the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.program.rules import SegmentId
from huitou.segments.facts import Verdict
from huitou.standing.position import MOST_ENDED, Membership, Position, Seen
from tests.builders import OPENED
from tests.positions import PROGRAM, facts, positioned

HOUR = timedelta(hours=1)
Stay = tuple[SegmentId, datetime, datetime]


class ComingAndGoing:
    """Segments that hold every other stretch of so many hours, whoever the member is."""

    def __init__(self, hours: Sequence[int]) -> None:
        self._stretches: Mapping[SegmentId, timedelta] = {f"each-{each}": each * HOUR for each in hours}

    def judge(self, at: datetime) -> Mapping[SegmentId, Verdict]:
        return {segment: self._verdict(long, at) for segment, long in self._stretches.items()}

    def _verdict(self, long: timedelta, at: datetime) -> Verdict:
        past = (at - OPENED) // long
        return Verdict(past % 2 == 0, OPENED + (past + 1) * long)

    def stays(self, until: datetime) -> set[Stay]:
        """All that were over by then, by counting them up."""
        return {
            (segment, OPENED + number * long, OPENED + (number + 1) * long)
            for segment, long in self._stretches.items()
            for number in range(0, (until - OPENED) // long, 2)
        }


def left(position: Position) -> dict[Stay, Membership]:
    """What the position tells of segments that the member has left."""
    return {(each.segment, each.since, each.until): each for each in position.memberships if each.until is not None}


@given(
    hours=st.lists(st.integers(1, 30), min_size=1, max_size=8, unique=True),
    looks=st.lists(st.integers(0, 600), min_size=1, max_size=5),
    learnt=st.booleans(),
)
def test_a_position_tells_of_all_that_ended_since_the_one_before_and_says_from_when_on_it_tells_all(
    hours: list[int], looks: list[int], learnt: bool
) -> None:
    """M16: so the reader of the stream misses no move, and a position does not grow with the days that go by."""
    segments = ComingAndGoing(hours)
    before: Position | None = None
    now = OPENED
    for number, gap in enumerate(looks):
        now += gap * HOUR
        after = positioned(facts(), now, lambda *_: segments.judge, before, seen=Seen(number if learnt else 1, 1, 0))
        told, over = left(after), segments.stays(now)
        since = after.tells_all_since(PROGRAM.late_limit)

        assert told.keys() <= over
        assert {stay for stay in over if stay[2] >= since and stay[2] > now - PROGRAM.late_limit} <= told.keys()
        news = over - (left(before).keys() | segments.stays(before.through) if before else set())
        assert {stay for stay in news if stay[2] > now - PROGRAM.late_limit} <= told.keys()
        if before is None or before.due_at is None or before.due_at <= now:
            assert len(told) <= max(MOST_ENDED, len(news))
        before = after
