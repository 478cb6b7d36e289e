"""Lists of the members of segments: alike in memory and in DynamoDB, and always what positions say (M16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, digest_of
from huitou.kernel.pages import all_items
from huitou.merging.model import Merge
from huitou.merging.store import TableMerges
from huitou.platform import keys
from huitou.platform.keys import MEMBER_SHARDS
from huitou.points.decisions import Decision, touch
from huitou.segments.counting import count
from huitou.segments.ports import MemberLists, MemberSample
from huitou.segments.store import TableMemberLists, TableMemberSample
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_merging import MemoryMerges
from huitou.simulator.memory_segments import MemoryMemberLists, MemoryMemberSample
from huitou.standing.listed import Listed
from tests.builders import MEI
from tests.contract.targets import AnyTable
from tests.purchases import LIN, NOON, SOON, bill
from tests.standing import Standings, segmented

DAY = timedelta(days=1)
MANY = [
    {"id": f"came-{n}", "name": "Came", "when": {"purchases": {"at_least": 1, "in": f"last {n} days"}}}
    for n in range(1, 201)
]


def lists_on(table: AnyTable) -> MemberLists:
    return MemoryMemberLists(table) if isinstance(table, MemoryTable) else TableMemberLists(table)


def listed(table: AnyTable, segment: str) -> list[Listed]:
    """All who are on the list, one at a time."""
    lists = lists_on(table)
    found: list[Listed] = []
    for shard in range(MEMBER_SHARDS):
        after = None
        while True:
            page = lists.entries(segment, shard, after=after, limit=1)
            found += page.items
            if (after := page.next_cursor) is None:
                break
    return found


def counted(table: AnyTable, segment: str, brand: str | None = None) -> int:
    """Of all who are on the list, or of those who joined a brand."""
    lists = lists_on(table)
    return sum(lists.count(segment, shard, joined=brand, after=None)[0] for shard in range(MEMBER_SHARDS))


def test_who_is_in_a_segment_is_on_its_list_since_when(table: AnyTable) -> None:
    shop = Standings(table=table)
    for member, day in ((MEI, 0), (LIN, 1)):
        shop.enrol(member)
        shop.sell(bill(f"A-{day}"), member)
        shop.segments.refresh(member, NOON + day * DAY + SOON)
    assert {each.member for each in listed(table, "active")} == {MEI, LIN}
    assert all(each.since == NOON + timedelta(milliseconds=1) for each in listed(table, "active"))
    assert (counted(table, "active"), counted(table, "lapsed")) == (2, 0)


def test_who_leaves_a_segment_leaves_its_list(table: AnyTable) -> None:
    shop = Standings(table=table)
    shop.enrol()
    shop.sell(bill())
    for days in (0, 10, 20):
        shop.segments.refresh(MEI, NOON + days * DAY + SOON)
    assert listed(table, "active") == []
    assert listed(table, "lapsed") == [Listed(MEI, "lapsed", NOON + 20 * DAY, frozenset({"maru", "sora"}))]


def test_more_moves_than_a_commit_holds_are_all_on_their_lists(table: AnyTable) -> None:
    """Two hundred segments are entered at once, and left at once by who is no member any more (E15)."""
    shop = Standings(segmented(segments=MANY), table)
    shop.enrol()
    shop.sell(bill())
    position = shop.segments.refresh(MEI, NOON + SOON)
    assert position is not None
    assert (len(position.memberships), position.unlisted) == (200, ())
    lists = lists_on(table)
    (home,) = (shard for shard in range(MEMBER_SHARDS) if lists.count("came-1", shard, joined=None, after=None)[0])
    assert {lists.count(str(each["id"]), home, joined=None, after=None)[0] for each in MANY} == {1}
    _moved_to(shop, LIN)
    assert shop.segments.refresh(MEI, NOON + DAY) is None
    assert shop.kept() is None
    assert {lists.count(str(each["id"]), home, joined=None, after=None)[0] for each in MANY} == {0}


def test_who_is_merged_away_while_somebody_looks_for_the_first_time_is_on_no_list(table: AnyTable) -> None:
    """E15, E18, E25: who reacts to the merge, or to an erasure, finds nothing yet that they could remove."""
    shop = Standings(table=table)
    shop.enrol()
    shop.sell(bill())

    def overtaken(writes: Sequence[Write]) -> None:
        if shop.wallet().moved_to is None:
            _moved_to(shop, LIN)
            assert shop.segments.refresh(MEI, NOON + SOON) is None
        table.commit(writes)

    assert shop.segments_by(overtaken).refresh(MEI, NOON + SOON) is None
    assert shop.kept() is None
    assert listed(table, "active") == []


def test_a_list_knows_which_brands_its_members_have_joined(table: AnyTable) -> None:
    """E31: so that a brand's own are shown and counted without looking at anybody."""
    shop = Standings(table=table)
    for member, brands in ((MEI, ("maru", "sora")), (LIN, ("maru",))):
        shop.enrol(member, *brands)
        shop.sell(bill(f"A-{member}"), member)
        shop.segments.refresh(member, NOON + SOON)
    assert {each.member: each.joined for each in listed(table, "active")} == {
        MEI: {"maru", "sora"},
        LIN: {"maru"},
    }
    assert [counted(table, "active", brand) for brand in (None, "maru", "sora", "kaze")] == [2, 2, 1, 0]


