"""What it takes to make regular customers one member, and two again: hundreds of open lots each, over the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from huitou.merging.service import merge_id
from huitou.platform.table import Table
from tests.benchmarks.stage import Cost, MeteredTable
from tests.builders import document, program
from tests.contract.targets import REGION, create_table
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TwoRecords
from tests.purchases import NOON, Shop

CURRENCIES = ("points", "stamps", "stars")
RULES = program(
    document(point_currencies=[{"id": name, "name": name, "expiry": {"type": "never"}} for name in CURRENCIES])
)
REGULARS = ((60, 1), (600, 1), (600, 3))
"""Lots that each of the two has of one currency, and of how many."""


class Met(NamedTuple):
    """What it cost two members with so much of each of ``currencies`` to become one, and two again."""

    lots: int
    currencies: int
    merged: Cost
    parted: Cost


def measure(endpoint: str) -> Iterator[Met]:
    """Each of `REGULARS` in a table of their own: all of them show the same identities."""
    for number, (lots, currencies) in enumerate(REGULARS):
        table = f"members-merged-{number}"
        create_table(table, endpoint)
        yield _met(endpoint, table, lots, currencies)


def _met(endpoint: str, table: str, lots: int, currencies: int) -> Met:
    two, costs = TwoRecords(Shop(RULES, Table(table, REGION, endpoint))), [Cost()]
    mei, other = (two.enrol(each, brand="maru", now=NOON) for each in (MEI_PHONE, MEI_EMAIL))
    for currency in CURRENCIES[:currencies]:
        for member in (mei, other):
            two.give_lots(member, currency, lots, NOON)
    watched = TwoRecords(Shop(RULES, MeteredTable(table, REGION, endpoint, lambda: costs[-1])))
    watched.merge(mei, other, NOON)
    costs.append(Cost())
    watched.use.reverse(merge_id("M-1"), NOON)
    return Met(lots, currencies, *costs)
