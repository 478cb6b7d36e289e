"""Counts in the program table."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from huitou.counts.model import CountPart, SegmentCount
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.jobs import JobStatus
from huitou.kernel.pages import all_items
from huitou.platform import keys
from huitou.platform.table import IntegerAttribute, Item, Table


class CountItem(Item):
    """A count of a segment that is being written."""

    written = UnicodeAttribute()
    program = IntegerAttribute()
    parts = IntegerAttribute()
    insights = IntegerAttribute()
    created_at = UnicodeAttribute()
    status = UnicodeAttribute()
    finished_at = UnicodeAttribute(null=True)


class CountPartItem(Item):
    """How far a part has come."""

    members = IntegerAttribute()
    done = IntegerAttribute()
    found = IntegerAttribute()
    failed = IntegerAttribute()
    after = UnicodeAttribute(null=True)
    finished = BooleanAttribute()


class TableCounts:
    """`CountStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, count: Digest) -> SegmentCount | None:
        item = self._table.get(CountItem, *keys.count(count))
        return _count(count, item) if item else None

    def add(self, count: SegmentCount) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(_item(count), condition=CountItem.pk.does_not_exist(), refused=refused)

    def part(self, count: Digest, number: int) -> CountPart | None:
        item = self._table.get(CountPartItem, *keys.count_part(count, number))
        return _part(item) if item else None

    def save_part(self, count: Digest, part: CountPart) -> Write:
        said = {field: value for field, value in part._asdict().items() if field != "number"}
        item = CountPartItem(*keys.count_part(count, part.number), **said)
        ahead = (CountPartItem.finished == False) & (CountPartItem.done <= part.done)  # noqa: E712 - DynamoDB compares
        refused = StaleReadError("Another worker is further with the same part.")
        return self._table.put(item, condition=CountPartItem.pk.does_not_exist() | ahead, refused=refused)

    def parts(self, count: Digest) -> Sequence[CountPart]:
        pk, _ = keys.count(count)
        items = all_items(lambda after: self._table.query(CountPartItem, pk, prefix=keys.PART_PREFIX, after=after))
        return [_part(item) for item in items]

    def finish(self, count: SegmentCount) -> Write:
        still = CountItem.status == JobStatus.RUNNING.value
        return self._table.put(_item(count), condition=still, refused=StaleReadError("The count has ended meanwhile."))


def _item(count: SegmentCount) -> CountItem:
    return CountItem(
        *keys.count(count.id),
        written=count.written,
        program=count.program,
        parts=count.parts,
        insights=count.insights,
        created_at=format_instant(count.created_at),
        status=count.status.value,
        finished_at=format_instant(count.finished_at) if count.finished_at else None,
    )


def _count(count: Digest, item: CountItem) -> SegmentCount:
    return SegmentCount(
        id=count,
        written=item.written,
        program=item.program,
        parts=item.parts,
        insights=item.insights,
        created_at=parse_instant(item.created_at),
        status=JobStatus(item.status),
        finished_at=parse_instant(item.finished_at) if item.finished_at else None,
    )


def _part(item: CountPartItem) -> CountPart:
    number = int(item.sk.removeprefix(keys.PART_PREFIX))
    return CountPart(number, item.members, item.done, item.found, item.failed, item.after, item.finished)
