"""Keys in memory."""

from __future__ import annotations

from collections.abc import Sequence

from huitou.access.model import ApiKey
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import program_keys as keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryKeys:
    """`KeyStore` over a `MemoryTable`."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def key(self, key_id: str) -> ApiKey | None:
        return self._table.get(ApiKey, *keys.api_key(key_id))

    def keys(self) -> Sequence[ApiKey]:
        return self._table.query(ApiKey, keys.API_KEYS).items

    def add(self, key: ApiKey) -> Write:
        return self._table.put(*keys.api_key(key.id), key, when=absent, refused=StaleReadError("The id is taken."))

    def replace(self, key: ApiKey, before: ApiKey) -> Write:
        refused = StaleReadError("The key was changed meanwhile.")
        return self._table.put(*keys.api_key(key.id), key, when=lambda now: now == before, refused=refused)

    def audit(self, entry: AuditEntry) -> Write:
        refused = StaleReadError("The same change was recorded at the same instant.")
        return self._table.put(*keys.audit(entry.at, entry.id), entry, when=absent, refused=refused)
