"""Where a member stands: since when, why, and when to look again (M17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from huitou.kernel.instants import MILLISECOND
from huitou.standing.model import TierCause
from huitou.standing.position import Position, Seen
from tests.builders import OPENED
from tests.positions import NEXT, Tiers, TriedOut, facts, lapsed, newcomer, positioned, story, visit, within

DAY = timedelta(days=1)
LEARNT = Seen(wallets=2, record=1, grants=0)
JUDGE = TriedOut({"active": within(10, 1), "lapsed": lapsed(20)}, (10, 20))
CALLED = visit(OPENED + 5 * DAY)
CAME = 5 * DAY + MILLISECOND


def seen_after(deed_days: int, now_days: int) -> Position:
    return positioned(facts([visit(OPENED + deed_days * DAY)]), OPENED + now_days * DAY, JUDGE)


def test_a_segment_holds_from_the_millisecond_after_what_the_member_did() -> None:
    """E7."""
    position = seen_after(5, 6)
    assert story(position) == [("active", CAME, "facts", None, None)]
    assert (position.due_at, position.due_for) == (OPENED + 15 * DAY, "segment:active")


def test_what_time_does_is_dated_at_the_instant_at_which_it_did_it() -> None:
    """M17: however late somebody looks."""
    position = positioned(facts([CALLED]), OPENED + 30 * DAY, JUDGE, seen_after(5, 6))
    assert story(position) == [
        ("active", CAME, "facts", 15 * DAY, "time"),
        ("lapsed", 25 * DAY, "time", None, None),
    ]
    assert position.due_at is None


def test_a_tick_that_comes_too_early_judges_nothing() -> None:
    before = seen_after(5, 6)
    JUDGE.asked.clear()
    after = positioned(facts([CALLED]), OPENED + 15 * DAY - MILLISECOND, JUDGE, before)
    assert replace(after, version=before.version, through=before.through) == before
    assert JUDGE.asked == []


def test_what_became_known_late_counts_from_when_it_is_known() -> None:
    """E20."""
    before = positioned(facts(), OPENED + 6 * DAY, JUDGE)
    after = positioned(facts([CALLED]), OPENED + 7 * DAY, JUDGE, before, seen=LEARNT)
    assert story(after) == [("active", 7 * DAY, "facts", None, None)]


def test_what_became_known_late_and_is_over_by_itself_was_never_told() -> None:
    before = positioned(facts(), OPENED + 6 * DAY, JUDGE)
    after = positioned(facts([CALLED]), OPENED + 16 * DAY, JUDGE, before, seen=LEARNT)
    assert story(after) == []


def test_what_became_known_late_and_turns_again_counts_from_when_it_turned() -> None:
    before = positioned(facts(), OPENED + 6 * DAY, JUDGE)
    after = positioned(facts([CALLED]), OPENED + 26 * DAY, JUDGE, before, seen=LEARNT)
    assert story(after) == [("lapsed", 25 * DAY, "time", None, None)]


def test_what_comes_back_ends_a_segment_when_it_is_known() -> None:
    """E2: a sale that was refunded counts for nothing."""
    after = positioned(facts(), OPENED + 7 * DAY, JUDGE, seen_after(5, 6), seen=LEARNT)
    assert story(after) == [("active", CAME, "facts", 7 * DAY, "facts")]


def test_what_happens_in_this_very_millisecond_is_looked_at_in_the_next() -> None:
    """E7."""
    now = OPENED + 5 * DAY
    position = positioned(facts([CALLED]), now, JUDGE)
    assert (story(position), position.due_at, position.due_for) == ([], now + MILLISECOND, "facts")
    then = positioned(facts([CALLED]), now + MILLISECOND, JUDGE, position)
    assert story(then) == [("active", CAME, "facts", None, None)]


def test_a_tier_that_was_given_by_hand_counts_from_when_it_was_given() -> None:
    gold = OPENED + 6 * DAY
    judge = TriedOut({"gold": lambda known, at: known.tiers.tier_at(at) == "gold"}, ())
    before = positioned(facts(), OPENED + DAY, judge)
    given = facts(tiers=Tiers([(gold, "gold")], review_at=OPENED + 90 * DAY), moments=[gold])
    after = positioned(given, OPENED + 7 * DAY, judge, before, seen=LEARNT)
    assert story(after) == [("gold", 6 * DAY, "facts", None, None)]
    assert (after.tier, after.due_at, after.due_for) == ("gold", OPENED + 90 * DAY, "tier")
    assert (after.tier_since, after.tier_cause) == (gold, TierCause.GRANT)


def test_a_segment_that_the_programme_no_longer_has_ends_with_its_publication() -> None:
    """E20: and one that it brings begins then, though what it asks was true before."""
    published = OPENED + 6 * DAY
    judge = TriedOut({"new": newcomer(50)}, (50,))
    after = positioned(
        facts([CALLED]),
        OPENED + 8 * DAY,
        judge,
        seen_after(5, 6),
        version=NEXT,
        in_force_since=published + DAY,
        redefined={"active", "new"},
    )
    assert story(after) == [
        ("active", CAME, "facts", 7 * DAY, "program"),
        ("new", 7 * DAY, "program", None, None),
    ]
    assert after.program == NEXT.version


def test_a_publication_is_no_cause_of_what_means_the_same_in_it() -> None:
    """E20: what the member does next is told as it would have been without one."""
    judge = TriedOut({"active": within(10, 1), "tagged": lambda known, _: bool(known.tags)}, (10,))
    before = positioned(facts([CALLED]), OPENED + 6 * DAY, judge)
    known = facts([CALLED], tags={"friend"})
    after = positioned(
        known, OPENED + 25 * DAY, judge, before, seen=LEARNT, version=NEXT, in_force_since=OPENED + 7 * DAY
    )
    assert story(after) == [
        ("active", CAME, "facts", 15 * DAY, "time"),
        ("tagged", 25 * DAY, "facts", None, None),
    ]


def test_a_member_who_was_there_before_is_in_a_segment_since_it_was_published() -> None:
    """E20."""
    position = positioned(facts([CALLED]), OPENED + 9 * DAY, JUDGE, in_force_since=OPENED + 8 * DAY)
    assert story(position) == [("active", 8 * DAY, "program", None, None)]


def test_what_ended_longer_ago_than_sales_may_come_is_forgotten() -> None:
    """E32."""
    assert NEXT.late_limit == 30 * DAY
    assert len(story(positioned(facts([CALLED]), OPENED + 45 * DAY - MILLISECOND, JUDGE))) == 2
    assert [name for name, *_ in story(positioned(facts([CALLED]), OPENED + 45 * DAY, JUDGE))] == ["lapsed"]


def test_time_never_runs_backwards_in_a_position() -> None:
    """The clocks of two functions differ."""
    before = seen_after(5, 6)
    after = positioned(facts([CALLED]), OPENED + 5 * DAY, JUDGE, before, seen=LEARNT)
    assert (after.through, after.memberships) == (before.through, before.memberships)
