"""Rebuilds: everybody is looked at anew, whatever stops on the way (E20, E21, M17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from huitou.access.model import Caller, ForeignBrandError
from huitou.jobs.model import JobStatus, progress_of
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import MemberId, digest_of
from huitou.rebuilding.errors import RebuildNotFoundError
from huitou.rebuilding.following import Followed, Follower, Following
from huitou.rebuilding.model import RebuildCause
from huitou.standing.position import MoveCause
from tests.builders import MEI, at, document
from tests.purchases import NOON, bill
from tests.rebuilding import CHANGED, GROUP_KEY, Town
from tests.standing import SEGMENTS, TIERS

NOW = NOON + timedelta(days=2)
POINTS = document()["point_currencies"]
ANNOUNCED = [{**points, "expiry_notice_days": 7} if points["id"] == "points" else points for points in POINTS]
"""Points of which members are told before they end."""
MEMBERS = [MEI, *(MemberId(f"01JMEMBER{number:017d}") for number in range(30))]


@pytest.fixture
def town() -> Town:
    """Everybody has come once, and stands among the active; then that takes two purchases."""
    town = Town(NOW)
    for number, member in enumerate(MEMBERS):
        town.enrol(member)
        town.sell(bill(f"A-{number}"), member)
        town.segments.refresh(member, NOW)
    town.now = NOW + timedelta(hours=1)
    town.publish(CHANGED)
    return town


def test_a_rebuild_moves_everybody_whom_the_new_version_puts_elsewhere(town: Town) -> None:
    """E20: with the cause `program`, from now on."""
    done = town.rebuilt()
    assert done.job.status is JobStatus.COMPLETED
    assert sum(part.members for part in done.parts) == sum(part.done for part in done.parts) == len(MEMBERS)
    assert progress_of(done.parts).found["moved"] == progress_of(done.parts).found["renewed"] == len(MEMBERS)
    assert all(part.finished for part in done.parts)
    for member in MEMBERS:
        position = town.kept(member)
        assert position is not None
        (active,) = position.memberships
        assert (active.segment, active.until, active.end) == ("active", town.now, MoveCause.PROGRAM)


def test_doing_it_again_changes_nothing(town: Town) -> None:
    """E21: whoever stands where they should is read, and left alone."""
    town.rebuilt()
    before = {member: town.kept(member) for member in MEMBERS}
    again = town.rebuilt("second")
    assert {member: town.kept(member) for member in MEMBERS} == before
    assert (sum(part.done for part in again.parts), progress_of(again.parts).found["renewed"]) == (len(MEMBERS), 0)


def test_a_part_that_stops_goes_on_where_it_was(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """E21: no more than a page is looked at twice."""
    monkeypatch.setattr("huitou.members.parts.PAGE", 2)
    town.before_look = once_at(town, 7, UnavailableError("throttled"))
    done = town.rebuilt()
    looks = Counter(town.looked_at)
    assert set(looks) == set(MEMBERS)
    assert sum(looks.values()) <= len(MEMBERS) + 2
    assert sum(part.done for part in done.parts) == len(MEMBERS)
    assert not town.failures


def test_one_who_cannot_be_looked_at_holds_nobody_up(town: Town) -> None:
    """E21: poisoned facts stay where they are, and are told."""

    def poisoned(member: MemberId) -> None:
        if member == MEI:
            raise ValueError("poison")

    town.before_look = poisoned
    done = town.rebuilt()
    assert (sum(part.done for part in done.parts), sum(part.failed for part in done.parts)) == (len(MEMBERS), 1)
    assert [member for member, _ in town.failures] == [MEI]
    assert {member for member in MEMBERS if town.names(town.now, member) == {"active"}} == set()


def test_what_a_member_does_meanwhile_wins(town: Town) -> None:
    """E20: the second purchase comes just before the look, and is contained in what is kept."""

    def bought(member: MemberId) -> None:
        if member == MEI:
            town.sell(bill("B-1", occurred_at=NOON + timedelta(days=1)))

    town.before_look = bought
    done = town.rebuilt()
    assert progress_of(done.parts).found["moved"] == len(MEMBERS) - 1
    assert town.names(town.now) == {"active"}


def test_a_rebuild_that_another_publication_overtakes_takes_nobody_back(town: Town) -> None:
    """E20: it goes on under the version that holds by then, and does a part of the next one's work."""

    def overtaken(_: MemberId) -> None:
        if len(town.looked_at) == 5:
            town.publish(SEGMENTS)

    town.before_look = overtaken
    town.rebuilt()
    later = town.rebuilt("second")
    assert progress_of(later.parts).found["renewed"] == 5
    for member in MEMBERS:
        assert town.names(town.now, member) == {"active"}
        position = town.kept(member)
        assert position is not None
        assert position.program == 3


