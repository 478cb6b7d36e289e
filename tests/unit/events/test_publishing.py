"""From records of the stream to events on a bus: at least once each, whatever fails on the way (E21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from botocore.stub import Stubber

from huitou.events.model import DomainEvent
from huitou.events.service import Publisher
from huitou.events.store import change_in
from huitou.kernel.errors import UnavailableError
from huitou.platform.event_bus import ATTEMPTS, MOST_BYTES, EventBridgeBus, _batches, _size
from huitou.platform.streams import again_from
from huitou.points.wallet import Entry
from huitou.program.model import Program
from huitou.standing.position import Position
from huitou.standing.store import StandingItem, position_item
from tests.accounts import Town, settled_program
from tests.builders import OPENED
from tests.contract.targets import REGION
from tests.domain_events import MEI, a_program, record, record_of, story, told

POISON: Mapping[str, Any] = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "666"}}


class Bus:
    """Takes everything but the events with these numbers."""

    def __init__(self, *refused: int) -> None:
        self.refused = refused
        self.taken: list[DomainEvent] = []

    def put(self, events: Sequence[DomainEvent]) -> Sequence[int]:
        self.taken += [event for number, event in enumerate(events) if number not in self.refused]
        return [number for number in self.refused if number < len(events)]


class Aside:
    def __init__(self) -> None:
        self.kept: list[tuple[Mapping[str, Any], str]] = []

    def keep(self, record: Mapping[str, Any], error: Exception) -> None:
        self.kept.append((record, type(error).__name__))


def publisher(bus: Bus, aside: Aside, version: Callable[[int], Program] = lambda _: settled_program()) -> Publisher:
    return Publisher(change_in, version, bus, aside)


def earned(count: int) -> list[Entry]:
    town = Town(settled_program())
    return [town.earn(MEI, points) for points in range(1, count + 1)]


def test_the_stream_tells_the_same_as_the_changes_that_it_is_about() -> None:
    bus = Bus()
    records = [record_of(change, number) for number, change in enumerate(story())]

    published = publisher(bus, Aside(), lambda _: a_program()).publish(records)

    assert [event.detail for event in bus.taken] == [event.detail for event in told()]
    assert published == (len(bus.taken), 0, frozenset())


def test_a_record_that_nothing_can_be_made_of_is_kept_and_its_neighbours_go_on() -> None:
    """E21: neither stopped nor repeated."""
    bus, aside = Bus(), Aside()
    first, second = map(record_of, earned(2))

    published = publisher(bus, aside).publish([first, POISON, second])

    assert published == (2, 1, frozenset())
    assert aside.kept == [(POISON, "KeyError")]


def test_where_the_programme_cannot_be_read_the_record_comes_again() -> None:
    def out_of_reach(_: int) -> Program:
        raise UnavailableError("The table did not answer in time.")

    bus, aside = Bus(), Aside()
    published = publisher(bus, aside, out_of_reach).publish([record_of(each) for each in earned(2)])

    assert published == (0, 0, frozenset({0, 1}))
    assert aside.kept == []


def test_an_event_that_the_bus_refuses_makes_its_record_come_again() -> None:
    bus = Bus(1)
    published = publisher(bus, Aside()).publish([record_of(each) for each in earned(3)])
    assert published == (2, 0, frozenset({1}))


def test_other_items_are_nobodys_business() -> None:
    standing = StandingItem("M#1", "STANDING")
    removed = record(StandingItem("M#1", "ENTRY#points#0000000001"), None)
    merged_away = record(position_item(Position(MEI, 1, 1, OPENED, None)), None)
    assert change_in(record(None, standing)) is None
    assert change_in(removed) is None
    assert change_in(merged_away) is None


def test_the_stream_goes_on_from_the_earliest_that_failed() -> None:
    records = [record_of(each, number) for number, each in enumerate(earned(4), start=1)]
    assert again_from(records, {3, 1}) == {"batchItemFailures": [{"itemIdentifier": f"{2:021d}"}]}
    assert again_from(records, ()) == {"batchItemFailures": []}


class TestBus:
    @pytest.fixture
    def bridge(self, monkeypatch: pytest.MonkeyPatch) -> EventBridgeBus:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        return EventBridgeBus("bus", REGION, lambda _: None)

    def test_what_is_refused_is_put_again_alone(self, bridge: EventBridgeBus) -> None:
        events = told()[:3]
        entries = [bridge._entry(event) for event in events]
        refused = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        with Stubber(bridge._client) as answers:
            first = {"FailedEntryCount": 1, "Entries": [{"EventId": "a"}, refused, {"EventId": "c"}]}
            answers.add_response("put_events", first, {"Entries": entries})
            answers.add_response(
                "put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "b"}]}, {"Entries": entries[1:2]}
            )
            assert bridge.put(events) == []
            answers.assert_no_pending_responses()

    def test_what_is_refused_again_and_again_is_told(self, bridge: EventBridgeBus) -> None:
        refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
        with Stubber(bridge._client) as answers:
            for _ in range(ATTEMPTS):
                answers.add_response("put_events", refused)
            assert bridge.put(told()[:1]) == [0]

    def test_nothing_to_tell_is_no_call(self, bridge: EventBridgeBus) -> None:
        with Stubber(bridge._client):
            assert bridge.put([]) == []

    @pytest.mark.parametrize("letters", [10, 60_000])
    def test_batches_keep_within_both_limits_and_the_order(self, letters: int) -> None:
        entry = {"Source": "huitou", "DetailType": "points.earned.v1", "Detail": "點" * (letters // 3)}
        batches = list(_batches((number, entry) for number in range(25)))
        assert [number for batch in batches for number, _ in batch] == list(range(25))
        assert all(len(batch) <= 10 and sum(_size(each) for _, each in batch) <= MOST_BYTES for batch in batches)
        assert len(batches) == (3 if letters == 10 else 7)
