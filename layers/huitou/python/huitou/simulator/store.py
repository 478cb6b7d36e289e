"""Simulations in the program table."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.instants import format_instant, parse_instant
from huitou.kernel.jobs import JobStatus
from huitou.kernel.pages import all_items
from huitou.platform import keys
from huitou.platform.table import IntegerAttribute, Item, Table
from huitou.simulator.comparing import Comparison
from huitou.simulator.model import Simulation, Subject
from huitou.simulator.packing import pack, unpack


class SimulationItem(Item):
    """A simulation that was asked for."""

    draft = UnicodeAttribute(null=True)
    version = IntegerAttribute(null=True)
    document = UnicodeAttribute(null=True)
    against = IntegerAttribute()
    first = UnicodeAttribute(null=True)
    last = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)
    until = UnicodeAttribute()
    before = UnicodeAttribute()
    after = UnicodeAttribute()
    parts = IntegerAttribute()
    insights = IntegerAttribute()
    created_at = UnicodeAttribute()
    client_reference = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    finished_at = UnicodeAttribute(null=True)
    failure = UnicodeAttribute(null=True)


class PartItem(Item):
    """What the members of a part come to."""

    compared = BinaryAttribute(legacy_encoding=False)


class ReportItem(Item):
    """What a simulation found."""

    report = BinaryAttribute(legacy_encoding=False)


class TableSimulations:
    """`SimulationStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, simulation: Digest) -> Simulation | None:
        item = self._table.get(SimulationItem, *keys.simulation(simulation))
        return _simulation(simulation, item) if item else None

    def add(self, simulation: Simulation) -> Write:
        refused = StaleReadError("The key was used meanwhile.")
        return self._table.put(_item(simulation), condition=SimulationItem.pk.does_not_exist(), refused=refused)

    def save_part(self, simulation: Digest, number: int, compared: Comparison) -> Write:
        item = PartItem(*keys.simulation_part(simulation, number), compared=pack(compared))
        return self._table.put(item, refused=StaleReadError("Another worker replays the same part."))

    def parts(self, simulation: Digest) -> Sequence[Comparison]:
        pk, _ = keys.simulation(simulation)
        items = all_items(lambda after: self._table.query(PartItem, pk, prefix=keys.PART_PREFIX, after=after))
        return [unpack(item.compared) for item in items]

    def finish(self, simulation: Simulation, report: Mapping[str, Any] | None) -> list[Write]:
        ended = StaleReadError("The simulation has ended meanwhile.")
        still = SimulationItem.status == JobStatus.RUNNING.value
        writes = [self._table.put(_item(simulation), condition=still, refused=ended)]
        if report is not None:
            packed = gzip.compress(json.dumps(report, ensure_ascii=False).encode(), mtime=0)
            item = ReportItem(*keys.simulation_report(simulation.id), report=packed)
            writes.append(self._table.put(item, refused=ended))
        return writes

    def report(self, simulation: Digest) -> Mapping[str, Any] | None:
        item = self._table.get(ReportItem, *keys.simulation_report(simulation))
        return json.loads(gzip.decompress(item.report)) if item else None


def _item(simulation: Simulation) -> SimulationItem:
    draft, version, document = simulation.subject
    return SimulationItem(
        *keys.simulation(simulation.id),
        draft=draft,
        version=version,
        document=document,
        against=simulation.against,
        first=simulation.first.isoformat() if simulation.first else None,
        last=simulation.last.isoformat() if simulation.last else None,
        since=format_instant(simulation.since) if simulation.since else None,
        until=format_instant(simulation.until),
        before=simulation.before,
        after=simulation.after,
        parts=simulation.parts,
        insights=simulation.insights,
        created_at=format_instant(simulation.created_at),
        client_reference=simulation.client_reference,
        status=simulation.status.value,
        finished_at=format_instant(simulation.finished_at) if simulation.finished_at else None,
        failure=simulation.failure,
    )


def _simulation(simulation: Digest, item: SimulationItem) -> Simulation:
    return Simulation(
        id=simulation,
        subject=Subject(item.draft, item.version, item.document),
        against=item.against,
        first=date.fromisoformat(item.first) if item.first else None,
        last=date.fromisoformat(item.last) if item.last else None,
        since=parse_instant(item.since) if item.since else None,
        until=parse_instant(item.until),
        before=Digest(item.before),
        after=Digest(item.after),
        parts=item.parts,
        insights=item.insights,
        created_at=parse_instant(item.created_at),
        client_reference=item.client_reference,
        status=JobStatus(item.status),
        finished_at=parse_instant(item.finished_at) if item.finished_at else None,
        failure=item.failure,
    )
