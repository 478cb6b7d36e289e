"""Simulations in the program table."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from huitou.jobs.store import JobItem, TableJobs
from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.pages import all_items
from huitou.platform import keys, program_keys
from huitou.platform.attributes import DateAttribute, InstantAttribute, IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.simulator.comparing import Comparison
from huitou.simulator.model import Simulation
from huitou.simulator.packing import pack, unpack


class SimulationItem(JobItem):
    """A simulation that was asked for."""

    draft = UnicodeAttribute(null=True)
    version = IntegerAttribute(null=True)
    document = UnicodeAttribute(null=True)
    against = IntegerAttribute()
    first = DateAttribute(null=True)
    last = DateAttribute(null=True)
    since = InstantAttribute(null=True)
    until = InstantAttribute()
    before = UnicodeAttribute()
    after = UnicodeAttribute()
    parts = IntegerAttribute()
    insights = IntegerAttribute()
    client_reference = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)


class PartItem(Item):
    """What the members of a part come to."""

    compared = BinaryAttribute(legacy_encoding=False)


class ReportItem(Item):
    """What a simulation found."""

    report = BinaryAttribute(legacy_encoding=False)


class TableSimulations(TableJobs[Simulation]):
    """`SimulationStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, Simulation, SimulationItem, program_keys.simulation)

    def save_part(self, simulation: Digest, number: int, compared: Comparison) -> Write:
        item = PartItem(*program_keys.job_part(program_keys.simulation(simulation), number), compared=pack(compared))
        return self._table.put(item, refused=StaleReadError("Another worker replays the same part."))

    def parts(self, simulation: Digest) -> Sequence[Comparison]:
        pk, _ = program_keys.simulation(simulation)
        items = all_items(lambda after: self._table.query(PartItem, pk, prefix=keys.PART_PREFIX, after=after))
        return [unpack(item.compared) for item in items]

    def save_report(self, simulation: Digest, report: Mapping[str, Any]) -> Write:
        packed = gzip.compress(json.dumps(report, ensure_ascii=False).encode(), mtime=0)
        item = ReportItem(*program_keys.simulation_report(simulation), report=packed)
        return self._table.put(item, refused=StaleReadError("Another worker puts the same parts together."))

    def report(self, simulation: Digest) -> Mapping[str, Any] | None:
        item = self._table.get(ReportItem, *program_keys.simulation_report(simulation))
        return json.loads(gzip.decompress(item.report)) if item else None
