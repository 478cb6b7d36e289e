"""Rebuilds in the program table."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.jobs import JobStatus
from huitou.kernel.pages import all_items
from huitou.platform import keys
from huitou.platform.table import IntegerAttribute, Item, Table
from huitou.rebuilding.model import Part, Rebuild, RebuildCause


class RebuildItem(Item):
    """A rebuild."""

    cause = UnicodeAttribute()
    program = IntegerAttribute()
    parts = IntegerAttribute()
    created_at = UnicodeAttribute()
    client_reference = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    finished_at = UnicodeAttribute(null=True)


class RebuildPartItem(Item):
    """How far a part has come."""

    members = IntegerAttribute()
    done = IntegerAttribute()
    renewed = IntegerAttribute()
    moved = IntegerAttribute()
    failed = IntegerAttribute()
    after = UnicodeAttribute(null=True)
    finished = BooleanAttribute()


class TableRebuilds:
    """`RebuildStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, rebuild: Digest) -> Rebuild | None:
        item = self._table.get(RebuildItem, *keys.rebuild(rebuild))
        return _rebuild(rebuild, item) if item else None

    def add(self, rebuild: Rebuild) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(_item(rebuild), condition=RebuildItem.pk.does_not_exist(), refused=refused)

    def part(self, rebuild: Digest, number: int) -> Part | None:
        item = self._table.get(RebuildPartItem, *keys.rebuild_part(rebuild, number))
        return _part(item) if item else None

    def save_part(self, rebuild: Digest, part: Part) -> Write:
        said = {field: value for field, value in part._asdict().items() if field != "number"}
        item = RebuildPartItem(*keys.rebuild_part(rebuild, part.number), **said)
        return self._table.put(item, refused=StaleReadError("Another worker goes through the same part."))

    def parts(self, rebuild: Digest) -> Sequence[Part]:
        pk, _ = keys.rebuild(rebuild)
        items = all_items(lambda after: self._table.query(RebuildPartItem, pk, prefix=keys.PART_PREFIX, after=after))
        return [_part(item) for item in items]

    def finish(self, rebuild: Rebuild) -> Write:
        still = RebuildItem.status == JobStatus.RUNNING.value
        ended = StaleReadError("The rebuild has ended meanwhile.")
        return self._table.put(_item(rebuild), condition=still, refused=ended)


def _item(rebuild: Rebuild) -> RebuildItem:
    return RebuildItem(
        *keys.rebuild(rebuild.id),
        cause=rebuild.cause.value,
        program=rebuild.program,
        parts=rebuild.parts,
        created_at=format_instant(rebuild.created_at),
        client_reference=rebuild.client_reference,
        status=rebuild.status.value,
        finished_at=format_instant(rebuild.finished_at) if rebuild.finished_at else None,
    )


def _rebuild(rebuild: Digest, item: RebuildItem) -> Rebuild:
    return Rebuild(
        id=rebuild,
        cause=RebuildCause(item.cause),
        program=item.program,
        parts=item.parts,
        created_at=parse_instant(item.created_at),
        client_reference=item.client_reference,
        status=JobStatus(item.status),
        finished_at=parse_instant(item.finished_at) if item.finished_at else None,
    )


def _part(item: RebuildPartItem) -> Part:
    number = int(item.sk.removeprefix(keys.PART_PREFIX))
    counts = (item.members, item.done, item.renewed, item.moved, item.failed)
    return Part(number, *counts, after=item.after, finished=item.finished)
