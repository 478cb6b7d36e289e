"""A position is one item, which may have 400 KB."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from huitou.program.document_segments import MOST_SEGMENTS
from huitou.standing.position import MOST_ENDED, MOST_ENDED_AT_ONCE, Membership, MoveCause, Position, Seen, remembered
from huitou.standing.store import position_item
from tests.builders import MEI, OPENED

DAY = timedelta(days=1)
LATE = 366 * DAY
LONGEST = "a-segment-with-the-longest-name"


def ended(number: int, days: float = 1) -> list[Membership]:
    """So many, the last of which ended so many days after `OPENED`."""
    last = OPENED + days * DAY
    spans = ((last - (number - each) * timedelta(seconds=1)) for each in range(1, number + 1))
    return [Membership(LONGEST, at - DAY, MoveCause.PROGRAM, at, MoveCause.PROGRAM) for at in spans]


def test_of_what_was_over_before_the_latest_is_kept() -> None:
    kept = remembered(ended(300), ended(20, days=2), OPENED)
    assert len(kept) == MOST_ENDED
    assert list(kept[-20:]) == ended(20, days=2)
    assert list(kept[:-20]) == ended(300)[-180:]


def test_what_has_ended_since_is_kept_all() -> None:
    """Whoever compares the two positions tells others of it."""
    assert list(remembered(ended(300), ended(700, days=2), OPENED)) == ended(700, days=2)


def test_what_ended_longer_ago_than_sales_may_come_is_not_kept() -> None:
    """E32."""
    assert list(remembered(ended(5), ended(5, days=2), OPENED + DAY)) == ended(5, days=2)


def test_where_nothing_was_left_out_all_is_told_for_as_long_as_sales_may_come() -> None:
    """E32."""
    position = Position(MEI, 1, 1, OPENED + 2 * DAY, Seen(1, 1, 0), memberships=tuple(ended(MOST_ENDED - 1)))
    assert position.tells_all_since(LATE) == position.through - LATE
    more = replace(position, memberships=tuple(ended(MOST_ENDED)))
    assert more.tells_all_since(LATE) == OPENED + DAY - timedelta(seconds=MOST_ENDED - 1, milliseconds=-1)
    assert more.tells_all_since(DAY / 2) == more.through - DAY / 2


def test_the_largest_position_fits() -> None:
    """All segments that a programme may have hold, none is listed yet, and nobody has looked for a year."""
    ids = [f"{number:031}" for number in range(MOST_SEGMENTS)]
    over = remembered(ended(MOST_ENDED), ended(3 * MOST_ENDED_AT_ONCE, days=2), OPENED)
    assert len(over) == MOST_ENDED_AT_ONCE
    held = (Membership(segment, OPENED, MoveCause.PROGRAM) for segment in ids)
    position = Position(
        MEI, 1, 1, OPENED + 2 * DAY, Seen(1, 1, 0), memberships=(*over, *held), unlisted=tuple(ids), joined=("maru",)
    )
    assert len(json.dumps(position_item(position).to_dynamodb_dict())) < 300_000
