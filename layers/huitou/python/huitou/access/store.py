"""Keys in the program table, one item each."""

from __future__ import annotations

from collections.abc import Sequence

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from huitou.access.model import ApiKey
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.instants import format_instant, parse_instant
from huitou.platform import program_keys as keys
from huitou.platform.audit import audit_write
from huitou.platform.table import Item, Table


class KeyItem(Item):
    """``permissions`` is absent for a key without any: DynamoDB has no empty set."""

    brand = UnicodeAttribute()
    permissions = UnicodeSetAttribute(null=True)
    secret_hash = UnicodeAttribute()
    label = UnicodeAttribute()
    created_at = UnicodeAttribute()
    revoked_at = UnicodeAttribute(null=True)


class TableKeys:
    """`KeyStore` over the program table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def key(self, key_id: str) -> ApiKey | None:
        item = self._table.get(KeyItem, *keys.api_key(key_id))
        return _key_of(item) if item else None

    def keys(self) -> Sequence[ApiKey]:
        found: list[ApiKey] = []
        after: str | None = None
        while True:
            page = self._table.query(KeyItem, keys.API_KEYS, prefix=keys.API_KEY_PREFIX, after=after)
            found += map(_key_of, page.items)
            after = page.next_cursor
            if after is None:
                return found

    def add(self, key: ApiKey) -> Write:
        refused = StaleReadError("The id is taken.")
        return self._table.put(_item_of(key), refused=refused, condition=KeyItem.pk.does_not_exist())

    def replace(self, key: ApiKey, before: ApiKey) -> Write:
        condition = KeyItem.secret_hash == before.secret_hash
        if before.revoked_at is None:
            condition &= KeyItem.revoked_at.does_not_exist()
        else:
            condition &= KeyItem.revoked_at == format_instant(before.revoked_at)
        refused = StaleReadError("The key was changed meanwhile.")
        return self._table.put(_item_of(key), refused=refused, condition=condition)

    def audit(self, entry: AuditEntry) -> Write:
        return audit_write(self._table, entry)


def _item_of(key: ApiKey) -> KeyItem:
    return KeyItem(
        *keys.api_key(key.id),
        brand=key.brand,
        permissions=set(key.permissions) or None,
        secret_hash=key.secret_hash,
        label=key.label,
        created_at=format_instant(key.created_at),
        revoked_at=format_instant(key.revoked_at) if key.revoked_at else None,
    )


def _key_of(item: KeyItem) -> ApiKey:
    return ApiKey(
        id=item.sk.removeprefix(keys.API_KEY_PREFIX),
        brand=item.brand,
        permissions=frozenset(item.permissions or ()),
        secret_hash=item.secret_hash,
        label=item.label,
        created_at=parse_instant(item.created_at),
        revoked_at=parse_instant(item.revoked_at) if item.revoked_at else None,
    )
