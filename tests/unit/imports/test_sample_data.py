"""The demonstration data as rows."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cli.sample_data import LAST_DAY, shift_to, write_sample
from huitou.imports.model import ImportFormat, Run
from huitou.imports.requests import read_row
from huitou.kernel.ids import digest_of
from huitou.program.model import GROUP
from tests.files import sample_program
from tests.importing import STARTED

Row = dict[str, Any]


def rows(path: Path, shift_days: int) -> list[Row]:
    sample = write_sample(path, members=2, shift_days=shift_days)
    with gzip.open(sample.path) as lines:
        return [json.loads(line) for line in lines]


def purchases(found: list[Row]) -> list[Row]:
    return [row for row in found if row["type"] == "purchase"]


def test_every_row_can_be_imported_under_the_sample_programme(tmp_path: Path) -> None:
    """M36."""
    program = sample_program()
    run = Run(digest_of(("import",)), GROUP, ImportFormat.NDJSON, None, STARTED, started_at=STARTED)
    found = rows(tmp_path / "sample", 0)
    assert [row["type"] for row in found[:3]] == ["member", "member", "purchase"]
    for row in found:
        read_row(json.dumps(row).encode(), run, program)


def test_a_total_is_the_sum_of_what_was_paid(tmp_path: Path) -> None:
    """The source says `sales_value`, in floating point; here it is whole cents."""
    for row in purchases(rows(tmp_path / "sample", 0)):
        assert sum(Decimal(line["amount"]) for line in row["lines"]) == Decimal(row["total"])


def test_moving_the_year_changes_its_times_and_nothing_else(tmp_path: Path) -> None:
    """E14: the receipts stay the same, so that a file made next week holds no new sales."""
    then, moved = purchases(rows(tmp_path / "a", 0)), purchases(rows(tmp_path / "b", 7 * 400))
    for before, after in zip(then, moved, strict=True):
        shift = datetime.fromisoformat(after.pop("occurred_at")) - datetime.fromisoformat(before.pop("occurred_at"))
        assert shift == timedelta(weeks=400)
    assert then == moved


@pytest.mark.parametrize("day", range(14))
def test_the_year_is_moved_by_whole_weeks_to_end_before_today(day: int) -> None:
    """People shop by the day of the week."""
    today = date(2026, 11, 9) + timedelta(days=day)
    shift = shift_to(today)
    assert shift % 7 == 0
    assert timedelta(days=1) <= today - (LAST_DAY + timedelta(days=shift)) <= timedelta(days=7)
