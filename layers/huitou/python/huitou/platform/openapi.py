"""The OpenAPI 3.1 description of the whole API, from the apps of all functions.

Powertools describes each app; here the descriptions become one, and what every route has in common is said once:
the key, the problem document, the codes that any request may meet, the size of a body. Run by `huitou openapi`;
no function imports this.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from huitou.access.model import MissingPermissionError
from huitou.kernel.errors import (
    ContentionError,
    DomainError,
    NotFoundError,
    UnavailableError,
)
from huitou.kernel.pages import InvalidCursorError
from huitou.platform import problems
from huitou.platform.http import JSON, KEY, OPENAPI_PATH, App
from huitou.platform.web import HTML, PageApp
from huitou.program.service import NoProgramError

TITLE = "Huitou"
VERSION = "1"
DESCRIPTION = """\
Members, purchases and points of a group of brands.

Amounts are decimal strings, instants are RFC 3339 with offset, lists come in pages (`next_cursor`).
Every refusal is an RFC 9457 problem document with a stable `code`. Nothing is removed or renamed within `/v1`.
"""
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457). It may carry further members that its code explains.",
    "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "`/problems/<code>`."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For programs; stable."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "A JSON pointer into the body; `/query/…`, `/path/…` and `/header/…` elsewhere.",
                    },
                    "message": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string", "description": "Names the request in our logs."},
    },
}
_BY_EVERY_ROUTE = (
    problems.UnauthenticatedError,
    MissingPermissionError,
    ContentionError,
    UnavailableError,
    NoProgramError,
)
_WITH_BODY = (
    problems.MalformedError,
    problems.BodyTooLargeError,
    problems.UnsupportedMediaTypeError,
    problems.ValidationFailedError,
)
_WITH_PARAMETER = {
    "cursor": (InvalidCursorError,),
    "Idempotency-Key": (problems.IdempotencyKeyRequiredError,),
}
BY_GATEWAY: Mapping[str, str] = {
    "403": "forbidden",
    "429": "too_many_requests",
    "502": problems.INTERNAL.code,
    "504": "unavailable",
}
"""What API Gateway answers by itself and no function does, by status; its other refusals have our own codes.

