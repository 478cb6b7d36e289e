"""A small API with one route of each sort."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import AwareDatetime, BaseModel, Field

from huitou.platform.http import (
    Answer,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    accepted_at,
    answer,
    create_app,
    current_caller,
    decode_cursor,
    entry_point,
    etag,
    expected_version,
    note,
    permission,
)
from tests.gateway import Event, Reply, call, request

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
PHONE = "+886912345678"


class LinePart(BaseModel):
    sku: str
    amount: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]


class SaleBody(BaseModel):
    phone: str = ""
    occurred_at: AwareDatetime = NOW
    lines: list[LinePart] = []


app = create_app("tests", body_limits={"/v1/large": 2048}, clock=lambda: NOW)
raised: list[Exception] = []


@app.post("/v1/sales")
def record_sale(body: Annotated[SaleBody, Body()]) -> Answer:
    if raised:
        raise raised[0]
    note(app, member="01M", lines=len(body.lines))
    return answer({"lines": len(body.lines), "at": accepted_at(app).isoformat()}, 201, {"ETag": etag(7)})


@app.post("/v1/large")
def record_large(body: Annotated[SaleBody, Body()]) -> Answer:
    return answer(body)


@app.post("/v1/commands")
def command(idempotency_key: IdempotencyKey) -> Answer:
    return answer({"key": idempotency_key})


@app.patch("/v1/documents/<document>")
def edit(document: str, if_match: IfMatch = None) -> Answer:
    return answer({"document": document, "version": expected_version(if_match)})


@app.get("/v1/documents")
def list_documents(cursor: Cursor = None, limit: Limit = 20) -> Answer:
    caller = current_caller(app)
    return answer({"after": decode_cursor(cursor), "limit": limit, "brand": caller.brand})


@app.get("/v1/figures", security=permission("points:read"))
def read_figures() -> Answer:
    return answer({})


@app.delete("/v1/documents/<document>")
def remove(document: str) -> Answer:
    del document
    return answer(None, 204)


handler = entry_point(app)


def send(event: Event) -> Reply:
    return call(handler, event)


def sell(body: Any, **headers: str) -> Reply:
    return send(request("POST", "/v1/sales", body=body, headers=headers))


def refuse_with(error: Exception) -> Reply:
    raised.append(error)
    return sell({})
