"""API keys are kept alike in memory and in DynamoDB (M35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from huitou.access.model import ApiKey
from huitou.access.ports import KeyStore
from huitou.access.store import TableKeys
from huitou.kernel.audit import AuditEntry
from huitou.kernel.commits import StaleReadError
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_access import MemoryKeys
from tests.contract.targets import AnyTable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ApiKey("0a", "maru", frozenset({"points:read", "points:write"}), "ab" * 32, "till", NOW)


def keys_on(table: AnyTable) -> KeyStore:
    return MemoryKeys(table) if isinstance(table, MemoryTable) else TableKeys(table)


def test_a_key_is_found_by_its_id_and_all_are_listed(table: AnyTable) -> None:
    keys = keys_on(table)
    bare = replace(KEY, id="0b", permissions=frozenset())

    table.commit([keys.add(KEY), keys.add(bare)])

    assert keys.key("0a") == KEY
    assert keys.key("0c") is None
    assert list(keys.keys()) == [KEY, bare]


def test_an_id_is_given_once(table: AnyTable) -> None:
    keys = keys_on(table)
    table.commit([keys.add(KEY)])

    with pytest.raises(StaleReadError):
        table.commit([keys.add(replace(KEY, brand="sora"))])

    assert keys.key("0a") == KEY


def test_of_two_revocations_one_is_refused_and_leaves_no_audit_entry(table: AnyTable) -> None:
    keys = keys_on(table)
    table.commit([keys.add(KEY)])
    revoked = replace(KEY, revoked_at=NOW)
    table.commit([keys.replace(revoked, before=KEY)])

    with pytest.raises(StaleReadError):
        table.commit([keys.replace(revoked, before=KEY), keys.audit(AuditEntry(NOW, "a", "key_revoked", "0a"))])

    assert keys.key("0a") == revoked
    table.commit([keys.audit(AuditEntry(NOW, "a", "key_revoked", "0a"))])
