"""What keeps merges and erasures, in memory and on DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from huitou.erasing.model import Erasure
from huitou.erasing.store import TableErasures
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.model import Member, Profile
from huitou.merging.model import Merge, Transfer
from huitou.merging.service import merge_id
from huitou.merging.store import TableMerges
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_erasing import MemoryErasures
from huitou.simulator.memory_merging import MemoryMerges
from tests.builders import MEI, OPENED
from tests.contract.targets import REGION, AnyTable
from tests.erasing import MEI_SAYS, Forgetting
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TwoRecords
from tests.outbox import outbox_on, planned
from tests.purchases import NOON, SOON, Shop, bill, bread, line, return_of

OTHER = MemberId("01JMEMBERMEM0000000000XYN0")
MERGE = Merge(
    *(Digest("A" * 26), MEI, OTHER, "two cards", "staff-7", None, OPENED),
    transfers=(Transfer("points", 3, 4, 250),),
    joined={"maru": OPENED},
)
BEFORE = Member(MEI, 3, OPENED, "maru", Profile(name="王小美"), {"name": "maru"}, (), {}, {})
ERASURE = Erasure(MEI, "asked for it", "staff-7", "case-1", OPENED)


@pytest.fixture
def merges(table: AnyTable) -> Any:
    return MemoryMerges(table) if isinstance(table, MemoryTable) else TableMerges(table)


@pytest.fixture
def erasures(table: AnyTable) -> Any:
    return MemoryErasures(table) if isinstance(table, MemoryTable) else TableErasures(table)


def test_a_merge_is_kept_with_the_record_of_before(table: AnyTable, merges: Any) -> None:
    """E15: what it is undone by."""
    table.commit(merges.add(MERGE, BEFORE))
    assert merges.find(MERGE.id) == MERGE
    assert merges.before(MERGE) == BEFORE


def test_a_merge_is_made_and_undone_once(table: AnyTable, merges: Any) -> None:
    """E14."""
    table.commit(merges.add(MERGE, BEFORE))
    with pytest.raises(StaleReadError):
        table.commit(merges.add(MERGE, BEFORE))
    undone = replace(MERGE, reversed_at=OPENED, transfers=(Transfer("points", 3, 4, 250, 200),))
    table.commit([merges.reverse(undone)])
    assert merges.find(MERGE.id) == undone
    with pytest.raises(StaleReadError):
        table.commit([merges.reverse(undone)])


def test_what_was_bought_with_the_other_card_goes_with_it_from_end_to_end(table: AnyTable) -> None:
    """E15: booked for the survivor, in the name of the other; refunded before the unmerge and after it."""
    people = TwoRecords(Shop(table=table))
    mei = people.enrol(MEI_PHONE, brand="maru", now=NOON)
    other = people.enrol(MEI_EMAIL, brand="maru", now=NOON)
    people.merge(mei, other, NOON + SOON)
    basket = (bread(1000), bread(500, sku="cake"))
    sold = people.shop.sell(bill("A-1", *basket, occurred_at=NOON + SOON), people.by(MEI_EMAIL)).purchase
    later = sold.occurred_at + 60 * SOON
    people.shop.refund(return_of(sold, "R-1", line(1)), sold.id, now=later)
    assert (sold.member, people.shop.points(mei, now=later)) == (other, 10)
    people.use.reverse(merge_id("M-1"), later)
    assert [people.shop.points(each, now=later) for each in (mei, other)] == [0, 10]
    people.shop.refund(return_of(sold, "R-2"), sold.id, now=later)
    assert people.shop.points(other, now=later) == 0
    assert people.contradictions(mei) == people.contradictions(other) == []


def test_the_first_erasure_of_a_member_stays(erasures: Any) -> None:
    """E25."""
    erasures.add(ERASURE)
    erasures.add(replace(ERASURE, reason="again"))
    assert erasures.find(MEI) == ERASURE
    assert list(erasures.all()) == [ERASURE]


def test_nothing_personal_is_left_of_who_was_erased(table: AnyTable) -> None:
    """E25: neither in the record nor in any other item; and once more changes nothing of what has ended."""
    people = Forgetting(table)
    mei = people.mei()
    people.talk_about(mei)
    people.erase(mei)
    assert not [word for word in MEI_SAYS if word in everything(table)]
    people.end_what_waits(mei)
    before = everything(table)
    people.erase(mei)
    assert everything(table) == before
    assert people.contradictions(mei) == []


def test_what_waits_goes_one_version_on_with_an_erasure_also_without_words(table: AnyTable) -> None:
    """E25: whoever has read it before writes no more where its links lead; what has ended stays as it is."""
    people, outbox = Forgetting(table), outbox_on(table)
    mei = people.enrol(MEI_PHONE, brand="maru", now=NOON)
    message = replace(planned(), id=planned().id._replace(member=mei))
    assert message.due_at
    table.commit(outbox.add(message))
    people.erase(mei)
    assert outbox.load(message.id) == replace(message, version=message.version + 1)
    with pytest.raises(StaleReadError):
        table.commit([outbox.save(message, replace(message, version=message.version + 1, targets=("https://a.b",)))])
    people.end_what_waits(mei)
    ended = outbox.load(message.id)
    people.erase(mei)
    assert outbox.load(message.id) == ended


def everything(table: AnyTable) -> str:
    """All that is kept, as text; what was bought is deflated, and has no words."""
    if isinstance(table, MemoryTable):
        return repr(list(table.all(object)))
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=table.endpoint)
    return repr(client.scan(TableName=table.name, ConsistentRead=True)["Items"])
