"""What a function writes about each request, and what it never writes (E25)."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import Any

import pytest

from huitou.kernel import errors as kernel
from tests.gateway import REQUEST_ID, request
from tests.unit.platform.sales_api import PHONE, raised, refuse_with, sell, send


@pytest.fixture(autouse=True)
def no_error_waits() -> None:
    raised.clear()


class TestLogLines:
    """Structured, with ids, without personal data."""

    @pytest.fixture
    def log(self, monkeypatch: pytest.MonkeyPatch) -> StringIO:
        written = StringIO()
        for each in logging.getLogger("tests").handlers:
            monkeypatch.setattr(each, "stream", written)
        return written

    @staticmethod
    def lines(log: StringIO) -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.getvalue().splitlines()]

    def test_each_request_is_one_line_with_its_ids(self, log: StringIO) -> None:
        sell({"phone": PHONE, "lines": []})

        (line,) = self.lines(log)
        assert {
            name: line[name] for name in ("request_id", "route", "status", "brand", "key_id", "member", "lines")
        } == {
            "request_id": REQUEST_ID,
            "route": "/v1/sales",
            "status": 201,
            "brand": "group",
            "key_id": "3f9a1c7e5b2d8046",
            "member": "01M",
            "lines": 0,
        }

    def test_the_route_is_logged_as_a_template(self, log: StringIO) -> None:
        send(request("DELETE", "/v1/documents/{document}", path={"document": "mei.lin"}))

        (line,) = self.lines(log)
        assert line["route"] == "/v1/documents/{document}"
        assert "mei.lin" not in json.dumps(line)

    @pytest.mark.parametrize(
        "body",
        [
            {"phone": PHONE},
            {"phone": {"not": PHONE}},
            f'{{"phone": "{PHONE}"',
            {"phone": PHONE, "lines": [{"sku": PHONE}]},
        ],
    )
    @pytest.mark.parametrize("error", [None, RuntimeError(PHONE), KeyError(PHONE), kernel.ConflictError(PHONE)])
    def test_no_line_holds_personal_data(self, log: StringIO, body: object, error: Exception | None) -> None:
        if error:
            error.__cause__ = ValueError(PHONE)
            raised.append(error)

        send(request("POST", "/v1/sales", body=body, query={"phone": PHONE}, headers={"X-Phone": PHONE}))

        lines = self.lines(log)
        assert lines[-1]["route"] == "/v1/sales"
        assert PHONE not in json.dumps(lines)

    def test_a_failure_is_logged_with_its_class_and_where_it_came_from(self, log: StringIO) -> None:
        refuse_with(RuntimeError(PHONE))

        failure, _ = self.lines(log)
        assert (failure["level"], failure["error"], failure["request_id"]) == ("ERROR", ["RuntimeError"], REQUEST_ID)
        assert failure["stack"][-1].endswith("record_sale")
