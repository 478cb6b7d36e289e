"""What is told on the group's bus, as a subscriber hears it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

from tests.e2e.calls import Body
from tests.files import EVENTS
from tests.subscribing import Subscriber

SCHEMAS = EVENTS / "domain"


class Listening:
    """Hears everything, and remembers it."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._heard: list[Body] = []

    def told_of(self, member: str) -> dict[str, list[Body]]:
        """What has been told of a member by now, by type."""
        self._heard += self._subscriber.heard()
        told: dict[str, list[Body]] = {}
        for event in self._heard:
            if event["detail"]["member_id"] == member:
                told.setdefault(event["detail-type"], []).append(event["detail"])
        return told


def fits(detail: Any) -> bool:
    """Whether it is what its schema in events/domain promises. Raises where it is not."""
    schema = json.loads((SCHEMAS / f"{detail['type']}.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(detail)
    return True