A 502 says that the function ended without an answer, as one does that runs out of its time.
"""
_REFUSALS = "#/components/responses/"
_DIRECTION = re.compile(r"(?<=[A-Za-z])-(?:Input|Output)(?=\")")
"""Pydantic describes what can contain itself twice, as it is read and as it is written; a programme has one shape."""
_POWERTOOLS_SCHEMAS = frozenset({"HTTPValidationError", "ResponseValidationError", "ValidationError"})

Document = dict[str, Any]


def describe(apps: Iterable[App], samples: Iterable[Mapping[str, Any]] = ()) -> Document:
    """One document. Raises `ValueError` where two apps mean different things by one name or claim one route.

    ``samples`` are gateway events with bodies, which become the examples.
    """
    paths: dict[str, dict[str, Any]] = {OPENAPI_PATH: {"get": _OPENAPI_OPERATION}}
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    for app in apps:
        written = app.get_openapi_json_schema(title=TITLE, version=VERSION, security_schemes={KEY: HTTPBearer()})
        part = json.loads(_DIRECTION.sub("", written), object_pairs_hook=_said_once)
        _require_plain(part["components"]["schemas"])
        _merge(schemas, _tidy(_without(part["components"]["schemas"], _POWERTOOLS_SCHEMAS), names=True))
        for (path, method), operation in _operations(app, part).items():
            _merge(paths.setdefault(path, {}), {method: operation})
    _require_unique([each["operationId"] for path in paths.values() for each in path.values()])
    for sample in samples:
        body = paths[sample["resource"]][sample["httpMethod"].lower()]["requestBody"]
        body["content"][JSON]["example"] = json.loads(sample["body"])
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": DESCRIPTION},
        "security": [{KEY: []}],
        "paths": paths,
        "components": {
            "responses": {name: _refusal(*name.split(".")) for name in _refusals_in(paths)},
            "schemas": schemas,
            "securitySchemes": {KEY: {"type": "http", "scheme": "bearer", "bearerFormat": "hk_<id>_<secret>"}},
        },
    }


def _operations(app: App, part: Document) -> dict[tuple[str, str], Document]:
    """The operations of an app, by path and method, as the document will show them."""
    routes = {(route.openapi_path, route.method.lower()): route for route in app.routes()}
    return {
        (path, method): _finished(_tidy(operation), app, routes[path, method].func, app.body_limit(path))
        for path, methods in part["paths"].items()
        for method, operation in methods.items()
    }


def _finished(operation: Document, app: App, function: Any, body_limit: int) -> Document:
    parameters = [{**each, "name": _shown_name(each)} for each in operation.get("parameters", ())]
    finished = {
        **_without(operation, {"parameters", "deprecated"}),
        "tags": [app.tag],
        "operationId": function.__name__,
        "description": _description(operation, function),
        "responses": _responses(operation, {each["name"] for each in parameters}),
    }
    if isinstance(app, PageApp):
        finished |= {"security": [], "responses": _pages(operation)}
    if parameters:
        finished["parameters"] = parameters
    if "requestBody" in operation:
        finished["requestBody"] = {**operation["requestBody"], "description": f"At most {body_limit} bytes."}
    return finished


def _description(operation: Document, function: Any) -> str:
    said = [cleandoc(function.__doc__ or "")]
    said += [f"Needs the permission `{name}`." for needed in operation.get("security", ()) for name in needed[KEY]]
    return "\n\n".join(said)


def _shown_name(parameter: Document) -> str:
    """Header names have no case; people expect this one."""
    name: str = parameter["name"]
    return name.title() if parameter["in"] == "header" else name


def _responses(operation: Document, parameters: Iterable[str]) -> Document:
    declared = operation["responses"]
    codes = {status: set(response.get(problems.CODES, ())) for status, response in declared.items()}
    for status, common in problems.codes_by_status(_common_errors(operation, parameters)).items():
        codes.setdefault(str(status), set()).update(common)
    for refused, code in {**BY_GATEWAY, "500": problems.INTERNAL.code}.items():
        codes.setdefault(refused, set()).add(code)
    answers = {status: response for status, response in declared.items() if status < "400"}
    return answers | {status: _refused(status, codes[status]) for status in codes if status >= "400" and codes[status]}


def _pages(operation: Document) -> Document:
    """What a browser is answered: pages, and what the gateway refuses by itself."""
    answers: Document = {status: _refusal(status, code) for status, code in BY_GATEWAY.items()}
    for status, page in operation["responses"].items():
        if HTML in page.get("content", ()):
            refused = answers.get(status, {})
            answers[status] = {**page, **refused, "content": {**page["content"], **refused.get("content", {})}}
    return answers


def _common_errors(operation: Document, parameters: Iterable[str]) -> list[type[DomainError]]:
    errors: list[type[DomainError]] = [*_BY_EVERY_ROUTE]
    if "requestBody" in operation:
        errors += _WITH_BODY
    if any(each["in"] == "path" for each in operation.get("parameters", ())):
        errors.append(NotFoundError)
    for name in parameters:
        errors += [problems.ValidationFailedError, *_WITH_PARAMETER.get(name, ())]
    return errors


def _refused(status: str, codes: Iterable[str]) -> Document:
    """Points at a refusal that is described once, under a name that says all of it."""
    return {"$ref": f"{_REFUSALS}{'.'.join([status, *sorted(codes)])}"}


def _refusals_in(paths: Mapping[str, Mapping[str, Document]]) -> list[str]:
    """The names of all that ``paths`` point at."""
    answers = (
        each for path in paths.values() for operation in path.values() for each in operation["responses"].values()
    )
    return sorted({each["$ref"].removeprefix(_REFUSALS) for each in answers if "$ref" in each})


def _refusal(status: str, *codes: str) -> Document:
    listed = ", ".join(f"`{code}`" for code in codes)
    refusal: Document = {
        "description": f"{HTTPStatus(int(status)).phrase}: {listed}",
        "content": {problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if int(status) in problems.REPEATABLE:
        refusal["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return refusal


def _tidy(value: Any, *, names: bool = False) -> Any:
    """Without the titles that pydantic derives from names, and with whole numbers as such.

    ``names``: the keys of ``value`` are names of properties or schemas, so that ``title`` is one of them.
    """
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if names or key != "title" or not isinstance(each, str)}
        return {key: _tidy(each, names=key in {"properties", "$defs"} and not names) for key, each in kept.items()}
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _said_once(pairs: Iterable[tuple[str, Any]]) -> Document:
    """An object in which a name may stand twice, but not with two meanings."""
    said: Document = {}
    for name, meaning in pairs:
        _merge(said, {name: meaning})
    return said


def _merge(into: Document, more: Mapping[str, Any]) -> None:
    for name, meaning in more.items():
        if into.setdefault(name, meaning) != meaning:
            raise ValueError(f"Two things are meant by {name!r}.")


def _require_plain(names: Iterable[str]) -> None:
    """Pydantic writes the module into the name where two models of an app are called alike."""
    if clashes := [name for name in names if "__" in name]:
        raise ValueError(f"Two models are called alike: {', '.join(clashes)}.")


def _require_unique(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"Two routes have a function of the same name: {', '.join(twice)}.")


def _without(mapping: Mapping[str, Any], names: Iterable[str]) -> Document:
    return {name: value for name, value in mapping.items() if name not in names}


_OPENAPI_OPERATION: Document = {
    "tags": ["Description"],
    "operationId": "get_openapi",
    "summary": "Read this document",
    "description": "The description of the API; it needs no key.",
    "security": [],
    "responses": {
        "200": {"description": "OK", "content": {"application/json": {"schema": {"type": "object"}}}},
        "500": _refused("500", [problems.INTERNAL.code]),
    },
}
