"""Programme versions and drafts in DynamoDB: one item each, gzipped, and a pointer to the active version."""

from __future__ import annotations

import gzip

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import Page
from huitou.platform import program_keys as keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.audit import audit_write
from huitou.platform.table import Item, Table
from huitou.program.versions import ActiveVersion, Draft, ProgramVersion


class VersionItem(Item):
    """One immutable version."""

    number = IntegerAttribute()
    document = BinaryAttribute(legacy_encoding=False)
    digest = UnicodeAttribute()
    published_at = UnicodeAttribute()
    published_by = UnicodeAttribute()
    restores = IntegerAttribute(null=True)
    reason = UnicodeAttribute(null=True)


class ActiveItem(Item):
    """The pointer."""

    number = IntegerAttribute()
    digest = UnicodeAttribute()


class DraftItem(Item):
    """A document that people work on."""

    revision = IntegerAttribute()
    document = BinaryAttribute(legacy_encoding=False)
    based_on = IntegerAttribute()
    content = UnicodeAttribute()
    created_at = UnicodeAttribute()
    created_by = UnicodeAttribute()
    changed_at = UnicodeAttribute()
    changed_by = UnicodeAttribute()
    published_as = IntegerAttribute(null=True)
    discarded = BooleanAttribute(null=True)


class TableVersions:
    """`VersionStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def active(self) -> ActiveVersion | None:
        item = self._table.get(ActiveItem, *keys.program_active())
        return ActiveVersion(item.number, Digest(item.digest)) if item else None

    def version(self, number: int) -> ProgramVersion | None:
        item = self._table.get(VersionItem, *keys.program_version(number))
        return _version(item) if item else None

    def versions(self, *, after: str | None = None, limit: int) -> Page[ProgramVersion]:
        page = self._table.query(
            VersionItem, keys.PROGRAM, prefix=keys.VERSION_PREFIX, after=after, limit=limit, newest_first=True
        )
        return Page(tuple(map(_version, page.items)), page.next_cursor)

    def publish(self, version: ProgramVersion, replaced: ActiveVersion | None, audit: AuditEntry) -> list[Write]:
        stale = StaleReadError("Another version was published meanwhile.")
        active = ActiveItem(*keys.program_active(), number=version.number, digest=version.digest)
        unmoved = ActiveItem.number == replaced.number if replaced else ActiveItem.pk.does_not_exist()
        return [
            self._table.put(_item(version), condition=VersionItem.pk.does_not_exist(), refused=stale),
            self._table.put(active, condition=unmoved, refused=stale),
            audit_write(self._table, audit),
        ]


class TableDrafts:
    """`DraftStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def draft(self, draft_id: Digest) -> Draft | None:
        item = self._table.get(DraftItem, *keys.program_draft(draft_id))
        return _draft(item) if item else None

    def drafts(self, *, after: str | None = None, limit: int) -> Page[Draft]:
        page = self._table.query(DraftItem, keys.PROGRAM, prefix=keys.DRAFT_PREFIX, after=after, limit=limit)
        return Page(tuple(_draft(item) for item in page.items if not item.discarded), page.next_cursor)

    def add(self, draft: Draft, audit: AuditEntry) -> list[Write]:
        refused = StaleReadError("A draft of this id was created meanwhile.")
        written = self._table.put(_draft_item(draft), condition=DraftItem.pk.does_not_exist(), refused=refused)
        return [written, audit_write(self._table, audit)]

    def replace(self, draft: Draft, before: Draft, audit: AuditEntry | None = None) -> list[Write]:
        written = self._table.put(_draft_item(draft), condition=_unmoved(before), refused=_moved())
        return [written, audit_write(self._table, audit)] if audit else [written]


def _unmoved(before: Draft) -> Condition:
    unmoved: Condition = (DraftItem.revision == before.revision) & DraftItem.published_as.does_not_exist()
    return unmoved


def _moved() -> StaleReadError:
    return StaleReadError("The draft was changed meanwhile.")


def _item(version: ProgramVersion) -> VersionItem:
    return VersionItem(
        *keys.program_version(version.number),
        number=version.number,
        document=gzip.compress(version.document.encode(), mtime=0),
        digest=version.digest,
        published_at=format_instant(version.published_at),
        published_by=version.published_by,
        restores=version.restores,
        reason=version.reason,
    )


def _version(item: VersionItem) -> ProgramVersion:
    return ProgramVersion(
        number=item.number,
        document=gzip.decompress(item.document).decode(),
        digest=Digest(item.digest),
        published_at=parse_instant(item.published_at),
        published_by=item.published_by,
        restores=item.restores,
        reason=item.reason,
    )


def _draft_item(draft: Draft) -> DraftItem:
    return DraftItem(
        *keys.program_draft(draft.id),
        revision=draft.revision,
        document=gzip.compress(draft.document.encode(), mtime=0),
        based_on=draft.based_on,
        content=draft.content,
        created_at=format_instant(draft.created_at),
        created_by=draft.created_by,
        changed_at=format_instant(draft.changed_at),
        changed_by=draft.changed_by,
        published_as=draft.published_as,
        discarded=draft.discarded or None,
    )


def _draft(item: DraftItem) -> Draft:
    return Draft(
        id=Digest(item.sk.removeprefix(keys.DRAFT_PREFIX)),
        revision=item.revision,
        document=gzip.decompress(item.document).decode(),
        based_on=item.based_on,
        content=Digest(item.content),
        created_at=parse_instant(item.created_at),
        created_by=item.created_by,
        changed_at=parse_instant(item.changed_at),
        changed_by=item.changed_by,
        published_as=item.published_as,
        discarded=bool(item.discarded),
    )
