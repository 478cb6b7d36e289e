"""Points that end soon are announced: when, how many, and once (M8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huitou.kernel.ids import digest_of
from huitou.points.wallet import Hold, Lot
from huitou.program.model import Program
from huitou.standing.position import Expiring, Position, Seen
from tests.builders import OPENED, document, lot, program, wallet
from tests.positions import Tiers, TriedOut, facts, positioned

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
END = OPENED + 90 * DAY
SOON = END - 7 * DAY
NOBODY = TriedOut({}, ())
LEARNT = Seen(wallets=2, record=1, grants=0)


def announcing(version: int = 1, days: int | None = 7) -> Program:
    """Announces the end of points seven days before, and of beans never."""
    expiry = {"type": "rolling_days", "days": 90}
    points = {"id": "points", "name": "Points", "expiry": expiry, "expiry_notice_days": days}
    beans = {"id": "beans", "name": "Beans", "expiry": expiry}
    return program(document(point_currencies=[points, beans]), version)


def looked(now: Any, *lots: Lot, before: Position | None = None, **changes: Any) -> Position:
    """How Mei stands who has these lots of points; by default, nothing was known of her yet."""
    wallets = changes.pop("wallets", {"points": wallet(*lots)})
    fields: dict[str, Any] = {"version": announcing(), **changes}
    return positioned(facts(wallets=wallets), now, NOBODY, before, **fields)


def ending(number: int = 1, points: int = 100, **changes: Any) -> Lot:
    """Points that end at `END`."""
    return lot(number, points, **{"expires_at": END, **changes})


def told(position: Position) -> list[tuple[int, Any]]:
    return [(each.points, each.at) for each in position.expiring]


def test_the_clock_comes_so_many_days_before_the_end() -> None:
    """M17: and finds what is left."""
    before = looked(OPENED, ending())
    assert (before.due_at, before.due_for, before.expiring) == (SOON, "notice:points", ())
    after = looked(SOON, ending(points=40), before=before)
    assert after.expiring == (Expiring("points", END, 40, SOON),)
    assert after.due_at is None


def test_what_was_spent_before_is_not_announced() -> None:
    before = looked(OPENED, ending())
    spent = looked(OPENED + DAY, ending(points=0), before=before, seen=LEARNT)
    assert (spent.due_at, spent.expiring) == (None, ())


def test_points_that_end_together_are_announced_together() -> None:
    position = looked(SOON, ending(1, 40), ending(2, 60, issuer="sora"), lot(3, expires_at=END + DAY), lot(4))
    assert (told(position), position.due_at) == ([(100, SOON)], SOON + DAY)


def test_more_points_with_an_end_that_was_announced_are_no_news() -> None:
    """Also when the first have been spent."""
    before = looked(SOON, ending())
    for lots in ([ending(), ending(2)], [ending(points=0), ending(2)], []):
        after = looked(SOON + DAY, *lots, before=before, seen=LEARNT)
        assert (told(after), after.due_at) == (told(before), None)


def test_points_that_come_late_are_announced_when_they_can_be_spent() -> None:
    position = looked(SOON + DAY, ending(active_at=SOON + 3 * DAY))
    assert (position.expiring, position.due_at) == ((), SOON + 3 * DAY)
    assert told(looked(SOON + 3 * DAY, ending(active_at=SOON + 3 * DAY), before=position)) == [(100, SOON + 3 * DAY)]


def test_points_that_wait_for_a_till_are_announced_when_they_return() -> None:
    """E17: and not at all where they are over by then."""
    kept = ending(points=0)
    for minutes, due_at in ((10, SOON + 10 * MINUTE), (60 * 24 * 8, None)):
        hold = Hold(digest_of(["till"]), "maru", (ending().change(-100),), SOON + minutes * MINUTE)
        position = looked(SOON, wallets={"points": wallet(kept, holds=(hold,))})
        assert (position.expiring, position.due_at) == ((), due_at)


def test_an_end_that_moves_on_is_another_one() -> None:
    """M8: sliding points, whose member has come again."""
    before = looked(SOON, ending())
    after = looked(SOON + DAY, ending(expires_at=END + 30 * DAY), before=before, seen=LEARNT)
    assert (told(after), after.due_at) == (told(before), SOON + 30 * DAY)
    again = looked(SOON + 30 * DAY, ending(expires_at=END + 30 * DAY), before=after)
    assert again.expiring == (Expiring("points", END + 30 * DAY, 100, SOON + 30 * DAY),)


def test_what_was_announced_is_forgotten_with_the_end() -> None:
    """E5: the instant of the end is no part of it."""
    before = looked(SOON, ending())
    assert told(looked(END - MINUTE, ending(points=1), before=before, seen=LEARNT)) == told(before)
    assert looked(END, ending(points=1), before=before, seen=LEARNT).expiring == ()


def test_nothing_is_announced_of_what_is_over() -> None:
    """E22: after an outage that lasted longer."""
    assert looked(END, ending(), before=looked(OPENED, ending())).expiring == ()


def test_what_became_known_late_is_announced_when_it_is_known() -> None:
    """E20: a till was offline."""
    before = looked(SOON + DAY)
    assert told(looked(SOON + 2 * DAY, ending(), before=before, seen=LEARNT)) == [(100, SOON + 2 * DAY)]


@pytest.mark.parametrize("before", [looked(SOON, version=announcing(days=None)), None])
def test_who_has_such_points_when_announcing_begins_is_told_as_of_then(before: Position | None) -> None:
    """E20: by the rebuild that follows a publication."""
    published = SOON + DAY
    after = looked(published + MINUTE, ending(), before=before, version=announcing(2), in_force_since=published)
    assert told(after) == [(100, published)]


def test_what_was_announced_is_not_announced_again_under_another_version() -> None:
    """E20: nor with more days, nor after a pause."""
    before = looked(SOON, ending())
    pause = looked(SOON + DAY, ending(), before=before, version=announcing(2, days=None), in_force_since=SOON + DAY)
    again = looked(SOON + DAY, ending(), before=pause, version=announcing(3, days=9), in_force_since=SOON + DAY)
    assert told(before) == told(pause) == told(again)


def test_a_tier_that_changes_first_is_looked_at_first() -> None:
    known = facts(wallets={"points": wallet(ending())}, tiers=Tiers(review_at=SOON - DAY))
    position = positioned(known, OPENED, NOBODY, version=announcing())
    assert (position.due_at, position.due_for) == (SOON - DAY, "tier")
