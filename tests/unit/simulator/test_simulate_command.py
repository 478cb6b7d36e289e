"""`huitou simulate`: from files to a table and a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner, Result

from cli import simulate
from cli.api import PatientApi
from cli.main import app
from cli.sample_data import SampleSales, write_sample
from huitou.imports.model import ImportFormat
from huitou.purchases.model import Purchase
from huitou.simulator.files import FileSales
from tests.builders import at, document, rule
from tests.campaigns import campaign
from tests.files import sample_program
from tests.importing import STARTED, member_row, ndjson, purchase_row
from tests.templates import speaking, template

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Compares a programme that doubles the points with the one before, over two members' sales."""
    (tmp_path / "before.yaml").write_text(yaml.safe_dump(document()))
    (tmp_path / "after.yaml").write_text(yaml.safe_dump(document(earning=[rule(points="2")])))
    rows = [
        member_row("C-1"),
        purchase_row("A-1", "2026-03-02 12:00", "1000"),
        purchase_row("A-2", "2026-03-09 12:00", "500"),
        purchase_row("A-3", "2026-03-02 12:00", "300", card="C-2"),
    ]
    (tmp_path / "sales.ndjson").write_bytes(ndjson(rows))

    def invoke(*more: str) -> Result:
        against, source = (str(tmp_path / name) for name in ("before.yaml", "sales.ndjson"))
        changed = str(tmp_path / "after.yaml")
        return CliRunner().invoke(app, ["simulate", changed, "--against", against, "--source", source, *more])

    return invoke


def test_the_command_says_what_differs(run: Run, tmp_path: Path) -> None:
    """M14."""
    done = run("--json", str(tmp_path / "report.json"))
    assert done.exit_code == 0, done.output
    assert "2 members with 3 sales" in done.output
    assert "36 (+18)" in done.output
    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    assert report["points"][0]["issued"] == {"before": "18", "after": "36", "more": "18"}


def test_the_command_replays_the_days_that_it_is_asked_for(run: Run, tmp_path: Path) -> None:
    """M14: both days included."""
    run("--from", "2026-03-03", "--to", "2026-03-09", "--json", str(tmp_path / "report.json"))
    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    assert report["sales"]["after"] == {"counted": 1, "unknown_place": 0}


def test_the_same_command_writes_the_same_bytes(run: Run, tmp_path: Path) -> None:
    """M14."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    run("--json", str(first))
    run("--json", str(second))
    assert first.read_bytes() == second.read_bytes()


def test_the_command_says_what_campaigns_would_tell(run: Run, tmp_path: Path) -> None:
    """M14: everybody is supposed to agree, or nobody."""
    speaks = speaking(template(), segments=[{"id": "new", "name": "New", "when": {"purchases": {"at_least": 1}}}])
    greeting = campaign(enters="new")
    (tmp_path / "after.yaml").write_text(yaml.safe_dump({**speaks, "campaigns": [greeting]}))
    done = run("--json", str(tmp_path / "report.json"))
    assert "miss-you" in done.output
    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
    assert report["campaigns"][0]["messages"]["email"] == {"before": 0, "after": 2}
    run("--agreed", "0", "--json", str(tmp_path / "report.json"))
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["campaigns"][0]["not_reached"] == {"before": 0, "after": 2}


def test_the_command_asks_for_something_to_compare_with(tmp_path: Path) -> None:
    """Without an address there is no active programme."""
    (tmp_path / "after.yaml").write_text(yaml.safe_dump(document()))
    done = CliRunner().invoke(app, ["simulate", str(tmp_path / "after.yaml")], env={"HUITOU_API_URL": ""})
    assert done.exit_code == 1


def test_what_members_did_is_asked_of_the_api(monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> None:
    """M14: the file goes along as a document, and the same report is told; a failure with its reason."""
    run("--json", str(tmp_path / "report.json"))
    report = json.loads((tmp_path / "report.json").read_text())
    asked: list[dict[str, Any]] = []
    answers = iter([("completed", report, None), ("failed", None, "The budget is used up.")])

    def api(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            asked.append(json.loads(request.content))
            return httpx.Response(202, json={"simulation_id": "S-1"})
        status, found, failure = next(answers)
        return httpx.Response(200, json={"status": status, "report": found, "failure": failure})

    calls = PatientApi("https://api.example.com", "hk_1", httpx.MockTransport(api))
    monkeypatch.setattr(simulate, "PatientApi", lambda *_: calls)
    command = ["simulate", str(tmp_path / "after.yaml"), "--source", "members", "--from", "2026-03-03"]
    done = CliRunner().invoke(app, [*command, "--against", "3", "--json", str(tmp_path / "told.json")])
    assert done.exit_code == 0, done.output
    assert "36 (+18)" in done.output
    assert json.loads((tmp_path / "told.json").read_text()) == report
    assert (asked[0]["against"], asked[0]["from"]) == (3, "2026-03-03")
    assert asked[0]["document"]["earning"][0]["points"] == "2"
    failed = CliRunner().invoke(app, command)
    assert (failed.exit_code, "used up" in failed.output) == (1, True)


def test_the_sample_replayed_is_the_sample_imported(tmp_path: Path) -> None:
    """M14: straight from the data, or by the file that `huitou import sample` sends: the same purchases."""
    file = write_sample(tmp_path / "sample.ndjson.gz", members=3, shift_days=0).path
    imported = FileSales(lambda: file.open("rb"), ImportFormat.NDJSON, sample_program(), STARTED)
    assert _bills(imported) == _bills(SampleSales(members=3))


def _bills(sales: SampleSales | FileSales) -> dict[str, Purchase]:
    """By receipt; when they came is no part of what happened."""
    found = (sale for history in sales.histories() for sale in history.purchases)
    return {sale.receipt: replace(sale, received_at=at("2026-01-01 00:00")) for sale in found}
