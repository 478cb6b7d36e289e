"""What nobody could handle goes back to its queue: each message, and none is lost on the way (E21)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.redrive import move
from tests.contract.targets import REGION


@dataclass
class Queues:
    """Dead letters, and where they came from; ``refused`` are bodies that it does not take."""

    sqs: Any
    source: str
    target: str
    refused: frozenset[str] = frozenset()

    def __getattr__(self, operation: str) -> Any:
        return getattr(self.sqs, operation)

    def send_message_batch(self, **asked: Any) -> Any:
        """As SQS answers where it takes some and not others."""
        wanted = [each for each in asked["Entries"] if each["MessageBody"] not in self.refused]
        answer = self.sqs.send_message_batch(**{**asked, "Entries": wanted}) if wanted else {}
        failed = [{"Id": each["Id"], "Code": "InternalError"} for each in asked["Entries"] if each not in wanted]
        return {**answer, "Failed": failed}

    def put(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.source, MessageBody=body)

    def bodies(self, url: str) -> Counter[str]:
        """What can be received there."""
        found: Counter[str] = Counter()
        while taken := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found.update(each["Body"] for each in taken)
        return found


@pytest.fixture
def queues() -> Iterator[Queues]:
    with mock_aws():
        sqs: Any = boto3.client("sqs", region_name=REGION)
        source, target = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead-letters", "reports"))
        yield Queues(sqs, source, target)


def test_all_of_it_goes_back_as_it_was(queues: Queues) -> None:
    reports = [f'{{"report": {number}}}' for number in range(23)]
    queues.put(*reports)
    assert move(queues, queues.source, queues.target) == (23, 0)
    assert queues.bodies(queues.target) == Counter(reports)
    assert move(queues, queues.source, queues.target) == (0, 0)


def test_what_the_queue_refuses_stays_where_it_is(queues: Queues) -> None:
    queues.put("a", "b", "c")
    queues.refused = frozenset("b")
    assert move(queues, queues.source, queues.target) == (2, 1)
    assert queues.bodies(queues.target) == Counter("ac")
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = queues.sqs.get_queue_attributes(QueueUrl=queues.source, AttributeNames=counts)["Attributes"]
    assert sum(map(int, left.values())) == 1
