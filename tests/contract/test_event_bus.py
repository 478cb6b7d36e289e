"""What EventBridge is told arrives, on each kind of it, with a rule and a queue as every subscriber has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from huitou.platform.event_bus import EventBridgeBus
from tests.contract.conftest import Endpoint
from tests.contract.targets import REGION
from tests.domain_events import told
from tests.subscribing import Json, Subscriber


@pytest.fixture(params=["moto", "emulator"])
def endpoint(request: pytest.FixtureRequest, endpoint_of: Endpoint) -> Iterator[str | None]:
    with ExitStack() as mocked:
        if request.param == "moto":
            mocked.enter_context(mock_aws())
        yield endpoint_of(request.param)


@pytest.fixture
def name(endpoint: str | None) -> str:
    """A bus of its own for each test."""
    events: Any = boto3.client("events", region_name=REGION, endpoint_url=endpoint)
    bus = f"bus-{uuid4().hex}"
    events.create_event_bus(Name=bus)
    return bus


def subscribed(name: str, endpoint: str | None, pattern: Json | None = None) -> Subscriber:
    events: Any = boto3.client("events", region_name=REGION, endpoint_url=endpoint)
    sqs: Any = boto3.client("sqs", region_name=REGION, endpoint_url=endpoint)
    return Subscriber(events, sqs, name, pattern)


def test_every_event_arrives_as_it_was_told(name: str, endpoint: str | None) -> None:
    """M36: more than one call takes, each once, with every field."""
    subscriber, events = subscribed(name, endpoint), told()
    assert len(events) > 10

    assert EventBridgeBus(name, REGION, lambda _: None, endpoint).put(events) == []

    heard = subscriber.heard()
    assert {event["detail"]["id"]: event["detail"] for event in heard} == {each.id: each.detail for each in events}
    assert len(heard) == len(events)
    assert all(event["detail-type"] == event["detail"]["type"] for event in heard)


def test_a_subscriber_chooses_by_type_and_brand(name: str, endpoint: str | None) -> None:
    pattern = {"detail-type": ["points.earned.v1"], "detail": {"brand": ["maru"]}}
    subscriber = subscribed(name, endpoint, pattern)

    EventBridgeBus(name, REGION, lambda _: None, endpoint).put(told())

    assert {event["detail"]["type"] for event in subscriber.heard()} == {"points.earned.v1"}
