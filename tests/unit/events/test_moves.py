"""Moves between tiers and segments, as subscribers hear of them (M15, M16, E20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huitou.events.decisions import events_of
from huitou.events.model import DomainEvent, EventType, PositionChange
from huitou.kernel.commits import MOST_AT_ONCE
from huitou.kernel.values import changed
from huitou.program.model import Program
from huitou.standing.listed import emptied, listing
from huitou.standing.model import TierCause
from huitou.standing.position import Membership, MoveCause, Position, Seen
from tests.builders import at
from tests.domain_events import MEI, a_program

DAY = timedelta(days=1)
NOON = at("2026-03-02 12:00")
BEFORE = Position(MEI, 4, 1, NOON, Seen(3, 1, 0), tier="basic")
FREQUENT = Membership("frequent", NOON - DAY, MoveCause.FACTS)


def heard(before: Position | None, old: Program | None = None, new: Program | None = None, **changes: Any) -> list[Any]:
    """What is told when ``before``, or `BEFORE` on the day after, becomes other than it was."""
    after = changed(before or BEFORE, version=5, through=NOON + DAY, **changes)
    versions = {1: old or a_program(), 2: new or a_program()}
    return list(events_of(PositionChange(before, after), versions.__getitem__))


def test_a_position_that_says_the_same_again_is_no_event() -> None:
    assert heard(BEFORE) == []
    assert heard(BEFORE, seen=Seen(9, 9, 9), due_at=NOON + 9 * DAY) == []


class TestSegments:
    def test_who_enters_is_told_of_since_when_and_why_for_whose_segment_it_is(self) -> None:
        """E31: a brand's segment is its business."""
        (entered,) = heard(BEFORE, memberships=(FREQUENT,))
        assert entered.type is EventType.SEGMENT_ENTERED
        assert (entered.detail["segment"], entered.detail["brand"]) == ("frequent", "maru")
        assert entered.detail["occurred_at"] == "2026-03-01T04:00:00.000Z"
        assert entered.detail["cause"]["type"] == "facts"

    def test_who_enters_again_after_an_unmerge_is_told_of_by_another_event(self) -> None:
        """E15, E21: positions are counted anew then, and an id that was heard before would be taken for a repeat."""
        new = Position(MEI, 1, 1, NOON, Seen(3, 1, 0), memberships=(FREQUENT,))
        first, again = (
            {event.id for event in events_of(PositionChange(None, each), lambda _: a_program())}
            for each in (new, changed(new, through=NOON + DAY))
        )
        assert len(first) == len(again) == 1
        assert first.isdisjoint(again)

    def test_who_leaves_is_told_of_with_the_reason_of_leaving(self) -> None:
        """M17: time alone can be one."""
        ended = FREQUENT._replace(until=NOON + DAY, end=MoveCause.TIME)
        (left,) = heard(changed(BEFORE, memberships=(FREQUENT,)), memberships=(ended,))
        assert left.type is EventType.SEGMENT_LEFT
        assert (left.detail["cause"]["type"], left.detail["since"]) == ("time", "2026-03-01T04:00:00.000Z")
        assert left.detail["occurred_at"] == "2026-03-03T04:00:00.000Z"

    def test_who_came_and_went_between_two_looks_is_told_of_twice(self) -> None:
        ended = FREQUENT._replace(until=NOON, end=MoveCause.TIME)
        assert [event.type for event in heard(BEFORE, memberships=(ended,))] == [
            EventType.SEGMENT_ENTERED,
            EventType.SEGMENT_LEFT,
        ]

    def test_what_ended_is_told_once_and_forgotten_in_silence(self) -> None:
        ended = changed(BEFORE, memberships=(FREQUENT._replace(until=NOON, end=MoveCause.TIME),))
        assert heard(ended, memberships=ended.memberships) == []
        assert heard(ended, memberships=()) == []

    def test_a_membership_of_which_nothing_is_left_has_ended(self) -> None:
        (left,) = heard(changed(BEFORE, memberships=(FREQUENT,)), memberships=())
        assert left.type is EventType.SEGMENT_LEFT
        assert left.detail["occurred_at"] == "2026-03-02T04:00:00.000Z"  # when it was last known to hold

    def test_who_is_no_member_any_more_leaves_neither_segments_nor_tier_however_long_their_lists_take(self) -> None:
        """M2, E25: `member.merged` and `member.erased` say it all."""
        memberships = tuple(FREQUENT._replace(segment=f"s-{number:03}") for number in range(MOST_AT_ONCE + 1))
        before = changed(BEFORE, memberships=memberships)
        first = listing(before, emptied(before)).position
        second = listing(first, emptied(first), most=0).position
        assert first.unlisted
        for change in (PositionChange(before, first), PositionChange(first, second)):
            assert events_of(change, lambda _: a_program()) == ()

    def test_a_segment_that_the_programme_dropped_still_has_its_brand_and_the_programme_as_cause(self) -> None:
        """E20"""
        (left,) = heard(
            changed(BEFORE, memberships=(FREQUENT,)), new=replace(a_program(), segments={}), memberships=(), program=2
        )
        assert (left.detail["brand"], left.detail["cause"]["type"]) == ("maru", "program")
        assert left.detail["program_version"] == 2

    def test_moves_by_a_publication_say_so(self) -> None:
        """E20: who starts something on a move leaves these out."""
        by_program = FREQUENT._replace(cause=MoveCause.PROGRAM)
        (entered,) = heard(BEFORE, memberships=(by_program,), program=2)
        assert entered.detail["cause"]["type"] == "program"


