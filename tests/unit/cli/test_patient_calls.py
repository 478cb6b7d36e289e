"""What commands that wait do when the API asks it to come back later."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cli import api
from cli.api import PatientApi
from cli.tools import CommandError

PROBLEM = {"content-type": "application/problem+json", "retry-after": "0"}


def answering(*answers: httpx.Response) -> PatientApi:
    """The command before an API that gives these answers, the last one for ever."""

    def one_by_one() -> Iterator[httpx.Response]:
        yield from answers
        while True:
            yield answers[-1]

    queue = one_by_one()
    return PatientApi("https://api.example.com", "hk_1", httpx.MockTransport(lambda _: next(queue)))


def later(status: int) -> httpx.Response:
    return httpx.Response(status, json={"detail": "Come back later."}, headers=PROBLEM)


@pytest.mark.parametrize("status", [429, 503])
def test_a_call_is_repeated_while_the_api_says_later(status: int) -> None:
    """E33: a year's import outlives a moment in which the table is out of reach."""
    calls = answering(later(status), later(status), httpx.Response(200, json={"status": "running"}))
    assert calls.call("GET", "/v1/imports/X") == {"status": "running"}


def test_patience_ends_with_the_reason(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """E30."""
    monkeypatch.setattr(api, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(CommandError):
        answering(later(503)).call("GET", "/v1/imports/X")
    assert "Come back later." in capsys.readouterr().err


def test_another_refusal_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """E30."""
    refusal = httpx.Response(403, json={"detail": "This key lacks it."}, headers=PROBLEM)
    with pytest.raises(CommandError):
        answering(refusal, httpx.Response(200, json={})).call("GET", "/v1/imports/X")
    assert "This key lacks it." in capsys.readouterr().err
