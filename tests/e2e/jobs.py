"""What takes a while, asked for and waited for: imports, reports of account, simulations, counts, results."""

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
    return _completed(api, "/v1/accounts", "account_id", {"type": type_, **asked})


def simulation(api: httpx.Client, **asked: Any) -> Body:
    """What a simulation found, when all members are replayed."""
    report: Body = _completed(api, "/v1/simulations", "simulation_id", asked)["report"]
    return report


def count(api: httpx.Client, segment: Body) -> Body:
    """How many members a segment would have, when all were asked."""
    return _completed(api, "/v1/segments/counts", "count_id", segment)


def audience(api: httpx.Client, campaign: Body) -> Body:
    """Whom a campaign would reach, when all members were asked."""
    return _completed(api, "/v1/campaigns/counts", "count_id", campaign)


def result(api: httpx.Client, campaign: str) -> Body:
    """What a campaign did, when all members were looked at."""
    findings: Body = _completed(api, f"/v1/campaigns/{campaign}/results", "result_id")["findings"]
    return findings


def _completed(api: httpx.Client, path: str, named: str, asked: Body | None = None) -> Body:
    told = accepted(api.post(path, json=asked, headers=keyed()))
    path = f"{path}/{told[named]}"
    assert eventually(lambda: found(api.get(path))["status"] != "running", seconds=PATIENCE)
    ended = found(api.get(path))
    assert ended["status"] == "completed", ended
    return ended