def test_who_joins_a_brand_is_shown_to_it_in_all_their_segments(table: AnyTable) -> None:
    """E31: also where no segment changes by it."""
    shop = Standings(table=table)
    shop.enrol(MEI, "maru")
    shop.sell(bill())
    shop.segments.refresh(MEI, NOON + SOON)
    assert counted(table, "active", "sora") == 0
    shop.sell(bill("S-1", brand="sora", store="s1", occurred_at=NOON + DAY))
    shop.segments.refresh(MEI, NOON + DAY + SOON)
    assert counted(table, "active", "sora") == 1
    assert [each.since for each in listed(table, "active")] == [NOON + timedelta(milliseconds=1)]


def _moved_to(shop: Standings, other: MemberId) -> None:
    home = shop.wallet()
    shop.table.commit(shop.wallets.save(home, Decision(replace(touch(home, NOON), moved_to=other), ())))


def test_any_first_members_by_hash_are_a_sample_of_all(table: AnyTable) -> None:
    """M16: each once, in the order of their hashes, however often their records change; page by page."""
    shop, everybody = Standings(table=table), [MemberId(f"01JNSM3VF0R6T8C1W5PJ4X9Z{n:02d}") for n in range(30)]
    for member in everybody:
        shop.enrol(member)
    shop.members.tag(everybody[0], "vip", "maru", NOON)
    sample = sample_on(table)
    pages = (lambda after, shard=shard: sample.first(shard, after=after, limit=2) for shard in range(sample.shards))
    found = [member for page_after in pages for member in all_items(page_after)]
    assert found == sorted(everybody, key=lambda member: keys.sampled(member)[1])
    assert count(sample.count, sample.shards) == (30, True)


def test_a_record_before_a_merge_is_nobody_of_the_sample(table: AnyTable) -> None:
    """E15"""
    shop = Standings(table=table)
    shop.enrol()
    record = shop.profiles.load(MEI)
    assert record is not None
    merges = MemoryMerges(table) if isinstance(table, MemoryTable) else TableMerges(table)
    table.commit(merges.add(Merge(digest_of(("M-1",)), MEI, LIN, "one person", "staff-7", None, NOON, (), {}), record))
    assert count(sample_on(table).count, len(keys.SAMPLE_SHARDS)) == (1, True)


def sample_on(table: AnyTable) -> MemberSample:
    return MemoryMemberSample(table) if isinstance(table, MemoryTable) else TableMemberSample(table)
