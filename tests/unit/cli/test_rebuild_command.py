"""`huitou rebuild`: it asks once, and watches until there is nothing more to see (E20)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import httpx
import pytest
from typer.testing import CliRunner, Result

from cli import rebuild
from cli.api import PatientApi
from cli.main import app

COUNTS = {"members": 1200, "done": 1200, "renewed": 40, "moved": 7, "failed": 1}
Run = Callable[..., Result]


class Api:
    """Answers as the API does: each look at the rebuild sees the next of ``looks``, a status and its progress."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, Mapping[str, int]]] = []
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.asked.append(request)
            return httpx.Response(202, json={"rebuild_id": "R-1"})
        assert request.url.path == "/v1/rebuilds/R-1"
        status, progress = self.looks.pop(0)
        return httpx.Response(200, json={"status": status, "progress": progress})


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def run(api: Api, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command before `api`, without pauses."""
    calls = PatientApi("https://api.example.com", "hk_1", httpx.MockTransport(api))
    monkeypatch.setattr(rebuild, "PatientApi", lambda *_: calls)
    monkeypatch.setattr(rebuild, "LOOK_SECONDS", 0.0)
    command = ["rebuild", "--url", "https://api.example.com", "--key", "hk_1"]
    return lambda *more: CliRunner().invoke(app, [*command, *more])


def test_who_does_not_wait_is_told_where_to_look(run: Run, api: Api) -> None:
    done = run()
    assert (done.exit_code, done.output) == (0, "Rebuild R-1 goes on: GET /v1/rebuilds/R-1\n")
    assert [json.loads(request.content) for request in api.asked] == [{}]


def test_each_time_somebody_types_it_a_rebuild_of_its_own_is_asked_for(run: Run, api: Api) -> None:
    """E14: the key is the command's, so that asking again after a lost answer is the same rebuild."""
    run()
    run()
    keys = [request.headers["Idempotency-Key"] for request in api.asked]
    assert len(set(keys)) == 2


def test_who_waits_is_told_what_became_of_it(run: Run, api: Api) -> None:
    """Also while no part has counted its members yet."""
    api.looks = [
        ("running", dict.fromkeys(COUNTS, 0)),
        ("running", {**COUNTS, "done": 300}),
        ("completed", COUNTS),
    ]
    done = run("--wait")
    assert done.exit_code == 0, done.output
    assert done.stdout == "1,200 members: 40 worked out anew, 7 of them moved; 1 could not be looked at.\n"
    assert api.looks == []


def test_one_that_ended_early_ends_the_command(run: Run, api: Api) -> None:
    """E21: asking again goes over everybody, and leaves alone who was done."""
    api.looks = [("failed", {**COUNTS, "done": 300})]
    done = run("--wait")
    assert done.exit_code == 1
    assert "ended early, after 300 members; ask again" in done.output
