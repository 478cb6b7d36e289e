"""`huitou program` against the function that answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli.program import app
from tests.builders import document, rule
from tests.unit.program.serving import Function

API = "https://api.example.com"
Run = Callable[..., Result]


@pytest.fixture
def run(function: Function, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command; its calls reach the function without a network, as the gateway would pass them on."""

    def request(method: str, url: str, *, headers: dict[str, str], timeout: float, content: bytes = b"") -> Any:
        assert headers["Authorization"] == "Bearer key"
        path, _, query = url.removeprefix(API).partition("?")
        number = path.split("/")[4] if path.startswith("/v1/program/versions/") else None
        asked = dict(parse_qsl(query)) or None
        status, body, sent = function(
            {
                "resource": path,
                "path": path,
                "httpMethod": method,
                "headers": headers,
                "multiValueHeaders": {name: [value] for name, value in headers.items()},
                "queryStringParameters": asked,
                "multiValueQueryStringParameters": {name: [value] for name, value in (asked or {}).items()} or None,
                "pathParameters": {"version": number} if number else None,
                "requestContext": {
                    "requestId": "r",
                    "authorizer": {"key_id": "k", "brand": "group", "permissions": "program:read program:publish"},
                },
                "body": content.decode() or None,
                "isBase64Encoded": False,
            }
        )
        return httpx.Response(status, json=body, headers={"ETag": sent.get("ETag", "")})

    monkeypatch.setattr(httpx, "request", request)
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--url", API, "--key", "key"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A programme; JSON is YAML."""
    return written(tmp_path)


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "program.yaml"
    path.write_text(json.dumps(document(**changes)), encoding="utf-8")
    return path


def test_a_programme_is_published_once(run: Run, file: Path) -> None:
    first, again = run("publish", str(file)), run("publish", str(file))

    assert (first.exit_code, first.output) == (0, "Version 1 holds now.\n")
    assert (again.exit_code, again.output) == (
        0,
        "Version 1 is the same programme and holds already; nothing was changed.\n",
    )


def test_what_was_published_can_be_shown(run: Run, file: Path) -> None:
    run("publish", str(file))
    run("publish", str(written(file.parent, name="Second")))

    assert json.loads(run("show").output)["document"]["name"] == "Second"
    assert json.loads(run("show", "--version", "1").output)["document"]["name"] == "Huitou Club"


def test_a_programme_of_somebody_else_is_not_replaced_unseen(run: Run, file: Path) -> None:
    run("publish", str(file))

    result = run("publish", str(written(file.parent, name="Second")), "--replaces", "7")

    assert (result.exit_code, result.output) == (1, "Version 1 is active, not version 7.\n")


def test_a_programme_that_cannot_work_is_not_sent(run: Run, file: Path) -> None:
    assert run("publish", str(written(file.parent, home_currency="stars"))).exit_code == 1
    assert run("show").exit_code == 1


def test_an_api_that_is_not_there_is_named(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise httpx.ConnectError("connection refused")

    monkeypatch.setattr(httpx, "request", unreachable)

    result = run("publish", str(file))

    assert result.exit_code == 1
    assert result.output == f"{API}/v1/program/versions cannot be reached: connection refused\n"


def test_a_file_is_compared_with_what_holds(run: Run, file: Path) -> None:
    """M34: what a publication would change, before it does."""
    run("publish", str(file))
    tea = rule(id="tea", points="2")
    changed = written(file.parent, name="Second", channels=["store", "app", "web"], earning=[rule(points="3"), tea])

    result = run("diff", str(changed))

    assert result.exit_code == 0
    assert result.output.splitlines()[:3] == [
        '~ /name: "Huitou Club" → "Second"',
        '+ /channels/web: "web"',
        '~ /earning/base/points: "1" → "3"',
    ]
    assert result.output.splitlines()[3].startswith('+ /earning/tea: {"id": "tea"')
    assert run("diff", str(written(file.parent))).output == "Nothing differs.\n"


def test_versions_are_compared_by_their_numbers(run: Run, file: Path) -> None:
    for name in ("A", "B", "C"):
        run("publish", str(written(file.parent, name=name)))

    assert run("diff", "3").output == '~ /name: "B" → "C"\n'
    assert run("diff", "3", "1").output == '~ /name: "A" → "C"\n'
    assert run("diff", str(written(file.parent, name="D")), "2").output == '~ /name: "B" → "D"\n'
    assert run("diff", "9").exit_code == 1


def test_an_older_version_holds_again(run: Run, file: Path) -> None:
    run("publish", str(file))
    run("publish", str(written(file.parent, name="Second")))

    first = run("rollback", "1", "--reason", "too generous")
    again = run("rollback", "1", "--reason", "too generous")

    assert (first.exit_code, first.output) == (0, "Version 3 holds now: version 1 again.\n")
    assert again.output == "Version 3 is the same programme and holds already; nothing was changed.\n"
    assert json.loads(run("show").output)["reason"] == "too generous"
    assert run("rollback", "7", "--reason", "x").exit_code == 1
