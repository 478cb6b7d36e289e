"""From a gateway event to an answer: one resolver for every function of the API.

A function builds its app with `create_app`, declares its routes on it, and gives the gateway `entry_point(app)`.
A route takes typed parameters, calls one use case and returns `answer(...)`. Errors are not its business:
`problems` turns each into its document.

Answers are serialised once, by `answer`, and not validated again: the route declares them with `documented`,
for the OpenAPI description, and returns `Answer`.
"""

from __future__ import annotations

import binascii
import json
import re
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path as File
from posixpath import dirname, relpath
from typing import Annotated, Any, TypeVar, Unpack

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as PathNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel

from huitou.access.model import Caller, Permission
from huitou.kernel.errors import (
    DomainError,
    MemberMergedError,
    MemberMovedError,
    PreconditionFailedError,
    PreconditionRequiredError,
)
from huitou.kernel.instants import to_instant
from huitou.kernel.pages import InvalidCursorError
from huitou.platform import problems
from huitou.platform.aliases import names, renamed, renamed_value
from huitou.platform.json_bodies import KIB, read_object
from huitou.platform.observability import Facts, Observer
from huitou.platform.shapes import misfit

OPENAPI_PATH = "/v1/openapi.json"
KEY = "key"
"""What the API's description calls the way in which callers prove who they are."""
BODY_LIMIT = 256 * KIB
JSON = "application/json"
HEADERS: Mapping[str, str] = {
    "Content-Language": "The language that the words are in.",
    "ETag": "The version of the document, for `If-Match`.",
    "Location": "Where it is found from now on, relative to the address of the request (RFC 3986).",
}
"""What an answer may carry beside its body."""
_VERSION = re.compile(r'(?:W/)?"(\d{1,15})"', re.ASCII)

Answer = Response[str]
T = TypeVar("T")
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Clock = Callable[[], datetime]

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this command, for ever: repeated with the same content, the first answer comes again.",
    ),
]
"""The parameter of a route that changes something without an identity of its own (E14)."""

OptionalIdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Names this command where nothing in it does.",
    ),
]
"""The parameter of a route whose content usually has an identity of its own (E14)."""

MemberPath = Annotated[str, Path(alias="member_id", max_length=64)]
"""The parameter of a route about one member."""

IfMatch = Annotated[
    str | None, Header(alias="If-Match", description="The ETag of the version that the change was made on.")
]
"""The parameter of a route that writes a document; read it with `expected_version`."""

Cursor = Annotated[str | None, Query(alias="cursor", max_length=1400, description="The `next_cursor` of a page.")]
"""The parameter of a route that answers in pages; read it with `decode_cursor`."""

Limit = Annotated[int, Query(alias="limit", ge=1, le=100, description="At most so many items.")]


