"""A rebuild leaves everybody where one who is looked at alone is left, wherever its workers die (E20, E21)."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from huitou.jobs.model import progress_of
from huitou.kernel.ids import MemberId
from tests.purchases import NOON, bill
from tests.rebuilding import CHANGED, Died, Town

MEMBERS = [MemberId(f"01JMEMBER{number:017d}") for number in range(12)]
COMING = st.lists(st.tuples(st.sampled_from(MEMBERS), st.integers(0, 40)), max_size=25)
LOOKED = st.sets(st.sampled_from(MEMBERS))


@given(coming=COMING, known=LOOKED, death=st.integers(0, 15), page=st.integers(1, 4))
def test_a_rebuild_with_a_worker_that_dies_equals_looking_at_each_alone(
    coming: list[tuple[MemberId, int]], known: set[MemberId], death: int, page: int
) -> None:
    """E20, E21: positions are the same, member by member, and doing it once more renews nobody."""
    alone, together = lived(coming, known), lived(coming, known)
    for member in MEMBERS:
        alone.segments.refresh(member, alone.now)

    def die(_: MemberId) -> None:
        if len(together.looked_at) == death:
            together.looked_at.append(MEMBERS[0])
            raise Died

    together.before_look = die
    with patch("huitou.members.parts.PAGE", page):
        done = together.rebuilt()
    assert [together.kept(member) for member in MEMBERS] == [alone.kept(member) for member in MEMBERS]
    assert sum(part.done for part in done.parts) == len(MEMBERS)
    assert progress_of(together.rebuilt("second").parts).found["renewed"] == 0


def lived(coming: list[tuple[MemberId, int]], known: set[MemberId]) -> Town:
    """Members who came, some of whom were looked at under the version before; then another one is published."""
    town = Town(NOON + timedelta(days=41))
    for member in MEMBERS:
        town.enrol(member)
    for number, (member, days) in enumerate(coming):
        town.sell(bill(f"A-{number}", occurred_at=NOON + timedelta(days=days)), member)
    for member in known:
        town.segments.refresh(member, town.now)
    town.now += timedelta(hours=1)
    town.publish(CHANGED)
    return town
