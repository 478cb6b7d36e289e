"""The function `publish_changes`, fed with the delivery that `events/` holds, on a bus with a queue behind it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.accounts import settled_program
from tests.builders import document
from tests.contract.targets import REGION
from tests.domain_events import DELIVERY, told
from tests.serving import both_tables, publish
from tests.subscribing import Json, Subscriber


class Stack:
    """A bus with a subscriber, and a bucket for what cannot be handled."""

    def __init__(self) -> None:
        self._files: Any = boto3.client("s3", region_name=REGION)
        self._files.create_bucket(
            Bucket="set-aside", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"}
        )
        events: Any = boto3.client("events", region_name=REGION)
        events.create_event_bus(Name="huitou-test")
        self._subscriber = Subscriber(events, boto3.client("sqs", region_name=REGION), "huitou-test")
        publish(document(point_currencies=POINTS))
        self.function: Any = importlib.reload(importlib.import_module("functions.publish_changes.handler"))

    def heard(self) -> list[Json]:
        """What was told since it was asked last."""
        return self._subscriber.heard()

    def kept(self) -> dict[str, Json]:
        """What was set aside."""
        listed = self._files.list_objects_v2(Bucket="set-aside").get("Contents", ())
        bodies = {each["Key"]: self._files.get_object(Bucket="set-aside", Key=each["Key"])["Body"] for each in listed}
        return {key: json.loads(body.read()) for key, body in bodies.items()}


POINTS = [{"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 30}}]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("HUITOU_EVENT_BUS", "huitou-test")
    monkeypatch.setenv("HUITOU_SET_ASIDE_BUCKET", "set-aside")
    with both_tables():
        yield Stack()


@pytest.fixture
def delivery() -> Json:
    loaded: Json = json.loads(DELIVERY.read_text("utf-8"))
    return loaded


def test_what_the_stream_delivers_reaches_who_subscribed(stack: Stack, delivery: Json) -> None:
    """M36: whole, from the record to the queue of a subscriber."""
    answer = stack.function.handler(delivery, None)

    assert answer == {"batchItemFailures": []}
    heard = stack.heard()
    assert [event["detail-type"] for event in heard] == ["points.earned.v1", "member.joined.v1"]
    assert heard[0]["detail"] == told()[0].detail
    assert {event["source"] for event in heard} == {"huitou"}


def test_a_poisoned_record_is_kept_as_it_came_and_can_be_delivered_by_hand(stack: Stack, delivery: Json) -> None:
    """E21"""
    first, second = delivery["Records"]
    whole = first["dynamodb"]["NewImage"].pop("amount")

    assert stack.function.handler(delivery, None) == {"batchItemFailures": []}

    assert [event["detail-type"] for event in stack.heard()] == ["member.joined.v1"]
    ((key, kept),) = stack.kept().items()
    assert key == f"publish_changes/{first['dynamodb']['SequenceNumber']}.json"
    assert kept == {"Records": [first]}
    kept["Records"][0]["dynamodb"]["NewImage"]["amount"] = whole
    stack.function.handler(kept, None)
    assert [event["detail-type"] for event in stack.heard()] == ["points.earned.v1"]
    assert second == delivery["Records"][1]


def test_the_programme_of_the_story_is_like_the_published_one() -> None:
    """Else the first test would compare apples with pears."""
    assert settled_program().currencies["points"].exponent == 0
