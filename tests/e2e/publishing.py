"""Another programme, for tests that need one."""

from __future__ import annotations

import time

import httpx

from huitou.program.service import CACHE_SECONDS
from tests.e2e.calls import Body


def hold(api: httpx.Client, document: Body) -> int:
    """The number of the version with this document, when all functions know that it holds."""
    answer = api.post("/v1/program/versions", json=document)
    assert answer.is_success, answer.text
    wait_until_all_know()
    return int(answer.json()["version"])


def wait_until_all_know() -> None:
    """Functions look for another version every few seconds."""
    time.sleep(CACHE_SECONDS + 0.5)
