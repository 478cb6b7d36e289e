"""A bus of EventBridge, from the publisher's end."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.config import Config
from botocore.session import get_session

from huitou.events.model import SOURCE, DomainEvent

MOST_EVENTS = 10
MOST_BYTES = 256 * 1024
"""EventBridge's limits for one call: so many events, and so much of them together."""
TIME_BYTES = 14
"""What an entry's time counts for."""
ATTEMPTS = 4
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3, "mode": "standard"})
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

Numbered = tuple[int, Mapping[str, Any]]


class EventBridgeBus:
    """`events.ports.Bus`; built once per function. A bus out of reach raises botocore's own error.

    ``pause`` waits before what was refused, for example throttled, is put again.
    """

    def __init__(self, name: str, region: str, pause: Callable[[int], None], endpoint: str | None = None) -> None:
        self._name = name
        self._pause = pause
        self._client: Any = get_session().create_client("events", region, endpoint_url=endpoint, config=_CONFIG)

    def put(self, events: Sequence[DomainEvent]) -> Collection[int]:
        """By tens. The numbers of those refused again and again."""
        left: list[Numbered] = [(number, self._entry(event)) for number, event in enumerate(events)]
        for attempt in range(ATTEMPTS):
            if attempt and left:
                self._pause(attempt)
            left = [refused for batch in _batches(left) for refused in self._put(batch)]
        return [number for number, _ in left]

    def _put(self, batch: Sequence[Numbered]) -> list[Numbered]:
        answer = self._client.put_events(Entries=[entry for _, entry in batch])
        return [each for each, told in zip(batch, answer["Entries"], strict=True) if "ErrorCode" in told]

    def _entry(self, event: DomainEvent) -> Mapping[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type.value,
            "Time": event.recorded_at,
            "Detail": _JSON.encode(event.detail),
        }


def _batches(entries: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """In their order, each batch within both limits."""
    batch: list[Numbered] = []
    room = MOST_BYTES
    for each in entries:
        size = _size(each[1])
        if batch and (len(batch) == MOST_EVENTS or size > room):
            yield batch
            batch, room = [], MOST_BYTES
        batch.append(each)
        room -= size
    if batch:
        yield batch


def _size(entry: Mapping[str, Any]) -> int:
    """In bytes, as EventBridge counts."""
    return TIME_BYTES + sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
