"""Every refusal in one shape (E30), every answer as declared (E33)."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urljoin

import pytest

from huitou.kernel import errors as kernel
from huitou.kernel.errors import DomainError, FieldError
from huitou.kernel.pages import InvalidCursorError
from huitou.platform.http import (
    attempt,
    decode_cursor,
    encode_cursor,
    reference_to,
)
from huitou.platform.problems import Problem
from tests.gateway import REQUEST_ID, Reply, request
from tests.unit.platform.sales_api import PHONE, app, raised, refuse_with, sell, send


@pytest.fixture(autouse=True)
def no_error_waits() -> None:
    raised.clear()


def test_an_answer_carries_status_headers_and_the_accepted_instant_in_milliseconds() -> None:
    reply = sell({"lines": [{"sku": "tea", "amount": "12.30"}]})

    assert (reply.status, reply.headers["etag"]) == (201, '"7"')
    assert reply.body == {"lines": 1, "at": "2026-03-01T12:30:15.123000+00:00"}


@pytest.mark.parametrize("base", ["https://a1.execute-api.ap-east-2.amazonaws.com/live", "https://api.example.com"])
@pytest.mark.parametrize(
    ("route", "subject"),
    [
        ("/v1/sales", "/v1/sales/S1"),
        ("/v1/sales/claims", "/v1/sales/S1"),
        ("/v1/sales/{sale}/return", "/v1/returns/R1"),
    ],
)
def test_what_was_made_is_found_under_every_address_of_the_api(base: str, route: str, subject: str) -> None:
    """E33: as clients resolve it, whatever stands before our paths."""
    app.begin(request("POST", route, path={"sale": "S1"}))

    assert urljoin(base + route.format(sale="S1"), reference_to(app, subject)) == base + subject


@pytest.mark.parametrize(("held", "status"), [("points:read", 200), ("points:write program:read", 403), ("", 403)])
def test_a_route_runs_for_a_key_with_its_permission_alone(held: str, status: int) -> None:
    """M35."""
    reply = send(request("GET", "/v1/figures", key={"key_id": "k", "brand": "maru", "permissions": held}))

    assert reply.status == status
    assert reply.body == {} or reply.body["code"] == "missing_permission"


def test_no_content_has_no_body() -> None:
    reply = send(request("DELETE", "/v1/documents/{document}", path={"document": "a"}))

    assert (reply.status, reply.body) == (204, None)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (kernel.InvalidError, 422),
        (kernel.NotFoundError, 404),
        (kernel.ForbiddenError, 403),
        (kernel.ConflictError, 409),
        (kernel.ContentReusedError, 409),
        (kernel.PreconditionFailedError, 412),
        (kernel.PreconditionRequiredError, 428),
        (kernel.ContentionError, 429),
        (kernel.UnavailableError, 503),
    ],
)
def test_each_kind_of_error_has_its_status_and_keeps_its_code(error: type[DomainError], status: int) -> None:
    """E30: one table from errors to HTTP."""
    reply = refuse_with(error("Said to people.", errors=[FieldError("/lines/0", "why")], extra={"was": "1"}))

    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body == {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status,
        "detail": "Said to people.",
        "code": error.code,
        "errors": [{"pointer": "/lines/0", "message": "why"}],
        "request_id": REQUEST_ID,
        "was": "1",
    }
    assert ("retry-after" in reply.headers) == (status in {429, 503})


def test_what_an_error_adds_never_replaces_a_standard_member() -> None:
    reply = refuse_with(kernel.ConflictError("no", extra={"status": 200, "code": "fine"}))

    assert (reply.body["status"], reply.body["code"]) == (409, "conflict")


def test_an_unexpected_exception_shows_nothing_of_itself() -> None:
    """E30: no stack trace, no text that was not written for callers."""
    reply = refuse_with(RuntimeError(f"cannot book {PHONE}"))

    assert (reply.status, reply.body["code"], reply.body["request_id"]) == (500, "internal", REQUEST_ID)
    assert PHONE not in json.dumps(reply.body)
    assert "RuntimeError" not in json.dumps(reply.body)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "not json",
        "null",
        "[]",
        '[{"lines": []}]',
        '"text"',
        '{"phone": "1", "phone": "2"}',
        '{"lines": [{"sku": "a", "sku": "b"}]}',
        '{"phone": NaN}',
        '{"phone": -Infinity}',
        '{"phone": 1e999}',
        '{"phone": ' + "9" * 5000 + "}",
        '{"phone": "\\ud800"}',
        '{"\\udfff": 1}',
        '{"lines":' + "[" * 20000 + "]" * 20000 + "}",
        "\ufeff{}",
    ],
)
def test_what_two_readers_could_read_differently_is_malformed(body: str) -> None:
    reply = sell(body)

    assert (reply.status, reply.body["code"]) == (400, "malformed")


def test_a_body_in_base64_is_read_if_it_is_text() -> None:
    event = request("POST", "/v1/sales", body="{}") | {"isBase64Encoded": True}

    assert send(event | {"body": base64.b64encode(b'{"lines": []}').decode()}).status == 201
    assert send(event | {"body": base64.b64encode(b"\xff\xfe").decode()}).body["code"] == "malformed"
    assert send(event | {"body": "A"}).body["code"] == "malformed"


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert sell('{"phone": "\\ud83c\\udf75"}').status == 201


def test_misfits_are_named_by_pointers_into_the_body() -> None:
    reply = sell(
        {"occurred_at": "2026-03-01T10:00:00", "lines": [{"sku": "a", "amount": "1"}, {"sku": 7, "amount": "x"}]}
    )

    assert (reply.status, reply.body["code"]) == (422, "validation_failed")
    assert [each["pointer"] for each in reply.body["errors"]] == ["/occurred_at", "/lines/1/sku", "/lines/1/amount"]


def test_misfits_elsewhere_are_named_by_their_place() -> None:
    reply = send(request("GET", "/v1/documents", query={"limit": "0"}))

    assert [each["pointer"] for each in reply.body["errors"]] == ["/query/limit"]


def test_a_missing_body_is_a_misfit_of_the_whole() -> None:
    reply = send(request("POST", "/v1/sales"))

    assert (reply.status, [each["pointer"] for each in reply.body["errors"]]) == (422, [""])


def test_ten_thousand_misfits_are_not_all_listed() -> None:
    reply = sell({"lines": [{}] * 5000})

    assert len(reply.body["errors"]) == 50


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 201), (256 * 1024 + 1, 413)])
def test_a_body_has_at_most_256_kib(size: int, status: int) -> None:
    frame = len('{"phone":""}')

    assert sell('{"phone":"' + "x" * (size - frame) + '"}').status == status


def test_a_limit_counts_bytes_and_may_differ_by_path() -> None:
    def large(characters: int) -> Reply:
        return send(request("POST", "/v1/large", body='{"phone":"' + "茶" * characters + '"}'))

    assert large(600).status == 200
    assert (large(700).status, large(700).body["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
def test_forms_and_other_types_are_refused(kind: str) -> None:
    reply = sell('{"lines": []}', **{"content-type": kind})

    assert (reply.status, reply.body["code"]) == (415, "unsupported_media_type")


def test_the_charset_may_be_said() -> None:
    assert sell("{}", **{"Content-Type": "application/json; charset=utf-8"}).status == 201


def test_an_unknown_path_and_an_unknown_method_are_told_apart() -> None:
    unknown = send(request("GET", "/v1/nothing"))
    wrong = send(request("PUT", "/v1/documents"))

    assert (unknown.status, unknown.body["code"]) == (404, "route_not_found")
    assert (wrong.status, wrong.body["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "GET")


@pytest.mark.parametrize("key", [None, "", "two words", "x" * 256, "鍵"])
def test_a_command_needs_an_idempotency_key_of_printable_characters(key: str | None) -> None:
    """E14, E33."""
    headers = {} if key is None else {"idempotency-key": key}
    reply = send(request("POST", "/v1/commands", headers=headers))

    assert (reply.status, reply.body["code"]) == (400, "idempotency_key_required")


def test_an_idempotency_key_reaches_the_route_however_the_header_is_written() -> None:
    for name in ("Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"):
        assert send(request("POST", "/v1/commands", headers={name: "till-7/42"})).body == {"key": "till-7/42"}


@pytest.mark.parametrize(
    ("if_match", "status", "body"),
    [
        ('"7"', 200, {"document": "a", "version": 7}),
        ('W/"7"', 200, {"document": "a", "version": 7}),
        ("*", 200, {"document": "a", "version": None}),
        (None, 428, "precondition_required"),
        ('"seven"', 412, "precondition_failed"),
        ("7", 412, "precondition_failed"),
    ],
)
def test_a_document_is_edited_on_the_version_that_was_read(if_match: str | None, status: int, body: object) -> None:
    """E33: ETag and If-Match."""
    headers = {} if if_match is None else {"If-Match": if_match}
    reply = send(request("PATCH", "/v1/documents/{document}", path={"document": "a"}, headers=headers))

    assert (reply.status, reply.body if status == 200 else reply.body["code"]) == (status, body)


def test_a_cursor_is_opaque_and_comes_back_whole() -> None:
    cursor = encode_cursor("PURCHASE#01J/茶")

    assert cursor is not None
    assert cursor.isascii()
    assert send(request("GET", "/v1/documents", query={"cursor": cursor})).body["after"] == "PURCHASE#01J/茶"
    assert encode_cursor(None) is None


@pytest.mark.parametrize("cursor", ["x", "%%", "_w"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor(cursor)


def test_a_request_without_a_key_is_not_authenticated() -> None:
    reply = send(request("GET", "/v1/documents", key=None))

    assert (reply.status, reply.body["code"]) == (401, "unauthenticated")


def test_an_item_of_a_batch_gets_the_problem_that_it_would_get_alone() -> None:
    """E28."""

    def fail(_: object) -> None:
        raise kernel.ConflictError("taken")

    outcome = attempt(app, {}, fail)

    assert isinstance(outcome, Problem)
    assert (outcome.status, outcome.code) == (409, "conflict")
    assert attempt(app, {"total": 7}, lambda item: item["total"]) == 7


def test_an_item_of_a_batch_is_tried_again_with_the_survivor_where_it_names_a_merged_member() -> None:
    """E15, E28: by itself; one that does not name them by id is refused."""

    def sell(item: dict[str, Any]) -> str:
        if item["member"] != {"id": "mei"}:
            raise kernel.MemberMovedError("lin", "mei")
        return "sold"

    by_card = attempt(app, {"member": {"card": "7"}}, sell)

    assert attempt(app, {"member": {"id": "lin"}, "lines": ["tea"]}, sell) == "sold"
    assert isinstance(by_card, Problem)
    assert (by_card.status, by_card.code) == (409, "member_merged")
