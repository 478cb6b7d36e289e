"""Logs and metrics. A log line is JSON and never holds personal data.

Only `Facts` are written; each is an id, a number or a word of ours. An unexpected exception is
logged by its class and the places it came through, not by its text: an exception's text may quote the input.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any, TypedDict

from aws_lambda_powertools import Logger, Metrics
from botocore.exceptions import ClientError

NAMESPACE = "Huitou"


class Facts(TypedDict, total=False):
    """What a log line may say. Anything else is left out, whatever the type checker was told."""

    account_id: str
    announced: int
    brand: str | None
    code: str
    count_id: str
    result_id: str
    currency: str
    entries: int
    held_back: int
    import_id: str
    key_id: str | None
    lines: int
    member: str | None
    message_id: str
    method: str
    milliseconds: float
    program_version: int
    purchase: str
    queued: int
    rebuild_id: str
    redemption: str
    refused: Mapping[str, int]
    replayed: bool
    request_id: str
    route: str
    run_id: str
    simulation_id: str
    status: int
    unfinished: int
    unread: int


_LINE = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"))
LOGGED = frozenset(Facts.__annotations__)


class Observer:
    """What one function reports about itself. ``service`` names it in every line and metric."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._logger = Logger(service=service, location=None, json_serializer=_LINE.encode)
        self._metrics = Metrics(namespace=NAMESPACE, service=service)

    def log(self, message: str, facts: Facts) -> None:
        """One line."""
        self._logger.info(message, extra=_allowed(facts))

    def log_failure(self, message: str, error: BaseException, facts: Facts) -> None:
        """One line at level ERROR with where ``error`` came from."""
        self._logger.error(message, extra={**_allowed(facts), **described(error)})

    def count(self, name: str, value: int = 1) -> None:
        """Adds to a metric; `flush` writes it. Count what somebody looks at: every name costs money, 0 nothing."""
        if value:
            self._metrics.add_metric(name=name, unit="Count", value=value)

    def flush(self) -> None:
        """Writes the metrics counted since the last time, if any, as one line."""
        if self._metrics.metric_set:
            self._metrics.flush_metrics()


def described(error: BaseException) -> dict[str, Any]:
    """The class of an exception, those it came from, AWS's error code, and the stack without values."""
    description: dict[str, Any] = {
        "error": [type(each).__qualname__ for each in _chain(error)],
        "stack": [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ],
    }
    if isinstance(error, ClientError):
        description["aws_error"] = error.response.get("Error", {}).get("Code")
    return description


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _allowed(facts: Facts) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in LOGGED and value is not None}
