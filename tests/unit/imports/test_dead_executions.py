"""An import whose execution dies without a report, by hand or by time, has failed, says so, and starts again (M36)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from huitou.imports.model import Counts, ImportStatus, Run
from huitou.imports.service import STOPPED
from huitou.kernel.ids import Digest, digest_of
from huitou.platform.state_machines import ImportStates
from huitou.program.model import GROUP
from tests.contract.targets import REGION
from tests.importing import STARTED, Importer, member_row, ndjson, purchase_row

DIED = STARTED + timedelta(hours=12)
LATER = DIED + timedelta(days=1)
RUN = digest_of(("import", "maru", "k"))


def unreported() -> tuple[Importer, Run]:
    """An import whose execution died when all rows were applied and nothing was reported."""
    importer = Importer()
    run = importer.begin(ndjson([member_row(), purchase_row("A-1"), "no row"]))
    for chunk in importer.prepare(run):
        importer.work(run, chunk)
    importer.ended[run.id, 1] = DIED
    return importer, run


def test_it_is_shown_as_failed_with_what_was_done_until_then() -> None:
    """M36: the rejected rows are not gathered yet, so there is no address of them."""
    importer, run = unreported()
    seen = importer.use.progress(run.id, GROUP)
    assert (seen.run.status, seen.run.finished_at, seen.run.failure) == (ImportStatus.FAILED, DIED, STOPPED)
    assert (seen.counts, seen.rejections_url) == (Counts(members=1, recorded=1, rejected=1), None)


def test_it_starts_again_and_comes_to_the_same() -> None:
    """E14: a repeat recognises what was done by the time of the first start."""
    importer, run = unreported()
    before = importer.anonymous()
    again = importer.use.start(run.id, GROUP, LATER)
    assert (again.status, again.attempt, again.started_at) == (ImportStatus.RUNNING, 2, STARTED)
    assert importer.use.progress(run.id, GROUP).run.status is ImportStatus.RUNNING
    for chunk in importer.prepare(again):
        importer.work(again, chunk)
    done = importer.finish(again)
    assert (done.run.status, done.counts) == (ImportStatus.COMPLETED, Counts(members=1, recorded=1, rejected=1))
    assert importer.anonymous() == before


def test_it_starts_again_once_however_often_it_is_asked() -> None:
    """E14."""
    importer, run = unreported()
    assert [importer.use.start(run.id, GROUP, LATER).attempt for _ in range(3)] == [2, 2, 2]
    assert importer.executions == [(run.id, 1), (run.id, 2)]


def test_an_end_that_was_reported_meanwhile_is_no_death(monkeypatch: pytest.MonkeyPatch) -> None:
    """M36: the report comes first, then the execution ends; who saw the import before both looks again."""
    importer, run = unreported()

    def reported(asked: Digest, attempt: int) -> datetime:
        importer.finish(run)
        monkeypatch.undo()
        return importer.ended[asked, attempt]

    monkeypatch.setattr(importer, "ended_at", reported)
    assert importer.use.progress(run.id, GROUP).run.status is ImportStatus.COMPLETED
    assert importer.use.start(run.id, GROUP, LATER).attempt == 1


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ImportStates, Any]]:
    """The state machine as the function knows it, and a client of the service."""
    with mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        client: Any = boto3.client("stepfunctions", region_name=REGION)
        role = "arn:aws:iam::123456789012:role/import"
        arn = client.create_state_machine(name="import", definition="{}", roleArn=role)["stateMachineArn"]
        yield ImportStates(arn, REGION), client


def test_an_execution_that_goes_on_has_no_end(states: tuple[ImportStates, Any]) -> None:
    ours, _ = states
    ours.start(RUN, 1)
    assert ours.ended_at(RUN, 1) is None


def test_an_execution_that_was_stopped_has_one(states: tuple[ImportStates, Any]) -> None:
    ours, client = states
    ours.start(RUN, 1)
    (execution,) = client.list_executions(stateMachineArn=ours._arn)["executions"]
    client.stop_execution(executionArn=execution["executionArn"])
    ended = ours.ended_at(RUN, 1)
    assert ended is not None
    assert ended.utcoffset() == timedelta()


def test_an_execution_that_never_was_has_none(states: tuple[ImportStates, Any]) -> None:
    """M36: it is started when the import is asked to start again."""
    ours, _ = states
    assert ours.ended_at(RUN, 1) is None
