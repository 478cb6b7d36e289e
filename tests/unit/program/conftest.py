"""The function `serve_program` on an empty table, inside this process."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.contract.targets import REGION, create_table
from tests.unit.program.serving import Function

TABLE = "program"


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Iterator[Function]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("HUITOU_PROGRAM_TABLE", TABLE)
    monkeypatch.setenv("HUITOU_IMPORT_BUCKET", "imports")
    monkeypatch.setenv("HUITOU_REBUILD_STATE_MACHINE", f"arn:aws:states:{REGION}:123456789012:stateMachine:rebuild")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        create_table(TABLE, None)
        yield Function(importlib.reload(importlib.import_module("functions.serve_program.handler")))
