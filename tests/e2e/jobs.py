"""What takes a while, asked for and waited for: imports and reports of account."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx

from tests.e2e.calls import Body, accepted, created, found, keyed
from tests.e2e.platform import eventually

PATIENCE = 240
"""Seconds."""


def ndjson(rows: Sequence[Body]) -> bytes:
    """The rows as a file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def imported(api: httpx.Client, text: bytes, form: str = "ndjson", **asked: Any) -> Body:
    """The import of a file, when it is finished."""
    return ended_import(api, started_import(api, text, form, **asked))


def started_import(api: httpx.Client, text: bytes, form: str = "ndjson", **asked: Any) -> str:
    """Where the import of a file is found."""
    told = created(api.post("/v1/imports", json={"format": form, **asked}, headers=keyed()))
    path = f"/v1/imports/{told['import_id']}"
    assert httpx.put(told["upload_url"], content=text, timeout=60).is_success
    accepted(api.post(f"{path}/start"))
    return path


def ended_import(api: httpx.Client, path: str) -> Body:
    """The import there, when it is finished."""
    assert eventually(lambda: found(api.get(path))["finished_at"] is not None, seconds=60)
    return found(api.get(path))


def account(api: httpx.Client, type_: str, **asked: Any) -> Body:
    """A report of account, when it is counted."""
    told = accepted(api.post("/v1/accounts", json={"type": type_, **asked}, headers=keyed()))
    path = f"/v1/accounts/{told['account_id']}"
    assert eventually(lambda: found(api.get(path))["status"] != "running", seconds=PATIENCE)
    report = found(api.get(path))
    assert report["status"] == "completed", report
    return report