class App(APIGatewayRestResolver):
    """Powertools' resolver with our limits, our errors and one accepted instant per request."""

    def __init__(self, service: str, tag: str, body_limits: Mapping[str, int], clock: Clock) -> None:
        super().__init__(enable_validation=True, json_body_deserializer=self._read_body)
        self.service = service
        self.tag = tag
        self._body_limits = body_limits
        self.observer = Observer(service)
        self.facts: Facts = {}
        self.authorizer: Mapping[str, str] = {}
        self._clock = clock
        self._moved: MemberMovedError | None = None
        self.exception_handler(Exception)(self._refuse)
        self.use(middlewares=[_permit])

    def begin(self, event: Mapping[str, Any]) -> None:
        """What is true of a request before it is read: when it was accepted, and the facts to log."""
        context = event["requestContext"]
        self.authorizer = context.get("authorizer") or {}
        self.context["accepted_at"] = to_instant(self._clock())
        self.facts = {
            "request_id": context["requestId"],
            "method": event["httpMethod"],
            "route": event["resource"],
            "brand": self.authorizer.get("brand"),
            "key_id": self.authorizer.get("key_id"),
        }

    @property
    def request_id(self) -> str:
        """What the caller quotes when something went wrong."""
        return str(self.facts["request_id"])

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """The gateway's answer to ``event``. Forms are refused here: the resolver would read them as bodies."""
        if not event.get("body") or _is_json(event["headers"]):
            return self._answer_to(event, context)
        refusal = self._refuse(problems.UnsupportedMediaTypeError("Send the body as application/json."))
        return {"statusCode": refusal.status_code, "headers": refusal.headers, "body": refusal.body}

    def _answer_to(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """E15: what is asked of a member who was merged into another is asked again, of that one."""
        accepted_at = self.context["accepted_at"]
        self._moved = None
        answer = super().resolve(dict(event), context)
        if self._moved is None:
            return answer
        self.facts.pop("code", None)
        self.context["accepted_at"] = accepted_at
        return self._answer_to(renamed(event, self._moved), context)

    def body_limit(self, route: str) -> int:
        """How many bytes a body for ``route`` (``/v1/members/{member_id}``) may have."""
        return self._body_limits.get(route, BODY_LIMIT)

    def routes(self) -> tuple[Route, ...]:
        """All routes, in the order in which they are tried."""
        return (*self._static_routes, *self._dynamic_routes)

    def _read_body(self, text: str) -> dict[str, Any]:
        return read_object(text, self.body_limit(self.current_event.resource))

    def _refuse(self, error: Exception) -> Answer:
        if isinstance(error, MemberMovedError) and names(self.current_event.raw_event, error.member):
            self._moved = error
        problem = problems.problem_of(self._understood(error))
        self.facts["code"] = problem.code
        if problem.status >= 500:
            self.observer.log_failure("failed", error, self.facts)
        document = _text(problem.document(self.request_id))
        return Response(problem.status, problems.CONTENT_TYPE, document, headers=problems.headers_of(problem))

    def _understood(self, error: Exception) -> Exception:
        """The resolver's own exceptions, and those of a body that is no text, in our words."""
        if isinstance(error, PathNotFoundError):
            return self._no_route()
        if isinstance(error, RequestValidationError):
            return _validation_failed(error)
        if isinstance(error, RequestUnsupportedContentType):
            return problems.UnsupportedMediaTypeError("Send the body as application/json.")
        if isinstance(error, UnicodeDecodeError | binascii.Error) and self.current_event.is_base64_encoded:
            return problems.MalformedError("The body is not text in UTF-8.")
        return _merged(error)

    def _no_route(self) -> DomainError:
        path = self.current_event.path
        methods = sorted({route.method for route in self.routes() if route.rule.match(path)})
        if not methods:
            return problems.RouteNotFoundError("The API has no such path.")
        return problems.MethodNotAllowedError(f"This path knows {', '.join(methods)}.", extra={"allow": methods})


def utc_now() -> datetime:
    """The clock of the functions."""
    return datetime.now(UTC)


def create_app(
    service: str, tag: str = "", *, body_limits: Mapping[str, int] | None = None, clock: Clock = utc_now
) -> App:
    """An app without routes. ``tag`` is the heading under which the API's description lists them.

    ``body_limits`` maps routes, as the gateway writes them, to bytes where `BODY_LIMIT` is not meant.
    """
    return App(service, tag, body_limits or {}, clock)


def entry_point(app: App) -> Handler:
    """What the Lambda service calls: answers every event, and writes one line about each."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        app.begin(event)
        result = app.resolve(event, context)
        app.facts["status"] = result["statusCode"]
        app.facts["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
        app.observer.log("answered", app.facts)
        app.observer.flush()
        return result

    return handle


def accepted_at(app: App) -> datetime:
    """When this request was accepted: "now" for everything that is decided in it."""
    instant: datetime = app.context["accepted_at"]
    return instant


def current_caller(app: App) -> Caller:
    """Whom the authorizer let in. Raises `UnauthenticatedError`."""
    facts = app.authorizer
    if "key_id" not in facts:
        raise problems.UnauthenticatedError("This path needs an API key.")
    return Caller(facts["key_id"], facts["brand"], frozenset(facts["permissions"].split()))


def note(app: App, **facts: Unpack[Facts]) -> None:
    """Adds to the request's log line what `Facts` allows: ids and numbers."""
    app.facts.update(facts)


def answer(
    body: BaseModel | Mapping[str, Any] | None, status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer, serialised here and nowhere else. ``None`` is an empty body, for 204."""
    return Response(status, JSON, _text(body), headers=dict(headers or {}))


def attempt(app: App, item: dict[str, Any], call: Callable[[dict[str, Any]], T]) -> T | problems.Problem:
    """E28: what ``call`` makes of one item of a batch, or the problem that the item would have got alone.

    E15: an item about a member who was merged into another is tried again by itself, with that one.
    """
    try:
        return call(item)
    except Exception as error:
        again = renamed_value(item, error) if isinstance(error, MemberMovedError) else item
        if again != item:
            return attempt(app, again, call)
        problem = problems.problem_of(_merged(error))
        if problem.status >= 500:
            app.observer.log_failure("item failed", error, app.facts)
        return problem


def status_of(*, replayed: bool) -> int:
    """E14: 201 for what this request has done, 200 for what one before it did."""
    return 200 if replayed else 201


def reference_to(app: App, path: str) -> str:
    """``path``, which begins with ``/v1``, as a reference relative to this request: the value of ``Location``.

    A path alone would be wrong: the gateway puts its stage before ours, a domain of one's own perhaps another prefix.
    """
    return relpath(path, dirname(app.facts["route"]))


def begun(app: App, path: str, view: Mapping[str, Any]) -> Answer:
    """Of work that goes on after the answer: 202, or 200 where it had been asked for before; ``path`` tells of it."""
    return answer(view, 200 if view["replayed"] else 202, {"Location": reference_to(app, path)})


def permission(name: Permission) -> list[dict[str, list[str]]]:
    """A route's ``security``: what its description says that a key needs, and what is asked of it before it runs."""
    return [{KEY: [name]}]


def documented(
    answers: Mapping[int, type | None], *errors: type[DomainError], headers: Sequence[str] = ()
) -> dict[int, Any]:
    """A route's ``responses``: what it answers with, and the errors beyond those that every route may give.

    ``headers`` are those of `HEADERS` that come with its answers.
    """
    described: dict[int, Any] = {}
    sent = {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in headers}
    for status, model in answers.items():
        content = {JSON: {"model": model}} if model else {}
        described[status] = {"description": HTTPStatus(status).phrase, "content": content, "headers": sent}
    for status, codes in problems.codes_by_status(errors).items():
        described[status] = {"description": HTTPStatus(status).phrase, "content": {}, problems.CODES: codes}
    return described


def add_openapi_route(app: App, document: File) -> None:
    """Serves the generated description at `OPENAPI_PATH`; it needs no key."""

    @app.get(OPENAPI_PATH, include_in_schema=False)
    def get_openapi() -> Answer:
        return Response(200, JSON, document.read_text(encoding="utf-8"))


def etag(version: int) -> str:
    """``ETag`` of a document's version."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version that ``If-Match`` names; None for ``*``, any.

    Raises `PreconditionRequiredError` without the header, `PreconditionFailedError` for what no ETag of ours is.
    """
    if if_match is None:
        raise PreconditionRequiredError("Send If-Match with the ETag of the version that you read.")
    if if_match.strip() == "*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise PreconditionFailedError("If-Match names no version of this document.")
    return int(match[1])


def encode_cursor(after: str | None) -> str | None:
    """A store's ``next_cursor`` as callers see it."""
    return None if after is None else urlsafe_b64encode(after.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> str | None:
    """The inverse of `encode_cursor`. Raises `InvalidCursorError`."""
    if cursor is None:
        return None
    try:
        return b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise InvalidCursorError("The cursor does not belong to this list.") from error


def _permit(app: App, following: Callable[[App], Answer]) -> Answer:
    """Raises `UnauthenticatedError`, `MissingPermissionError`."""
    route: Route = app.context["_route"]
    for needed in route.security or ():
        for name in needed[KEY]:
            current_caller(app).require(name)
    return following(app)


def _merged(error: Exception) -> Exception:
    """E15: what is not asked again of the survivor, for it did not name the other by id, is refused."""
    if isinstance(error, MemberMovedError):
        return MemberMergedError("It is now the survivor's.", extra={"survivor": error.to})
    return error


def _text(body: BaseModel | Mapping[str, Any] | None) -> str:
    if body is None:
        return ""
    if isinstance(body, BaseModel):
        return body.model_dump_json()
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _is_json(headers: Mapping[str, str] | None) -> bool:
    given = {name.lower(): value for name, value in (headers or {}).items()}.get("content-type") or JSON
    return given.split(";")[0].strip().lower() == JSON


def _validation_failed(error: RequestValidationError) -> DomainError:
    findings = error.errors()
    if any(each["loc"][0] == "header" and each["loc"][1].lower() == "idempotency-key" for each in findings):
        return problems.IdempotencyKeyRequiredError(
            "Send an Idempotency-Key of 1 to 255 printable ASCII characters without spaces."
        )
    return misfit(findings)
