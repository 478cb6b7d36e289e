"""How tests call the functions about purchases, with the events of the gateway that `events/` holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from huitou.kernel.instants import EPOCH
from huitou.platform.table import Table
from huitou.points.store import TableWallets
from tests.builders import at, document, rule
from tests.contract.targets import REGION
from tests.gateway import found_at
from tests.serving import MEI, Event, Loaded, Result, enrol_mei, publish, sample_for

FUNCTIONS = ("record_purchases", "refund_purchases", "serve_checkouts")
NOW = at("2026-11-21 18:30")
"""When the samples were sent."""
WRITES = ("record", "record_batch", "claim", "record_visit", "refund", "cancel_refund", "move_purchase")
READS = ("get", "list_purchases", "get_refund", "list_refunds")
PERMISSIONS = "purchases:read purchases:write"


def event(name: str, **changes: Any) -> Event:
    """The sample of a call, with other fields in its body; None leaves a field out."""
    loaded = sample_for(FUNCTIONS, name)
    if changes:
        fields = {**json.loads(loaded["body"]), **changes}
        loaded["body"] = json.dumps({field: value for field, value in fields.items() if value is not None})
    return loaded


def by(brand: str, asked: Event, permissions: str = PERMISSIONS) -> Event:
    """The same call with another key."""
    asked["requestContext"]["authorizer"] |= {"brand": brand, "permissions": permissions}
    return asked


def under_key(key: str | None, asked: Event) -> Event:
    """The same call with another Idempotency-Key, or without any."""
    asked["headers"].pop("Idempotency-Key", None)
    asked["multiValueHeaders"].pop("Idempotency-Key", None)
    if key:
        asked["headers"]["Idempotency-Key"] = key
        asked["multiValueHeaders"]["Idempotency-Key"] = [key]
    return asked


def of(purchase_id: str, brand: str = "maru") -> Event:
    """Reading one purchase."""
    asked = by(brand, event("get"))
    return {**asked, "path": f"/v1/purchases/{purchase_id}", "pathParameters": {"purchase_id": purchase_id}}


def listing(brand: str = "maru", **query: str) -> Event:
    """Listing Mei's purchases."""
    asked = by(brand, event("list_purchases"))
    many = {name: [value] for name, value in query.items()}
    return {**asked, "queryStringParameters": query, "multiValueQueryStringParameters": many}


class Function:
    """What answers, as the Lambda service runs it at `NOW`, with a programme published and Mei enrolled at maru."""

    def __init__(self, functions: Loaded) -> None:
        self._functions = functions
        self.now = NOW
        for module in functions.modules.values():
            module.app._clock = lambda: self.now  # the only clock that a function has
        self.programs = functions.programs
        self.members = Table("members", REGION)
        self.wallets = TableWallets(self.members)
        tea = rule(id="tea", name="Tea time", points="2", when={"categories": ["tea"]})
        self.publish(document(earning=[rule(), tea]), EPOCH)
        enrol_mei(self.members, functions.programs, NOW - timedelta(days=200))

    def __call__(self, incoming: Event) -> Result:
        """(status, body)"""
        answer = self._functions.answer(incoming)
        return answer["statusCode"], json.loads(answer["body"])

    def location(self, incoming: Event) -> str:
        """Where the answer says that its subject is found."""
        return found_at(incoming, self._functions.answer(incoming))

    def publish(self, written: dict[str, Any], now: datetime) -> None:
        """A version of the programme, which the functions see at once."""
        publish(written, now)
        for module in self._functions.modules.values():
            module.programs.latest()

    def points(self) -> int:
        wallet = self.wallets.load(MEI, "points")
        assert wallet is not None
        return wallet.balance(self.now).spendable


@dataclass(frozen=True)
class Cloud:
    """AWS inside this process, and the functions loaded into it."""

    functions: Loaded
    dynamodb: Any

    def keys(self, table: str) -> list[Any]:
        """Of all items that there are, of all kinds."""
        return list(self.dynamodb.scan(TableName=table, ProjectionExpression="pk, sk")["Items"])

    def clear(self) -> None:
        for table in ("members", "program"):
            for key in self.keys(table):
                self.dynamodb.delete_item(TableName=table, Key=key)
