"""Programme versions in DynamoDB: one item each, gzipped, and a pointer to the active one."""

from __future__ import annotations

import gzip

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.platform.audit import audit_write
from huitou.platform.table import IntegerAttribute, Item, Table
from huitou.program.versions import ActiveVersion, ProgramVersion


class VersionItem(Item):
    """One immutable version."""

    number = IntegerAttribute()
    document = BinaryAttribute(legacy_encoding=False)
    digest = UnicodeAttribute()
    published_at = UnicodeAttribute()
    published_by = UnicodeAttribute()


class ActiveItem(Item):
    """The pointer."""

    number = IntegerAttribute()
    digest = UnicodeAttribute()


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


def _item(version: ProgramVersion) -> VersionItem:
    return VersionItem(
        *keys.program_version(version.number),
        number=version.number,
        document=gzip.compress(version.document.encode(), mtime=0),
        digest=version.digest,
        published_at=format_instant(version.published_at),
        published_by=version.published_by,
    )


def _version(item: VersionItem) -> ProgramVersion:
    return ProgramVersion(
        number=item.number,
        document=gzip.decompress(item.document).decode(),
        digest=Digest(item.digest),
        published_at=parse_instant(item.published_at),
        published_by=item.published_by,
    )
