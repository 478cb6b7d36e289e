"""The function `react_to_changes`, fed with the delivery that `events/` holds."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from huitou.kernel.instants import to_instant
from huitou.platform.table import Table
from huitou.purchases.store import TableMemberStates
from huitou.standing.position import Position
from tests.builders import document
from tests.contract.targets import REGION
from tests.serving import MEI, both_tables, enrol_mei, publish, sample
from tests.standing import SEGMENTS


class Stack:
    """A programme with segments, and Mei."""

    def __init__(self) -> None:
        files: Any = boto3.client("s3", region_name=REGION)
        files.create_bucket(Bucket="set-aside", CreateBucketConfiguration={"LocationConstraint": REGION})
        publish(document(segments=[*SEGMENTS, {"id": "all", "name": "All", "when": {"not": {"tags": ["vip"]}}}]))
        self.table = Table("members", REGION)
        self.function: Any = importlib.reload(importlib.import_module("functions.react_to_changes.handler"))
        enrol_mei(self.table, self.function.programs, to_instant(datetime.now(UTC)))

    def kept(self) -> Position | None:
        return TableMemberStates(self.table).load(MEI).position


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("HUITOU_SET_ASIDE_BUCKET", "set-aside")
    with both_tables():
        sqs: Any = boto3.client("sqs", region_name=REGION)
        monkeypatch.setenv("HUITOU_DUE_QUEUE_URL", sqs.create_queue(QueueName="due")["QueueUrl"])
        monkeypatch.setenv("HUITOU_MESSAGES_QUEUE_URL", sqs.create_queue(QueueName="messages")["QueueUrl"])
        monkeypatch.setenv("HUITOU_SERVICE_QUEUE_URL", sqs.create_queue(QueueName="service-messages")["QueueUrl"])
        yield Stack()


def test_whoever_changed_has_a_position_when_the_batch_is_done(stack: Stack) -> None:
    """M17."""
    assert stack.kept() is None
    assert stack.function.handler(sample("react_to_changes"), None) == {"batchItemFailures": []}
    position = stack.kept()
    assert position is not None
    assert [each.segment for each in position.memberships] == ["all"]


def test_a_batch_that_comes_again_writes_nothing(stack: Stack) -> None:
    """E21."""
    for _ in range(5):
        stack.function.handler(sample("react_to_changes"), None)
    position = stack.kept()
    assert position is not None
    assert position.version == 1
