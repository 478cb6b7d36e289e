"""What a changed programme would have made of the past (M14): by the API and from a shell, before it is published."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import httpx

from cli.program_file import SAMPLE
from tests.builders import rule
from tests.e2e.calls import PROGRAM, Body, created, enrol, found, keyed, refusal, sale, unique
from tests.e2e.jobs import ndjson, simulation
from tests.e2e.platform import Platform
from tests.e2e.shell import settings_of, typed


def test_the_real_year_of_some_households_is_replayed_under_both_programmes(tmp_path: Path) -> None:
    """M14: what the README changes, on real shopping; what was issued is redeemed, expired or open. Campaigns speak to
    everybody they begin with, since all have agreed.
    """
    shutil.copytree(SAMPLE.parent, tmp_path, dirs_exist_ok=True)
    changed, reports = tmp_path / SAMPLE.name, [tmp_path / "first.json", tmp_path / "second.json"]
    written = changed.read_text()
    fresh = written.index("id: fresh")
    changed.write_text(written[:fresh] + written[fresh:].replace("points: 1\n", "points: 2\n", 1))
    assumed = ("--members", "5", "--agreed", "100")
    told = [
        typed({}, "simulate", str(changed), "--against", str(SAMPLE), *assumed, "--json", str(report))
        for report in reports
    ]
    assert told[0] == told[1]
    assert reports[0].read_bytes() == reports[1].read_bytes()
    assert "5 members with 129 sales until 2017-12-31" in told[0]

    report = json.loads(reports[0].read_text())
    (fresh_rule,) = [each for each in report["rules"] if Decimal(each["points"]["more"])]
    assert fresh_rule["rule"] == "fresh"
    assert Decimal(fresh_rule["points"]["more"]) > 0
    for row in report["points"]:
        for when in ("before", "after"):
            left = sum(Decimal(row[name][when]) for name in ("redeemed", "expired", "open"))
            assert Decimal(row["issued"][when]) == left
    begun = {row["campaign"]: row for row in report["campaigns"] if row["begun"]["after"]}
    assert begun.keys() == {"mid-autumn", "second-visit"}
    assert [row["messages"]["email"] for row in begun.values()] == [row["begun"] for row in begun.values()]


def test_the_programme_that_holds_is_what_a_file_is_compared_with(
    api: httpx.Client, platform: Platform, tmp_path: Path
) -> None:
    """M14: over sales of one's own; nothing is written anywhere."""
    changed, sales = tmp_path / "changed.yaml", tmp_path / "sales.ndjson"
    doubled: list[Body] = [{**PROGRAM["earning"][0], "points": "2"}, *PROGRAM["earning"][1:]]
    changed.write_text(json.dumps({**PROGRAM, "earning": doubled}))
    sales.write_bytes(ndjson([{"type": "purchase", **sale({"card": f"C-{number}"})} for number in range(3)]))
    with platform.unchanged():
        told = typed(settings_of(api), "simulate", str(changed), "--source", str(sales))
    assert "3 members with 3 sales" in told
    assert "60 (+30)" in told


def test_a_draft_that_doubles_a_rule_differs_by_exactly_what_it_pays_more(
    api: httpx.Client, maru: httpx.Client, platform: Platform, tmp_path: Path
) -> None:
    """M14: over everybody whom the tests have enrolled; by the API and by the command it is the same."""
    sku, member = unique("cake-"), enrol(api)
    for amount in ("1700", "320"):
        created(api.post("/v1/purchases", json=sale(member, amount, lines=[{"sku": sku, "amount": amount}])))
    document = twice_for(sku, api)
    draft = created(api.post("/v1/program/drafts", json={"document": document}, headers=keyed()))["draft_id"]
    refusal(maru.post("/v1/simulations", json={"draft_id": draft}, headers=keyed()), 403, "foreign_brand")

    with platform.unchanged(but="SIMULATION#"):
        report = simulation(api, draft_id=draft)
    assert cake(report) == {
        "rule": "cake",
        "currency": "points",
        "sales": {"before": 0, "after": 2},
        "points": {"before": "0", "after": "20", "more": "20"},
    }
    [affected] = report["most_affected"]
    assert (affected["member"], affected["issued"]["points"]["more"]) == (member, "20")

    changed, told = tmp_path / "changed.yaml", tmp_path / "report.json"
    changed.write_text(json.dumps(document))
    typed(settings_of(api), "simulate", str(changed), "--source", "members", "--json", str(told))
    assert cake(json.loads(told.read_text())) == cake(report)


def twice_for(sku: str, api: httpx.Client) -> Body:
    """The active programme and one rule more: twice the base points for a thing that nobody else buys."""
    document: Body = found(api.get("/v1/program"))["document"]
    double = rule(id="cake", name="Cake", times="2", when={"skus": [sku]})
    del double["points"], double["per"]
    return {**document, "earning": [*document["earning"], double]}


def cake(report: Body) -> Body:
    """What the report says of the rule."""
    told: list[Body] = [each for each in report["rules"] if each["rule"] == "cake"]
    assert len(told) == 1
    return told[0]
