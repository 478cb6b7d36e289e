"""What the source data says that every household has: DuckDB over the Parquet files, no code of the platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import duckdb

from cli.sample_data import DATA

ACCOUNTS = Path(__file__).with_name("expected_points.sql")
HOUSEHOLDS = int(os.environ["HUITOU_PROOF_HOUSEHOLDS"]) if "HUITOU_PROOF_HOUSEHOLDS" in os.environ else None
"""All, unless one is in a hurry."""


class Points(NamedTuple):
    """How often a household bought, what it has earned in the year, and what of it can be spent at its end."""

    purchases: int
    earned: int
    spendable: int
    beans: int


class Rules(NamedTuple):
    """What rules of different kinds paid: a rate, a rate under a cap, a multiplier for a tier, bonuses, two of them to
    members of a segment.
    """

    base: int
    care: int
    gold: int
    welcome: int
    come_back: int
    second_visit: int


def expected() -> dict[int, tuple[Points, Rules]]:
    """By household."""
    parameters = {
        "transactions": str(DATA / "transactions.parquet"),
        "products": str(DATA / "products.parquet"),
        "most": HOUSEHOLDS or 1_000_000,
    }
    rows = duckdb.execute(ACCOUNTS.read_text(), parameters).fetchall()
    return {household: (Points(*map(int, rest[:4])), Rules(*map(int, rest[4:]))) for household, *rest in rows}
