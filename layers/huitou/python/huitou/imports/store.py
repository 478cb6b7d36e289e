"""Imports in the program table: an item for the run, one for each chunk that is done."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.imports.model import Counts, ImportFormat, ImportStatus, Rejection, Run
from huitou.imports.openings import Control, Opened
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import all_items
from huitou.platform import keys, program_keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table


class RunItem(Item):
    """An import."""

    brand = UnicodeAttribute()
    format = UnicodeAttribute()
    client_reference = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    status = UnicodeAttribute()
    attempt = IntegerAttribute()
    started_at = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)
    program_version = IntegerAttribute()
    etag = UnicodeAttribute(null=True)
    rows = IntegerAttribute(null=True)
    counts = JSONAttribute()
    rejections = JSONAttribute(null=True)
    failure = UnicodeAttribute(null=True)
    control = JSONAttribute(null=True)


class ChunkItem(Item):
    """What became of the rows of a chunk."""

    counts = JSONAttribute()


class OpeningItem(Item):
    """A lot that was brought from another system; lies among the members (E14)."""

    member = UnicodeAttribute()
    currency = UnicodeAttribute()
    points = IntegerAttribute()
    issuer = UnicodeAttribute()
    earned_at = UnicodeAttribute()
    active_at = UnicodeAttribute()
    expires_at = UnicodeAttribute(null=True)
    booked_at = UnicodeAttribute()


class TableOpenings:
    """`OpeningStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, opening: Digest) -> Opened | None:
        item = self._table.get(OpeningItem, *keys.opening(opening))
        if item is None:
            return None
        return Opened(
            opening,
            MemberId(item.member),
            item.currency,
            item.points,
            item.issuer,
            parse_instant(item.earned_at),
            parse_instant(item.active_at),
            parse_instant(item.expires_at) if item.expires_at else None,
            parse_instant(item.booked_at),
        )

    def add(self, opened: Opened) -> Write:
        item = OpeningItem(
            *keys.opening(opened.id),
            member=opened.member,
            currency=opened.currency,
            points=opened.points,
            issuer=opened.issuer,
            earned_at=format_instant(opened.earned_at),
            active_at=format_instant(opened.active_at),
            expires_at=format_instant(opened.expires_at) if opened.expires_at else None,
            booked_at=format_instant(opened.booked_at),
        )
        brought = StaleReadError("The lot was brought meanwhile.")
        return self._table.put(item, condition=OpeningItem.pk.does_not_exist(), refused=brought)


class TableRuns:
    """`RunStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, run: Digest) -> Run | None:
        item = self._table.get(RunItem, *program_keys.import_run(run))
        return _run(run, item) if item else None

    def add(self, run: Run) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(_item(run), condition=RunItem.pk.does_not_exist(), refused=refused)

    def replace(self, run: Run, before: Run) -> Write:
        unmoved = (RunItem.status == before.status.value) & (RunItem.attempt == before.attempt)
        return self._table.put(_item(run), condition=unmoved, refused=StaleReadError("The import has moved on."))

    def save_chunk(self, run: Digest, number: int, counts: Counts) -> Write:
        item = ChunkItem(*program_keys.import_chunk(run, number), counts=list(counts))
        return self._table.put(item, refused=StaleReadError("Another worker does the same chunk."))

    def chunks(self, run: Digest) -> Sequence[tuple[int, Counts]]:
        pk, _ = program_keys.import_run(run)
        items = all_items(lambda after: self._table.query(ChunkItem, pk, prefix=program_keys.CHUNK_PREFIX, after=after))
        return [(int(item.sk.removeprefix(program_keys.CHUNK_PREFIX)), Counts(*item.counts)) for item in items]


def _item(run: Run) -> RunItem:
    return RunItem(
        *program_keys.import_run(run.id),
        brand=run.brand,
        format=run.format.value,
        client_reference=run.client_reference,
        created_at=format_instant(run.created_at),
        status=run.status.value,
        attempt=run.attempt,
        started_at=format_instant(run.started_at) if run.started_at else None,
        finished_at=format_instant(run.finished_at) if run.finished_at else None,
        program_version=run.program_version,
        etag=run.etag or None,
        rows=run.rows,
        counts=list(run.counts),
        rejections=[list(each) for each in run.rejections] or None,
        failure=run.failure,
        control=[dict(run.control.points), run.control.members, run.control.lots] if run.control else None,
    )


def _run(run_id: Digest, item: RunItem) -> Run:
    return Run(
        id=run_id,
        brand=item.brand,
        format=ImportFormat(item.format),
        client_reference=item.client_reference,
        created_at=parse_instant(item.created_at),
        status=ImportStatus(item.status),
        attempt=item.attempt,
        started_at=parse_instant(item.started_at) if item.started_at else None,
        finished_at=parse_instant(item.finished_at) if item.finished_at else None,
        program_version=item.program_version,
        etag=item.etag or "",
        rows=item.rows if item.rows is not None else None,
        counts=Counts(*item.counts),
        rejections=tuple(Rejection(*each) for each in item.rejections or ()),
        failure=item.failure,
        control=Control(*item.control) if item.control else None,
    )
