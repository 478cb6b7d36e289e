"""The function `serve_wallets` inside this process."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator

import pytest

from huitou.kernel.instants import EPOCH
from huitou.platform.table import Table
from huitou.program.publishing import ProgramPublisher
from huitou.program.store import TableVersions
from tests.builders import document, rule
from tests.contract.targets import REGION
from tests.serving import both_tables
from tests.unit.points.serving import Function


@pytest.fixture
def function() -> Iterator[Function]:
    """Over a programme that pays for everything, and more for what is bought in the app; points pay, and travel."""
    with both_tables():
        table = Table("program", REGION)
        app_only = rule(id="app", name="App bonus", points="5", when={"channels": ["app"]})
        written = json.dumps(document(earning=[rule(), app_only], **_POINTS_AT_WORK))
        ProgramPublisher(TableVersions(table), table.commit, lambda _: None).publish(written, by="tests", now=EPOCH)
        yield Function(importlib.reload(importlib.import_module("functions.serve_wallets.handler")))


_POINTS_AT_WORK = {
    "point_currencies": [
        {
            "id": "points",
            "name": "Points",
            "expiry": {"type": "rolling_days", "days": 90},
            "transferable": True,
        },
        {"id": "beans", "name": "Beans", "brand": "sora", "exponent": 1, "expiry": {"type": "never"}},
        {"id": "stamps", "name": "Stamps", "expiry": {"type": "never"}},
    ],
    "money_off": [
        {"brand": "maru", "currency": "points", "points": "10", "money": "5", "minimum": "20", "share": 50},
    ],
    "conversions": [{"from": "points", "to": "stamps", "give": "10", "get": "1"}],
    "hold_limit_minutes": 30,
}
