"""What a changed programme would have made of the past (M14): from a shell, before anybody publishes it."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path

import httpx

from tests.e2e.calls import PROGRAM, Body, sale
from tests.e2e.jobs import ndjson
from tests.e2e.platform import Platform
from tests.e2e.shell import settings_of, typed

SAMPLE = Path(__file__).parents[2] / "programs" / "sample.yaml"


def test_the_real_year_of_some_households_is_replayed_under_both_programmes(tmp_path: Path) -> None:
    """M14: what the README changes, on real shopping; what was issued is redeemed, expired or open."""
    shutil.copytree(SAMPLE.parent, tmp_path, dirs_exist_ok=True)
    changed, reports = tmp_path / SAMPLE.name, [tmp_path / "first.json", tmp_path / "second.json"]
    written = changed.read_text()
    fresh = written.index("id: fresh")
    changed.write_text(written[:fresh] + written[fresh:].replace("points: 1\n", "points: 2\n", 1))
    told = [
        typed({}, "simulate", str(changed), "--against", str(SAMPLE), "--members", "5", "--json", str(report))
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
