"""The API as commands call it that wait for something: patient, and plain about refusals."""

from __future__ import annotations

import time
from typing import Any

import httpx

from cli.tools import CommandError

TIMEOUT_SECONDS = 30.0
LATER_SECONDS = 1.0
PATIENCE_SECONDS = 300.0
"""How long to ask again where the API says to come back later. Every call made here may be repeated."""
REPEATABLE = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})


class PatientApi:
    """The API at ``url`` (without /v1), called with a key."""

    def __init__(self, url: str, key: str, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        headers = {"Authorization": f"Bearer {key}"}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS, transport=transport)

    def call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The answer; ends the command if it is a refusal."""
        answer = self._patiently(method, path, request)
        if answer.is_error:
            is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
            raise CommandError(_told(answer.json()) if is_problem else f"the API answered {answer.status_code}")
        body: dict[str, Any] = answer.json()
        return body

    def _patiently(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        """The first answer that is not "later", or the last of them when patience is over."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._client.request(method, self._url + path, **request)
            except httpx.HTTPError as error:
                raise CommandError(f"{self._url} cannot be reached: {error}") from error
            if answer.status_code not in REPEATABLE or time.monotonic() >= give_up_at:
                return answer
            time.sleep(float(answer.headers.get("retry-after", LATER_SECONDS)))


def _told(problem: dict[str, Any]) -> str:
    places = (f"\n  {each['pointer']}: {each['message']}" for each in problem.get("errors") or ())
    return f"{problem['detail']}{''.join(places)}"
