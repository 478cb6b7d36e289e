"""What insights ask of their store, in memory and on DynamoDB alike (M16, M18)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from huitou.insights.model import Findings, Fit, Fitted
from huitou.insights.ports import FindingsStore
from huitou.insights.store import TableFindings
from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import digest_of
from huitou.segments.facts import RfmScale
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_insights import MemoryFindings
from tests.builders import OPENED
from tests.contract.targets import AnyTable
from tests.deeds import CDNOW

FIRST = Findings(version=1, run=digest_of(["one"]), at=OPENED, program_version=1, members=3, recent=2)
SECOND = replace(
    FIRST,
    version=2,
    run=digest_of(["two"]),
    alive=Fitted(Fit(CDNOW, -9582.429206716299), OPENED, 2357),
    refused="not_converged",
    rfm=RfmScale(365, (90, 60, 30, -1), (2, 3, 5, 9), (100, 200, 300, 10**9)),
)


def on(table: AnyTable) -> FindingsStore:
    return MemoryFindings(table) if isinstance(table, MemoryTable) else TableFindings(table)


def test_the_newest_findings_come_back_exactly(table: AnyTable) -> None:
    store = on(table)
    assert store.newest() is None
    for findings in (FIRST, SECOND):
        table.commit(store.add(findings))
        assert store.newest() == findings
    assert [store.version(number) for number in (1, 2, 3)] == [FIRST, SECOND, None]


def test_of_two_runs_that_end_at_once_the_second_looks_again(table: AnyTable) -> None:
    store = on(table)
    table.commit(store.add(FIRST))
    with pytest.raises(StaleReadError):
        table.commit(store.add(replace(FIRST, run=digest_of(["other"]))))
    table.commit(store.add(SECOND))
    with pytest.raises(StaleReadError):
        table.commit(store.add(replace(SECOND, version=4)))
    assert store.newest() == SECOND
