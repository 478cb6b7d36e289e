"""M16: how many members a segment that is being written would have, to the last one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huitou.access.model import ForeignBrandError
from huitou.counts.errors import CountNotFoundError
from huitou.counts.model import MemberCount
from huitou.counts.requests import count_view
from huitou.jobs.model import JobStatus
from huitou.jobs.service import Underway
from huitou.kernel.errors import ContentReusedError, UnavailableError
from huitou.kernel.ids import MemberId, digest_of
from huitou.points.decisions import Decision, touch
from huitou.segments.errors import InvalidSegmentError
from tests.builders import at
from tests.counting import ASKED_AT, BUYERS, EVERYBODY, SPENDERS, Census
from tests.purchases import NOON, bill, bread
from tests.standing import BEST, findings


@pytest.fixture
def census() -> Census:
    return Census()


def found(counted: Underway[MemberCount]) -> tuple[int, bool]:
    """What is told of it."""
    view = count_view(counted)
    return view["members"], view["is_exact"]


def test_all_members_are_asked_and_those_who_would_be_in_it_are_counted(census: Census) -> None:
    done = census.counted()
    assert done.job.status is JobStatus.COMPLETED
    assert found(done) == (20, True)
    assert sorted(census.asked) == EVERYBODY
    progress = count_view(done)["progress"]
    assert progress == {"members": 60, "done": 60, "failed": 0, "parts": 16, "finished": 16}


def test_on_the_way_it_is_told_how_many_were_found_so_far(census: Census) -> None:
    asked = census.ask()
    assert found(asked) == (0, False)
    census.carry_out(asked.job, *range(8))
    so_far = census.look(asked.job)
    members, is_exact = found(so_far)
    assert (members, is_exact) == (len({*census.asked} & {*BUYERS}), False)
    assert 0 < count_view(so_far)["progress"]["done"] == len(census.asked) < 60


def test_nothing_is_published_and_nothing_of_members_is_kept(census: Census) -> None:
    """M16: neither where they stand, nor that they were asked."""
    wallets = {member: census.shop.wallet(member) for member in EVERYBODY}
    census.counted()
    assert census.programs.active().version == 1
    assert {member: census.shop.wallet(member) for member in EVERYBODY} == wallets
    assert not any(census.shop.kept(member) for member in EVERYBODY)


def test_repeats_give_the_same_count_whatever_was_bought_since(census: Census) -> None:
    """E14, E21: of what members did before it was asked for; a part that is done again counts nobody twice."""
    asked, other = census.ask(), census.ask("second")
    census.carry_out(asked.job, *range(16))
    later = ASKED_AT + timedelta(minutes=5)
    census.shop.sell(bill("B-1", bread(9000), occurred_at=later), EVERYBODY[1])
    for each in (asked, other):
        census.carry_out(each.job)
        assert found(census.look(each.job)) == (20, True)


def test_all_are_compared_by_what_was_known_when_it_was_asked_for(census: Census) -> None:
    """M16: the best spent 2000 by then; what is found while it runs is of no account."""
    commit, add = census.table.commit, census.shop.findings.add
    commit(add(findings(1, money=(1, 2, 3, 2000))))
    asked = census.ask(segment=BEST)
    commit(add(findings(2, money=(1, 2, 3, 10**9))))
    census.carry_out(asked.job)
    assert found(census.look(asked.job)) == (20, True)
    assert found(census.counted("later", BEST)) == (0, True)


def test_a_part_that_stops_goes_on_where_it_was(census: Census, monkeypatch: pytest.MonkeyPatch) -> None:
    """E21: no more than a page is asked twice, and counts once."""
    monkeypatch.setattr("huitou.members.parts.PAGE", 2)
    left = [UnavailableError("throttled")]

    def stops(_: MemberId) -> None:
        if len(census.asked) == 7 and left:
            raise left.pop()

    census.before_asking = stops
    assert found(census.counted()) == (20, True)
    asked = Counter(census.asked)
    assert set(asked) == set(EVERYBODY)
    assert sum(asked.values()) <= len(EVERYBODY) + 2


def test_one_who_cannot_be_asked_holds_nobody_up_and_the_number_is_not_exact(census: Census) -> None:
    """E21"""

    def poisoned(member: MemberId) -> None:
        if member == BUYERS[0]:
            raise ValueError("poison")

    census.before_asking = poisoned
    done = census.counted()
    assert (found(done), count_view(done)["progress"]["failed"]) == ((19, False), 1)
    assert census.failures == [BUYERS[0]]


def test_who_is_no_member_any_more_or_was_not_yet_one_is_not_counted(census: Census) -> None:
    """E15, E25"""
    asked = census.ask(segment={"id": "all", "name": "All", "when": {"not": {"tags": ["none"]}}})
    gone = census.shop.wallet(BUYERS[0])
    moved = Decision(replace(touch(gone, NOON), moved_to=BUYERS[1]), ())
    census.table.commit(census.shop.wallets.save(gone, moved))
    census.carry_out(asked.job)
    assert found(census.look(asked.job)) == (59, True)


def test_the_same_key_is_the_same_count_of_the_same_segment(census: Census) -> None:
    """E14"""
    first, second = census.ask(), census.ask()
    assert (first.replayed, second.replayed, second.job) == (False, True, first.job)
    assert list(census.machine.started) == [first.job.id]
    with pytest.raises(ContentReusedError) as refused:
        census.ask(segment={**SPENDERS, "brand": "maru"})
    assert [each.pointer for each in refused.value.errors] == ["/brand"]


@pytest.mark.parametrize("segment", [{"id": "some"}, {**SPENDERS, "id": "counts"}, {**SPENDERS, "when": {"speed": 1}}])
def test_what_cannot_work_is_refused_before_anybody_is_asked(census: Census, segment: dict[str, Any]) -> None:
    """E30: as a publication would."""
    with pytest.raises(InvalidSegmentError):
        census.ask(segment=segment)
    assert census.machine.started == {}


def test_only_the_group_may_ask_and_look(census: Census) -> None:
    """E31: who narrows a question again and again finds out anything about anybody."""
    with pytest.raises(ForeignBrandError):
        census.ask(brand="maru")
    with pytest.raises(ForeignBrandError):
        census.look(census.ask().job, "maru")
    with pytest.raises(CountNotFoundError):
        census.look(replace(census.ask().job, id=digest_of(["none"])))


def test_one_whose_execution_died_is_shown_as_failed(census: Census) -> None:
    asked = census.ask()
    census.machine.ended[asked.job.id] = at("2026-11-21 12:00")
    died = census.look(asked.job)
    assert (died.job.status, found(died)) == (JobStatus.FAILED, (0, False))
