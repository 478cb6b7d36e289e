"""What all the other tests left in the logs: a line for each request, and nothing about anybody."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from huitou.platform.observability import LOGGED
from tests.e2e.calls import EMAIL_DOMAIN, NAME, PHONE_PREFIX, enrolment
from tests.e2e.platform import Platform, eventually

OURS = "/aws/lambda/huitou-"
PERSONAL = re.compile(
    rf"{PHONE_PREFIX}-?\d{{3}}-?\d{{3}}|\+886\D?{PHONE_PREFIX[1:]}|{re.escape(EMAIL_DOMAIN)}|{NAME}"
    rf"|{json.dumps(NAME).strip(chr(34)).replace(chr(92), chr(92) * 2)}"
)
ALLOWED = LOGGED | {
    *("level", "message", "timestamp", "service", "xray_trace_id", "error", "stack", "aws_error"),
}


EXPECTED = {"not booked", "failed"}
"""Of messages that tests poison, and of calls that are refused because something is out of reach."""
UNREADABLE = ("set aside", "UnreadableReportError")
"""Of a report that nobody can read, as a test sends one in a provider's name."""
ANSWERING = {
    "record_purchases",
    "refund_purchases",
    "serve_checkouts",
    "serve_members",
    "serve_program",
    "serve_wallets",
}

RANDOM_ID = re.compile(r"\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|1-[0-9a-f]{8}-[0-9a-f]{24})\b")
"""Of a request, or of its trace: one in thousands has the digits of a phone."""


@pytest.fixture(scope="module")
def lines(platform: Platform, api: httpx.Client) -> dict[str, list[str]]:
    """The emulator writes a line that comes late behind the next call, so who is seldom called is called again."""

    def are_there() -> bool:
        for path in ("/v1/holds/none", "/v1/refunds/none"):
            assert api.get(path).status_code == HTTPStatus.NOT_FOUND
        return {line["service"] for line in _answered(platform.log_lines())} >= ANSWERING

    eventually(are_there)
    return platform.log_lines()


def test_what_people_are_called_by_would_be_found() -> None:
    """The search below is not blind."""
    body = enrolment()
    assert PERSONAL.search(json.dumps(body["identities"]))
    assert PERSONAL.search(json.dumps(body["profile"]))
    assert PERSONAL.search(json.dumps(body["profile"], ensure_ascii=False))
    for other in ("+886 987 123 456", "+886987123456", "0987123456", f"mei.1@{EMAIL_DOMAIN}"):
        assert PERSONAL.search(other)


def test_no_log_holds_personal_data(lines: dict[str, list[str]]) -> None:
    """No phone, no address, no name, in whichever function, also not where something failed."""
    assert {
        group: [line for line in said if PERSONAL.search(RANDOM_ID.sub("", line))] for group, said in lines.items()
    } == {group: [] for group in lines}


def test_each_function_that_answers_writes_a_line_about_each_request(lines: dict[str, list[str]]) -> None:
    """Structured, and made of known words only."""
    answered = _answered(lines)
    assert {line["service"] for line in answered} >= ANSWERING
    for line in answered:
        assert line.keys() <= ALLOWED
        assert line["request_id"]
        assert line["status"]


def test_nothing_broke(lines: dict[str, list[str]]) -> None:
    """E30: no 500 in the whole run; what failed is the poisoned message."""
    assert [line for line in _structured(lines) if line.get("code") == "internal"] == []
    errors = [line for line in _structured(lines) if line["level"] == "ERROR"]
    surprising = [
        (line["message"], line["error"], line["stack"])
        for line in errors
        if line["message"] not in EXPECTED and (line["message"], line["error"][0]) != UNREADABLE
    ]
    assert surprising == []


def _answered(lines: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [line for line in _structured(lines) if line.get("message") == "answered"]


def _structured(lines: dict[str, list[str]]) -> list[dict[str, Any]]:
    ours = [line for group, said in lines.items() if group.startswith(OURS) for line in said]
    return [json.loads(line) for line in ours if line.startswith('{"level"')]
