"""The functions about points inside this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders import document, rule
from tests.serving import Loaded, both_tables, publish
from tests.unit.points.serving import FUNCTIONS, Function


@pytest.fixture
def function() -> Iterator[Function]:
    """Over a programme that pays for everything, and more for what is bought in the app; points pay, and travel."""
    with both_tables():
        app_only = rule(id="app", name="App bonus", points="5", when={"channels": ["app"]})
        publish(document(earning=[rule(), app_only], **_POINTS_AT_WORK))
        yield Function(Loaded(*FUNCTIONS))


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
