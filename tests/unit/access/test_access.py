"""Who calls, and what they may (M35, E31)."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from moto import mock_aws

from huitou.access.keys import Credential, hash_secret, parse_authorization, proves
from huitou.access.model import PERMISSIONS, Caller, ForeignBrandError, MissingPermissionError
from huitou.access.service import KeyService, UnknownPermissionError, authorize
from huitou.access.store import TableKeys
from huitou.access.verdicts import allow, authorization_of
from huitou.kernel.audit import AuditEntry
from huitou.kernel.errors import NotFoundError
from huitou.platform import program_keys
from huitou.platform.table import Table
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_access import MemoryKeys
from tests.contract.targets import REGION, create_table
from tests.files import EVENTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = EVENTS / "authorize_request.json"


class Desk:
    """Keys in memory, minted with secrets that count up."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.keys = MemoryKeys(self.table)
        numbers = count(1)
        self.service = KeyService(self.keys, self.table.commit, lambda size: f"{next(numbers):0{size * 2}x}")

    def mint(self, *permissions: str, brand: str = "maru") -> Credential:
        return self.service.mint(brand, permissions, "till", "aws:me", NOW)

    def caller(self, key: Credential | str) -> Caller | None:
        return authorize(self.keys, f"Bearer {key}")

    def audited(self) -> list[str]:
        return [entry.action for entry in self.table.query(AuditEntry, program_keys.audit_month(NOW)).items]


def test_a_minted_key_opens_with_its_brand_and_permissions() -> None:
    desk = Desk()

    key = desk.mint("points:read", "points:write")

    assert desk.caller(key) == Caller(key.key_id, "maru", frozenset({"points:read", "points:write"}))
    assert desk.audited() == ["key_minted"]


def test_the_secret_is_kept_as_a_hash_only() -> None:
    desk = Desk()

    key = desk.mint("points:read")

    stored = desk.keys.key(key.key_id)
    assert stored is not None
    assert key.secret not in repr(stored)
    assert stored.secret_hash == hash_secret(key.secret)


def test_a_revoked_key_opens_nothing_and_is_revoked_once() -> None:
    desk = Desk()
    key = desk.mint("points:read")

    desk.service.revoke(key.key_id, "aws:me", NOW)
    desk.service.revoke(key.key_id, "aws:me", NOW)

    assert desk.caller(key) is None
    assert desk.audited() == ["key_minted", "key_revoked"]


def test_an_unknown_key_cannot_be_revoked() -> None:
    with pytest.raises(NotFoundError):
        Desk().service.revoke("nobody", "aws:me", NOW)


def test_a_key_carries_permissions_that_exist() -> None:
    with pytest.raises(UnknownPermissionError, match="points:steal"):
        Desk().mint("points:read", "points:steal")


def test_a_wrong_secret_opens_nothing() -> None:
    desk = Desk()
    key = desk.mint("points:read")

    assert desk.caller(Credential(key.key_id, "f" * 64)) is None
    assert desk.caller(Credential("f" * 16, key.secret)) is None


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic aGs6", "hk_" + "0" * 16 + "_" + "0" * 64]
    + [f"Bearer {key}" for key in ("hk_0_0", "hk_" + "0" * 16 + "_" + "G" * 64, "hk_" + "٠" * 16 + "_" + "0" * 64)],
)
def test_what_is_not_a_key_is_not_looked_up(header: str) -> None:
    assert parse_authorization(header) is None


def test_the_scheme_is_written_in_any_case() -> None:
    key = Credential("0" * 16, "1" * 64)

    assert parse_authorization(f"bearer {key}") == key
    assert proves(key.secret, hash_secret(key.secret))


def test_a_caller_needs_the_permission_and_the_brand() -> None:
    """E31: the group acts for every brand, a brand for itself."""
    maru = Caller("k", "maru", frozenset({"points:read"}))
    group = Caller("k", "group", frozenset(PERMISSIONS))

    maru.require("points:read")
    maru.acts_for("maru")
    group.acts_for("sora")
    with pytest.raises(MissingPermissionError):
        maru.require("points:write")
    with pytest.raises(ForeignBrandError):
        maru.acts_for("sora")


def test_the_policy_opens_the_stage_so_that_it_can_be_cached_for_all_routes() -> None:
    event = json.loads(EVENT.read_text())

    verdict = allow(Caller("k1", "maru", frozenset({"b:write", "a:read"})), event["methodArn"])

    (statement,) = verdict["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:ap-northeast-1:123456789012:a1b2c3d4e5/live/*/*"
    assert verdict["context"] == {"key_id": "k1", "brand": "maru", "permissions": "a:read b:write"}
    assert authorization_of({"headers": {"authorization": "Bearer x"}}) == "Bearer x"
    assert authorization_of({"headers": None}) == ""


class TestFunction:
    """The function `authorize_request` as the Lambda service runs it."""

    @pytest.fixture
    def keys(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyService]:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_REGION", REGION)
        monkeypatch.setenv("HUITOU_PROGRAM_TABLE", "program")
        with mock_aws():
            create_table("program", None)
            table = Table("program", REGION)
            yield KeyService(TableKeys(table), table.commit, lambda size: bytes(range(size)).hex())

    def test_a_good_key_is_let_in_and_a_revoked_one_is_not(self, keys: KeyService) -> None:
        function: Any = importlib.import_module("functions.authorize_request.handler")
        key = keys.mint("maru", ["points:read"], "till", "aws:me", NOW)
        event = json.loads(EVENT.read_text())
        event["headers"]["Authorization"] = f"Bearer {key}"

        assert function.handler(event, None)["context"]["brand"] == "maru"

        keys.revoke(key.key_id, "aws:me", NOW)
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            function.handler(event, None)

    def test_an_unknown_key_is_unauthorized(self, keys: KeyService) -> None:
        del keys
        function: Any = importlib.import_module("functions.authorize_request.handler")

        with pytest.raises(Exception, match=r"^Unauthorized$"):
            function.handler(json.loads(EVENT.read_text()), None)