class TestTiers:
    def test_an_upgrade_is_told_with_both_tiers_and_since_when(self) -> None:
        """E7: from the instant at which it counts, however late somebody looked."""
        since = NOON + timedelta(hours=1)
        (moved,) = heard(BEFORE, tier="gold", seen=Seen(4, 1, 0), tier_since=since, tier_cause=TierCause.PURCHASE)
        assert moved.type is EventType.TIER_CHANGED
        assert _told(moved) == ("basic", "gold", "up", "facts", "purchase")
        assert moved.detail["brand"] == "group"
        assert moved.detail["occurred_at"] == "2026-03-02T05:00:00.000Z"
        assert moved.detail["recorded_at"] == "2026-03-03T04:00:00.000Z"

    @pytest.mark.parametrize(
        ("why", "cause"),
        [
            (TierCause.REVIEW, "time"),
            (TierCause.PROGRAM, "program"),
            (TierCause.GRANT, "facts"),
            (TierCause.REFUND, "facts"),
        ],
    )
    def test_a_move_says_why_whatever_else_differs(self, why: TierCause, cause: str) -> None:
        """E20: so also where the programme was changed since the last look, and did not move anybody."""
        gold = changed(BEFORE, tier="gold")
        (moved,) = heard(gold, tier="basic", program=2, seen=Seen(4, 1, 0), tier_since=NOON, tier_cause=why)
        assert _told(moved) == ("gold", "basic", "down", cause, why.value)

    def test_the_first_look_has_nothing_to_compare_with(self) -> None:
        (moved,) = heard(None, tier="gold", tier_since=NOON, tier_cause=TierCause.ENROLMENT)
        assert _told(moved) == (None, "gold", None, "facts", "enrolment")

    def test_another_beginning_of_the_same_tier_is_no_move(self) -> None:
        """A refund and another purchase may let it begin later than it seemed."""
        assert heard(BEFORE, tier_since=NOON, tier_cause=TierCause.PURCHASE, seen=Seen(4, 1, 0)) == []

    def test_tiers_that_are_no_more_have_no_direction(self) -> None:
        (moved,) = heard(
            BEFORE,
            new=replace(a_program(), tiers=None),
            tier=None,
            program=2,
            tier_since=NOON,
            tier_cause=TierCause.PROGRAM,
        )
        assert _told(moved) == ("basic", None, None, "program", "program")


def _told(moved: DomainEvent) -> tuple[Any, ...]:
    detail = moved.detail
    return detail["from_tier"], detail["to_tier"], detail["direction"], detail["cause"]["type"], detail["why"]
