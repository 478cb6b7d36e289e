"""How much CPU a purchase costs, beside the least that it can cost: the same DynamoDB calls by bare boto3.

Both run in one process, in turn, over two tables with the same content, so that each bare call succeeds as its
twin did. Only this process's own CPU time counts, not the emulator's. The bare handler reads no request, checks
nothing and answers a constant; the requests it sends are those that the real handler has just sent.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import boto3

from huitou.platform import table as tables
from tests.benchmarks.baskets import TEN_LINES
from tests.benchmarks.stage import Stage, prepared, purchase_event
from tests.contract.targets import REGION, emulator

ROUNDS = 300
WARM_UP = 30
LOTS = 18
"""Below `points.packing.LOTS_PER_ITEM`, so that no round lays a page aside."""
OURS, TWIN = "members-ours", "members-twin"


@dataclass(frozen=True)
class Shares:
    """Medians of CPU seconds: the whole handler, its DynamoDB calls, and the bare handler."""

    handler: float
    calls: float
    bare: float

    @property
    def ratio(self) -> float:
        return self.handler / self.bare


def measure(rounds: int = ROUNDS) -> Shares:
    """Runs handler and bare handler in turn."""
    with emulator() as endpoint, prepared(endpoint, [OURS, TWIN]), _quiet():
        stage = Stage(endpoint, "record_purchases", OURS, TEN_LINES.occurred_at + timedelta(minutes=1), metered=False)
        bare_client: Any = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
        events = list(_events(stage, rounds + WARM_UP))
        _copy(bare_client)
        sent = _Sent(tables._connection(REGION, endpoint))
        times = [each for event in events if (each := _round(stage, event, sent, bare_client))][WARM_UP:]
    return Shares(*(statistics.median(column) for column in zip(*times, strict=True)))


def _round(stage: Stage, event: dict[str, Any], sent: _Sent, client: Any) -> tuple[float, float, float] | None:
    """None where a call was repeated."""
    sent.forget()
    begun = time.process_time()
    answered = stage.module.handler(event, None)
    handler = time.process_time() - begun
    assert answered["statusCode"] == 201, answered["body"]
    if [operation for operation, _ in sent.requests] != ["Query", "TransactWriteItems"]:
        return None
    (_, query), (_, transaction) = ((operation, _for_twin(request)) for operation, request in sent.requests)
    transaction.pop("ClientRequestToken", None)
    begun = time.process_time()
    _bare_handler(client, query, transaction)
    return handler, sent.seconds, time.process_time() - begun


def _bare_handler(client: Any, query: dict[str, Any], transaction: dict[str, Any]) -> dict[str, Any]:
    client.query(**query)
    client.transact_write_items(**transaction)
    return {"statusCode": 201, "body": "{}"}


class _Sent:
    """What a connection was last asked to send, and what sending it cost."""

    def __init__(self, connection: Any) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.seconds = 0.0
        self._dispatch = connection.dispatch
        connection.dispatch = self._note

    def forget(self) -> None:
        self.requests, self.seconds = [], 0.0

    def _note(self, operation: str, request: dict[str, Any]) -> Any:
        self.requests.append((operation, request))
        begun = time.process_time()
        answer = self._dispatch(operation, request)
        self.seconds += time.process_time() - begun
        return answer


def _events(stage: Stage, count: int) -> Iterable[dict[str, Any]]:
    """Each purchase by another member, so that all wallets are alike."""
    for number in range(count):
        member = stage.enrol(f"C-{number}", stage.now - timedelta(days=200))
        stage.give_lots(member, LOTS)
        yield purchase_event(replace(TEN_LINES, number=number).body(id=member))


def _copy(client: Any) -> None:
    for page in client.get_paginator("scan").paginate(TableName=OURS):
        for item in page["Items"]:
            if item["sk"]["S"].startswith("WALLET#"):
                client.put_item(TableName=TWIN, Item=item)


def _for_twin(request: Any) -> Any:
    if isinstance(request, dict):
        return {key: _for_twin(value) for key, value in request.items()}
    if isinstance(request, list):
        return [_for_twin(value) for value in request]
    return TWIN if request == OURS else request


@contextlib.contextmanager
def _quiet() -> Any:
    """The handler writes its log lines as ever, to where nobody reads them."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, patch("sys.stdout", nowhere):
        yield
