"""M17 for any member: the position is what the facts come to, whoever looked at it before, and however often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from huitou.kernel.instants import MILLISECOND
from huitou.program.rules import SegmentId
from huitou.segments.facts import Deed, Facts
from huitou.standing.position import Membership, Position, Seen
from tests.builders import OPENED
from tests.positions import NEXT, PROGRAM, Rule, TriedOut, facts, lapsed, newcomer, positioned, visit, within


def settled(known: Facts, at: datetime) -> bool:
    """No newcomer any more, and comes."""
    return not newcomer(15)(known, at) and within(10, 2)(known, at)


RULES: Mapping[SegmentId, Rule] = {
    "active": within(10, 1),
    "regular": within(30, 3),
    "lapsed": lapsed(20),
    "lost": lapsed(50),
    "new": newcomer(15),
    "settled": settled,
}
DAYS = (10, 15, 20, 30, 50)
JUDGES = st.booleans().map(lambda bound: TriedOut(RULES, DAYS, bound))
SECONDS = 86_400
MOMENTS = st.one_of(st.integers(0, 120).map(lambda days: days * SECONDS), st.integers(0, 120 * SECONDS)).map(
    lambda seconds: OPENED + timedelta(seconds=seconds)
)
DEEDS = st.lists(MOMENTS, max_size=12, unique=True).map(lambda moments: [visit(each) for each in sorted(moments)])
CHECKED = st.lists(MOMENTS, max_size=8).map(sorted)


def expected(deeds: Sequence[Deed], at: datetime) -> frozenset[SegmentId]:
    """What holds by itself, with nothing remembered."""
    known = facts(deed for deed in deeds if deed.at < at)
    return frozenset(name for name, rule in RULES.items() if rule(known, at))


def recent(position: Position, now: datetime) -> list[Membership]:
    """What is told at ``now``: who looks often keeps what ended long ago a little longer."""
    return [each for each in position.memberships if each.until is None or each.until > now - PROGRAM.late_limit]


class Kept:
    """Mei's position, kept by events and ticks. ``learnt`` is when we hear of a deed."""

    def __init__(self, judge: TriedOut) -> None:
        self.judge = judge
        self.known: list[Deed] = []
        self.position = self._look(OPENED, None)

    def hear_of(self, deeds: Sequence[Deed], now: datetime) -> None:
        """The stream, of what was done."""
        self.known += deeds
        self.position = self._look(now, self.position)

    def pass_time(self, until: datetime) -> None:
        """The clock: at each instant that it was told, up to ``until``."""
        while self.position.due_at is not None and self.position.due_at <= until:
            self.position = self._look(self.position.due_at, self.position)

    def look_at(self, now: datetime) -> Position:
        """A read: evaluated, and not kept."""
        return self._look(now, self.position)

    def _look(self, now: datetime, before: Position | None) -> Position:
        return positioned(facts(self.known), now, self.judge, before, seen=Seen(len(self.known), 1, 0))


@given(DEEDS, CHECKED, JUDGES)
def test_what_events_and_ticks_keep_is_what_the_facts_come_to_at_any_instant(
    deeds: list[Deed], checked: list[datetime], judge: TriedOut
) -> None:
    """The sets, since when, and why; and between two due instants nothing changes, though nobody looks."""
    kept = Kept(judge)
    for now in sorted({*(deed.at + MILLISECOND for deed in deeds), *checked}):
        kept.pass_time(now)
        assert recent(kept.look_at(now), now) == recent(kept.position, now) or kept.position.through == now
        news = [deed for deed in deeds if deed.at + MILLISECOND == now]
        if news:
            kept.hear_of(news, now)
        assert kept.position.segments_at(now) == expected(deeds, now)
        assert recent(kept.position, now) == recent(positioned(facts(kept.known), now, judge), now)


@given(DEEDS, st.sets(st.integers(0, 11)), JUDGES, MOMENTS)
def test_to_look_once_for_all_that_happened_is_to_look_each_time(
    deeds: list[Deed], looked: set[int], judge: TriedOut, now: datetime
) -> None:
    """Once for a member and batch (M17), and no tick before."""
    now = max([now, *(deed.at + MILLISECOND for deed in deeds)])
    each, batches = Kept(judge), Kept(judge)
    waiting: list[Deed] = []
    for number, deed in enumerate(deeds):
        heard_at = deed.at + MILLISECOND
        each.pass_time(heard_at)
        each.hear_of([deed], heard_at)
        waiting.append(deed)
        if number in looked:
            batches.hear_of(waiting, heard_at)
            waiting = []
    batches.hear_of(waiting, now)
    each.pass_time(now)
    assert recent(batches.position, now) == recent(each.look_at(now), now)


@given(DEEDS, DEEDS, JUDGES, MOMENTS)
def test_what_becomes_known_late_changes_who_is_where_from_now_on(
    deeds: list[Deed], late: list[Deed], judge: TriedOut, now: datetime
) -> None:
    """E20: and nothing that was told of the time before."""
    kept = Kept(judge)
    kept.hear_of([deed for deed in deeds if deed.at < now], now)
    before = kept.position
    kept.hear_of([deed for deed in late if deed.at < now], now + timedelta(hours=1))
    after = kept.position
    assert after.segments_at(after.through) == expected(kept.known, after.through)
    for at in [OPENED + timedelta(days=days) for days in range(0, 120, 7)]:
        if now - timedelta(days=29) < at < now:
            assert after.segments_at(at) == before.segments_at(at)


@given(DEEDS, JUDGES, MOMENTS, st.integers(1, 40 * SECONDS))
def test_before_it_is_due_a_position_does_not_change(
    deeds: list[Deed], judge: TriedOut, now: datetime, later: int
) -> None:
    """Also where somebody looks as hard as if something had been learnt."""
    known = facts(deed for deed in deeds if deed.at < now)
    position = positioned(known, now, judge)
    then = now + timedelta(seconds=later)
    if position.due_at is not None:
        then = min(then, position.due_at - MILLISECOND)
    looked = positioned(known, then, judge, position, seen=Seen(2, 1, 0))
    assert list(looked.memberships) == recent(position, then)
    assert (looked.due_at is None) == (position.due_at is None)
    assert position.due_at is None or looked.due_at is None or looked.due_at >= position.due_at or judge.bound


@given(DEEDS, JUDGES, MOMENTS, MOMENTS)
def test_a_publication_counts_from_its_own_instant(
    deeds: list[Deed], judge: TriedOut, published_at: datetime, looked_at: datetime
) -> None:
    """E20: whenever the member is evaluated under it."""
    first, second = sorted([published_at, looked_at])
    before = positioned(facts(deed for deed in deeds if deed.at < first), first, TriedOut({}, DAYS))
    known = facts(deed for deed in deeds if deed.at < second)
    moved = positioned(known, second, judge, before, version=NEXT, in_force_since=first, redefined=judge.rules.keys())
    assert moved.segments_at(second) == expected(known.deeds, second)
    assert {each.since for each in moved.memberships if each.cause == "program"} <= {first}
    assert all(each.since >= first for each in moved.memberships)
