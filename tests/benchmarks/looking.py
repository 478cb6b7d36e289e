"""What it costs to look at a member again, however much they have bought: by the sample's segments, on the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from huitou.platform.table import Table
from huitou.purchases.model import Line
from tests.benchmarks.baskets import TEN_LINES
from tests.benchmarks.stage import Cost, MeteredTable, prepared
from tests.builders import MEI
from tests.contract.targets import REGION, emulator
from tests.files import sample_program
from tests.purchases import SOON, bill
from tests.standing import Standings

PURCHASES = (12, 50, 150, 500)
EVERY = timedelta(hours=17)
"""500 in a year."""
TABLE = "members-looked-at"
CYCLE = 12
"""So many purchases after a packing comes the next."""


class Regular:
    """Mei, who buys ten lines every `EVERY`, and is looked at after each purchase, as the stream does."""

    def __init__(self, table: Any) -> None:
        self.shop = Standings(sample_program(), table)
        self.shop.enrol()
        self.bought = 0

    @property
    def now(self) -> datetime:
        """A minute after the last purchase."""
        return TEN_LINES.occurred_at + self.bought * EVERY + SOON

    def buy(self, until: int) -> None:
        """Until there are so many purchases."""
        while self.bought < until:
            self.sell()
            self.shop.segments.renew(MEI, self.now)

    def sell(self) -> None:
        """Once more."""
        self.bought += 1
        lines = (Line(each["sku"], each["category"], 1000, _cents(each["amount"]), 0) for each in TEN_LINES.lines)
        store, at = str(TEN_LINES.store), self.now - SOON
        self.shop.sell(bill(f"{self.bought}", *lines, store=store, occurred_at=at))


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))


@dataclass(frozen=True, slots=True)
class Looked:
    """Units of one look after a purchase, over a cycle: ``reads`` in the mean, and at most, to know where they stand.

    ``kept_reads`` and ``kept_writes`` are those of the stream, which keeps it and packs: in the mean.
    """

    purchases: int
    reads: float
    most_reads: float
    kept_reads: float
    kept_writes: float


def measure() -> list[Looked]:
    """The same member, ever longer."""
    with emulator() as endpoint, prepared(endpoint, [TABLE]):
        mei = Regular(Table(TABLE, REGION, endpoint))
        costs: list[Cost] = []
        watched = Standings(sample_program(), MeteredTable(TABLE, REGION, endpoint, lambda: costs[-1]))
        return [looked_at(mei, watched, costs, number) for number in PURCHASES]


def looked_at(mei: Regular, watched: Standings, costs: list[Cost], purchases: int) -> Looked:
    """The looks at her last `CYCLE` purchases, of so many."""
    mei.buy(purchases - CYCLE)
    costs.clear()
    for _ in range(CYCLE):
        mei.sell()
        costs.append(Cost())
        watched.segments.position(MEI, mei.now)
        costs.append(Cost())
        watched.segments.renew(MEI, mei.now)
    reads = [cost.reads for cost in costs[::2]]
    kept = costs[1::2]
    return Looked(
        purchases,
        sum(reads) / CYCLE,
        max(reads),
        sum(cost.reads for cost in kept) / CYCLE,
        sum(cost.writes + cost.index_writes for cost in kept) / CYCLE,
    )
