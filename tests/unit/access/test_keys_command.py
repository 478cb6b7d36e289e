"""`huitou keys`, against a table of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from cli.keys import app
from huitou.access.keys import parse_authorization
from huitou.access.model import PERMISSIONS
from huitou.access.service import authorize
from huitou.access.store import TableKeys
from huitou.platform import program_keys as keys
from huitou.platform.audit import AuditItem
from huitou.platform.table import Table
from tests.contract.targets import REGION, create_table

TABLE = "program"


@pytest.fixture(autouse=True)
def program_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("HUITOU_PROGRAM_TABLE", TABLE)
    monkeypatch.setenv("COLUMNS", "300")
    with mock_aws():
        create_table(TABLE, None)
        yield Table(TABLE, REGION)


def huitou_keys(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_key_is_printed_once_and_opens_with_what_it_was_given(program_table: Table) -> None:
    minted = huitou_keys("mint", "till 7", "--brand", "maru", "-p", "points:read", "-p", "points:write")

    caller = authorize(TableKeys(program_table), f"Bearer {minted.output.strip()}")
    assert caller is not None
    assert (caller.brand, caller.permissions) == ("maru", frozenset({"points:read", "points:write"}))


def test_without_options_a_key_is_the_groups_and_may_do_everything(program_table: Table) -> None:
    minted = huitou_keys("mint", "console")

    caller = authorize(TableKeys(program_table), f"Bearer {minted.output.strip()}")
    assert caller is not None
    assert caller.is_group
    assert caller.permissions == set(PERMISSIONS)


def test_a_permission_that_does_not_exist_is_refused_by_name() -> None:
    refused = huitou_keys("mint", "till 7", "-p", "points:steal")

    assert refused.exit_code == 1
    assert "points:steal" in refused.output


def test_a_list_shows_keys_without_their_secrets(program_table: Table) -> None:
    credential = parse_authorization(f"Bearer {huitou_keys('mint', 'till 7').output.strip()}")
    assert credential is not None

    listed = huitou_keys("list").output

    assert credential.key_id in listed
    assert "till 7" in listed
    assert credential.secret not in listed


def test_a_revocation_is_for_good_and_names_who_did_it(program_table: Table) -> None:
    key = huitou_keys("mint", "till 7").output.strip()
    credential = parse_authorization(f"Bearer {key}")
    assert credential is not None

    revoked = huitou_keys("revoke", credential.key_id)

    assert revoked.exit_code == 0
    assert authorize(TableKeys(program_table), f"Bearer {key}") is None
    (entry,) = audited(program_table, "key_revoked")
    assert entry.subject == credential.key_id
    assert entry.actor.startswith("arn:aws:")


def test_an_unknown_key_cannot_be_revoked() -> None:
    assert huitou_keys("revoke", "nobody").exit_code == 1


def audited(table: Table, action: str) -> list[AuditItem]:
    """The entries of one action in the month of the test run."""
    page = table.query(AuditItem, keys.audit_month(datetime.now(UTC)))
    return [each for each in page.items if each.action == action]
