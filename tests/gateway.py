"""Events as API Gateway sends them to a function behind a REST API, and what the function answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from huitou.access.model import PERMISSIONS

Event = dict[str, Any]
STAGE = "live"
REQUEST_ID = "0d7c1f3a-6a55-4a0e-9f0b-2f6f8d1c9e11"
BASE = f"https://api.example.com/{STAGE}"
"""Where callers find the API."""
GROUP_KEY = {"key_id": "3f9a1c7e5b2d8046", "brand": "group", "permissions": " ".join(PERMISSIONS)}


def request(
    method: str,
    route: str,
    *,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    key: Mapping[str, str] | None = GROUP_KEY,
) -> Event:
    """``route`` is the template (``/v1/members/{member_id}``). A body that is no text is sent as JSON."""
    sent = {"Accept": "application/json", "Host": "api.example.com", **(headers or {})}
    if body is not None and "content-type" not in {name.lower() for name in sent}:
        sent["Content-Type"] = "application/json"
    return {
        "resource": route,
        "path": route.format(**(path or {})),
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
        "pathParameters": dict(path) if path else None,
        "stageVariables": None,
        "requestContext": _context(method, route, key),
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


def _context(method: str, route: str, key: Mapping[str, str] | None) -> Event:
    context = {
        "accountId": "123456789012",
        "apiId": "a1b2c3d4e5",
        "domainName": "api.example.com",
        "httpMethod": method,
        "identity": {"sourceIp": "203.0.113.7", "userAgent": "maru-app/4.2"},
        "path": f"/{STAGE}{route}",
        "protocol": "HTTP/1.1",
        "requestId": REQUEST_ID,
        "requestTimeEpoch": 1795257000000,
        "resourcePath": route,
        "stage": STAGE,
    }
    return {**context, "authorizer": {**key, "principalId": key["key_id"]}} if key else context


def found_at(event: Event, answer: Event) -> str:
    """The path that ``Location`` leads a client to, without what is `BASE`'s."""
    location: str = answer["multiValueHeaders"]["Location"][0]
    path: str = event["path"]
    return urljoin(BASE + path, location).removeprefix(BASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as the caller reads it. Header names are in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]


def call(handler: Callable[[Event, Any], Event], event: Event) -> Reply:
    """Runs a function's handler as the Lambda service does."""
    answer = handler(event, None)
    many = answer.get("multiValueHeaders") or {name: [value] for name, value in answer["headers"].items()}
    headers = {name.lower(): values[0] for name, values in many.items()}
    return Reply(answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, headers)
