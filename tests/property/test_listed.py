"""M16: lists of members are what positions say, whatever moves there are and however few fit into a commit."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.program.rules import SegmentId
from huitou.standing.listed import emptied, listing
from huitou.standing.position import Membership, MoveCause, Position
from tests.builders import MEI, OPENED

SEGMENTS = [f"s{n}" for n in range(12)]
DAYS = st.integers(0, 3).map(lambda days: OPENED + timedelta(days=days))
HELD = st.dictionaries(st.sampled_from(SEGMENTS), DAYS)
ENDED = st.lists(st.sampled_from(SEGMENTS), max_size=3)
JOINED = st.sampled_from([("maru",), ("maru", "sora")])

Entry = tuple[datetime, tuple[str, ...]]


class Lists:
    """What is kept: the position, and since when Mei is on which list, seen by whom."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.position: Position | None = None
        self.entries: dict[SegmentId, Entry] = {}

    def save(self, after: Position) -> None:
        listed = listing(self.position, after, self.most)
        assert len(listed.entered) + len(listed.left) <= self.most
        self.entries |= {each.segment: (each.since, listed.position.joined) for each in listed.entered}
        for segment in listed.left:
            self.entries.pop(segment, None)
        self.position = listed.position

    def finish(self) -> None:
        """Commits until nothing is left over."""
        while self.position is not None and self.position.unlisted:
            self.save(self.position)


def position(
    held: dict[SegmentId, datetime], ended: list[SegmentId], version: int, joined: tuple[str, ...] = ()
) -> Position:
    memberships = [Membership(segment, since, MoveCause.FACTS) for segment, since in held.items()]
    past = [Membership(each, OPENED, MoveCause.FACTS, OPENED + timedelta(days=1), MoveCause.TIME) for each in ended]
    return Position(MEI, version, 1, OPENED, None, joined=joined, memberships=(*past, *memberships))


@given(st.lists(st.tuples(HELD, ENDED, JOINED, st.booleans()), min_size=1, max_size=8), st.integers(1, 12))
def test_lists_say_what_the_position_says_and_what_they_do_not_is_noted(
    story: list[tuple[dict[SegmentId, datetime], list[SegmentId], tuple[str, ...], bool]], most: int
) -> None:
    """E31: of each member also who may see them there. Also where somebody else goes on before all was written."""
    lists = Lists(most)
    for version, (held, ended, joined, finishes) in enumerate(story, 1):
        lists.save(position(held, ended, version, joined))
        wanted = {segment: (since, joined) for segment, since in held.items()}
        assert lists.position is not None
        behind = set(lists.position.unlisted)
        assert {each: entry for each, entry in lists.entries.items() if each not in behind} == {
            each: entry for each, entry in wanted.items() if each not in behind
        }
        if finishes:
            lists.finish()
            assert lists.entries == wanted
    lists.finish()
    assert lists.position is not None
    lists.save(emptied(lists.position))
    lists.finish()
    assert lists.entries == {}


@given(HELD)
def test_where_nobody_moves_nothing_is_written(held: dict[SegmentId, datetime]) -> None:
    kept = position(held, [], 1)
    assert listing(kept, position(held, [], 2))[1:] == ((), ())
