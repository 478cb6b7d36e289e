"""A subscriber to the group's bus, as docs/events.md shows it: a rule with a queue behind it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

EVERYTHING = {"source": ["huitou"]}
Json = dict[str, Any]


class Subscriber:
    """Hears what fits ``pattern`` on ``bus``; ``events`` and ``sqs`` are clients of boto3's."""

    def __init__(self, events: Any, sqs: Any, bus: str, pattern: Json | None = None) -> None:
        self._events, self._sqs, self._bus = events, sqs, bus
        self._rule = f"tests-{uuid4().hex}"
        self._queue: str = sqs.create_queue(QueueName=self._rule)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        events.put_rule(Name=self._rule, EventBusName=bus, EventPattern=json.dumps(pattern or EVERYTHING))
        target = {"Id": "queue", "Arn": attributes["QueueArn"]}
        events.put_targets(Rule=self._rule, EventBusName=bus, Targets=[target])

    def heard(self) -> list[Json]:
        """What has come since it was asked last."""
        heard: list[Json] = []
        while messages := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                heard.append(json.loads(message["Body"]))
        return heard

    def leave(self) -> None:
        """Takes back what it put there."""
        self._events.remove_targets(Rule=self._rule, EventBusName=self._bus, Ids=["queue"])
        self._events.delete_rule(Name=self._rule, EventBusName=self._bus)
        self._sqs.delete_queue(QueueUrl=self._queue)
