"""E20: whoever looks at a member while functions take up a publication, and in whichever order, a campaign that it
brings begins once with who moved since, and with nobody else unless it includes them.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from huitou.program.campaigns import Once
from tests.campaigns import DAY, MINUTE, Town, campaign
from tests.outbox import NOON

SECOND = timedelta(seconds=1)
LAPSES = NOON + 30 * DAY
LOOKS = st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=6).map(sorted)
"""So many seconds after the publication, and whether by a function that has not taken it up."""
ONCE = st.sampled_from([Once.EACH_TIME, Once.ABSENCE, Once.EVER])


@example(ahead=0, looks=[(0, True)], once=(None, Once.EVER), include_current=False, called_first=True)
@example(ahead=1, looks=[(2, True)], once=(None, Once.EVER), include_current=False, called_first=True)
@given(
    ahead=st.integers(-5, 5),
    looks=LOOKS,
    once=st.tuples(st.none() | ONCE, ONCE),
    include_current=st.booleans(),
    called_first=st.booleans(),
)
def test_it_begins_once(
    ahead: int,
    looks: list[tuple[int, bool]],
    once: tuple[Once | None, Once],
    include_current: bool,
    called_first: bool,
) -> None:
    """The member enters so many seconds after the publication; ``once`` in the version before, if there, and in it."""
    before, after = once
    town = Town(*([campaign(once=before)] if before else []))
    mei, published_at = town.join(), LAPSES - ahead * SECOND
    town.buy(mei)
    town.until(min(published_at, LAPSES) - SECOND)
    late = town.lagging()
    town.now = published_at
    town.republish(campaigns=[campaign(once=after, include_current=include_current)])
    town.calendar.announce(town.now)
    for seconds, is_late in looks:
        town.now = published_at + seconds * SECOND
        (late if is_late else town.segments).refresh(mei, town.now)
    for _ in range(2):
        if called_first:
            town.until(town.now + MINUTE)
        town.segments.refresh(mei, town.now + MINUTE)
        town.until(town.now + MINUTE)
    begins = [LAPSES] if ahead >= 0 or before else [published_at] if include_current else []
    assert [each.began_at for each in town.journeys_of(mei)] == begins
    assert len(town.messages_of(mei)) == len(begins)
