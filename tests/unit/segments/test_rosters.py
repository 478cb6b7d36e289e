"""M16: which segments there are, how many members each has, and who they are, as far as whoever asks may know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from huitou.kernel.ids import MemberId
from huitou.kernel.pages import InvalidCursorError
from huitou.program.model import GROUP, BrandId
from huitou.segments import rosters as module
from huitou.segments.counting import Count, count
from huitou.segments.errors import SegmentNotFoundError
from huitou.segments.roster_answers import counted_segment_view, segment_view
from huitou.segments.rosters import Rosters
from huitou.simulator.memory_segments import MemoryMemberLists
from tests.builders import MEI
from tests.purchases import LIN, NOON, SOON, bill
from tests.standing import WRITTEN, Standings, Written

AUNT = MemberId("01JNSM3VF0R6T8C1W5PJ4X9YZC")


class Club:
    """Members who have bought at some brands just now, on lists."""

    def __init__(self) -> None:
        programs = Written(WRITTEN)
        self.shop = Standings(programs.active())
        self.rosters = Rosters(MemoryMemberLists(self.shop.table), programs)

    def buys(self, member: MemberId, *brands: BrandId, now: datetime = NOON + SOON) -> None:
        self.shop.enrol(member, *brands)
        self.shop.sell(bill(f"A-{member}", brand=brands[0], store=f"{brands[0][0]}1"), member)
        self.shop.segments.refresh(member, now)

    def who(self, segment: str, brand: BrandId, limit: int = 10) -> list[MemberId]:
        return [member for page in self.pages(segment, brand, limit) for member in page]

    def pages(self, segment: str, brand: BrandId, limit: int) -> Iterator[Sequence[MemberId]]:
        after: str | None = None
        while True:
            page = self.rosters.members(segment, brand, after=after, limit=limit)
            assert len(page.items) <= limit
            yield [each.member for each in page.items]
            after = page.next_cursor
            if after is None:
                return

    def count(self, segment: str, brand: BrandId) -> Count:
        return self.rosters.count(self.rosters.segment(segment, brand).segment, brand)


@pytest.fixture
def club() -> Club:
    return Club()


def test_a_segment_says_what_it_asks_as_it_was_written(club: Club) -> None:
    page = club.rosters.segments(GROUP, after=None, limit=10)
    views = {each.segment.id: segment_view(each) for each in page.items}
    assert list(views) == ["active", "lapsed", "ours", "staff", "vip"]
    assert views["active"] == {
        "id": "active",
        "name": "Came lately",
        "brand": "group",
        "tag": None,
        "type": "condition",
        "when": {"purchases": {"at_least": 1, "in": "last 10 days"}},
    }
    assert (views["staff"]["type"], views["staff"]["when"], views["ours"]["brand"]) == ("list", None, "sora")


def test_segments_are_paged_by_id(club: Club) -> None:
    """E33"""
    first = club.rosters.segments(GROUP, after=None, limit=3)
    rest = club.rosters.segments(GROUP, after=first.next_cursor, limit=3)
    assert [each.segment.id for each in (*first.items, *rest.items)] == ["active", "lapsed", "ours", "staff", "vip"]
    assert rest.next_cursor is None


def test_a_brand_sees_its_own_segments_and_the_groups(club: Club) -> None:
    """E31: that of another brand is as one that does not exist."""
    shown = club.rosters.segments("maru", after=None, limit=10).items
    assert [each.segment.id for each in shown] == ["active", "lapsed", "staff", "vip"]
    for unknown in ("ours", "nothing"):
        with pytest.raises(SegmentNotFoundError):
            club.rosters.segment(unknown, "maru")
        with pytest.raises(SegmentNotFoundError):
            club.rosters.members(unknown, "maru", after=None, limit=10)


def test_a_brand_sees_and_counts_the_members_who_joined_it(club: Club) -> None:
    """E31: the group sees all."""
    club.buys(MEI, "maru", "sora")
    club.buys(LIN, "sora")
    club.buys(AUNT, "maru")
    assert set(club.who("active", GROUP)) == {MEI, LIN, AUNT}
    assert (set(club.who("active", "maru")), set(club.who("active", "sora"))) == ({MEI, AUNT}, {MEI, LIN})
    assert [club.count("active", brand).members for brand in (GROUP, "maru", "sora")] == [3, 2, 2]
    counted = counted_segment_view(club.rosters.segment("active", "maru"), club.count("active", "maru"))
    assert (counted["members"], counted["is_exact"]) == (2, True)


@pytest.mark.parametrize("brand", [GROUP, "maru"])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_hold_everybody_once(club: Club, brand: BrandId, limit: int) -> None:
    """E33: whatever the size of a page, and however many others are between."""
    everybody = [MemberId(f"01JNSM3VF0R6T8C1W5PJ4X9Z{n:02d}") for n in range(40)]
    for n, member in enumerate(everybody):
        club.buys(member, "sora" if n % 3 else "maru")
    seen = club.who("active", brand, limit)
    assert sorted(seen) == [each for n, each in enumerate(everybody) if brand == GROUP or not n % 3]


def test_a_page_that_would_take_long_to_fill_is_short_and_goes_on(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_READS_OF_A_PAGE", 2)
    for n in range(20):
        club.buys(MemberId(f"01JNSM3VF0R6T8C1W5PJ4X9Z{n:02d}"), "maru" if n == 7 else "sora")
    pages = list(club.pages("active", "maru", 5))
    assert len(pages) > 2
    assert [member for page in pages for member in page] == [MemberId("01JNSM3VF0R6T8C1W5PJ4X9Z07")]


def test_who_is_put_on_a_list_is_shown_there_until_they_are_taken_off(club: Club) -> None:
    """M16, E31: by a tag of whose list it is, which is looked at as whatever becomes known of a member."""
    club.buys(MEI, "maru", "sora")
    for brand, name in ((GROUP, "staff"), ("maru", "ours"), ("sora", "staff")):
        club.shop.members.tag(MEI, name, brand, NOON + SOON)
    club.shop.segments.refresh(MEI, NOON + 2 * SOON)
    assert (club.who("staff", GROUP), club.who("ours", "sora")) == ([MEI], [])
    club.shop.members.tag(MEI, "ours", "sora", NOON + 3 * SOON)
    club.shop.members.untag(MEI, "staff", GROUP)
    club.shop.segments.refresh(MEI, NOON + 4 * SOON)
    assert (club.who("staff", GROUP), club.who("ours", "sora")) == ([], [MEI])


def test_who_has_left_is_on_no_page(club: Club) -> None:
    club.buys(MEI, "maru", now=NOON + timedelta(days=10))
    assert club.who("active", GROUP) == []


@pytest.mark.parametrize("cursor", ["", "16\n", "-1\n", "one\n", "00\n"])
def test_a_cursor_of_another_list_is_refused(club: Club, cursor: str) -> None:
    """E30"""
    with pytest.raises(InvalidCursorError):
        club.rosters.members("active", GROUP, after=cursor, limit=5)


def test_shards_are_counted_to_their_ends() -> None:
    reads = {(0, None): (7, "a"), (0, "a"): (5, None), (1, None): (0, None), (2, None): (3, None)}
    assert count(lambda *place: reads[place], shards=3) == (15, True)


def test_where_all_would_take_too_long_some_shards_stand_for_all() -> None:
    """At least one, to its end."""
    assert count(lambda _, after: (10, None if after else "a"), 16, most_reads=1) == (320, False)
    assert count(lambda shard, _: (10 + shard, None), 4, most_reads=2) == (42, False)
    assert count(lambda shard, _: (10 + shard, None), 4, most_reads=4) == (46, True)