def test_the_same_key_is_the_same_rebuild(town: Town) -> None:
    """E14."""
    first, second = town.ask(), town.ask()
    assert (first.replayed, second.replayed) == (False, True)
    assert first.job == second.job
    assert list(town.machine.started) == [first.job.id]


def test_only_the_group_rebuilds(town: Town) -> None:
    """E31."""
    brand = Caller("k2", "maru", GROUP_KEY.permissions)
    with pytest.raises(ForeignBrandError):
        town.jobs.create("mine", None, brand, NOW)
    with pytest.raises(ForeignBrandError):
        town.jobs.get(town.ask().job.id, brand)
    with pytest.raises(RebuildNotFoundError):
        town.jobs.get(digest_of(["none"]), GROUP_KEY)


def test_one_whose_execution_died_is_shown_as_failed(town: Town) -> None:
    rebuild = town.ask().job
    town.machine.ended[rebuild.id] = at("2026-11-21 12:00")
    assert town.look(rebuild).job.status is JobStatus.FAILED


class TestPublishing:
    """E20: what follows from a publication."""

    def test_changed_segments_start_one_rebuild_however_often_it_is_asked(self, town: Town) -> None:
        """E14."""
        follower = Follower(town.jobs, town.versions, unheard)
        told = {follower.follow(2, town.now) for _ in range(3)}
        (followed,) = told
        assert followed.following is Following.STARTED
        assert followed.rebuild is not None
        assert list(town.machine.started) == [followed.rebuild]
        rebuild = town.rebuilds.find(followed.rebuild)
        assert rebuild is not None
        assert (rebuild.cause, rebuild.program) == (RebuildCause.PUBLISHED, 2)

    @pytest.mark.parametrize(
        ("changes", "needed"),
        [({"name": "Club"}, False), ({"tiers": TIERS}, True), ({"point_currencies": ANNOUNCED}, True)],
    )
    def test_only_what_moves_members_or_is_to_be_told_them_starts_one(
        self, town: Town, changes: dict[str, Any], needed: bool
    ) -> None:
        number = town.publish(CHANGED, **changes)
        followed = Follower(town.jobs, town.versions, unheard).follow(number, town.now)
        assert followed.following is (Following.STARTED if needed else Following.NOT_NEEDED)

    def test_the_first_version_needs_none(self, town: Town) -> None:
        followed = Follower(town.jobs, town.versions, unheard).follow(1, town.now)
        assert followed == Followed(Following.NOT_NEEDED)

    def test_where_it_cannot_be_started_the_publication_holds_and_publishing_again_starts_it(self, town: Town) -> None:
        """E20: the answer says so, and the log why."""
        heard: list[Exception] = []
        follower = Follower(town.jobs, town.versions, heard.append)
        town.machine.out_of_reach = True
        assert follower.follow(2, town.now) == Followed(Following.NOT_STARTED)
        assert [type(error) for error in heard] == [UnavailableError]
        town.machine.out_of_reach = False
        assert follower.follow(2, town.now).following is Following.STARTED


def unheard(error: Exception) -> None:
    """Nothing is to fail."""
    raise error


def once_at(town: Town, number: int, error: Exception) -> Callable[[MemberId], None]:
    """Raises at the look of this number, the first time."""
    left = [error]

    def look(_: MemberId) -> None:
        if len(town.looked_at) == number and left:
            raise left.pop()

    return look
