"""What the use cases of access need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from huitou.access.model import ApiKey
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import Write


class KeyStore(Protocol):
    """Keeps keys by id. Reads are consistent, so that a revocation counts as soon as the cache lets go."""

    def key(self, key_id: str) -> ApiKey | None: ...

    def keys(self) -> Sequence[ApiKey]:
        """All keys, revoked ones too, by id: an answer for people, not for requests."""
        ...

    def add(self, key: ApiKey) -> Write:
        """Refused with `StaleReadError` if the id is taken."""
        ...

    def replace(self, key: ApiKey, before: ApiKey) -> Write:
        """Refused with `StaleReadError` if the key is no longer as ``before``."""
        ...

    def audit(self, entry: AuditEntry) -> Write: ...
