"""The active programme, as a function that decides sees it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from huitou.kernel.errors import NotFoundError
from huitou.kernel.instants import EPOCH
from huitou.program.publishing import ProgramPublisher
from huitou.program.service import CACHE_SECONDS, NoProgramError, ProgramReader, stores_of
from huitou.simulator.memory import MemoryTable
from huitou.simulator.memory_program import MemoryVersions
from tests.builders import document, program


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class House:
    """A publisher and a reader over one table in memory."""

    def __init__(self) -> None:
        table = MemoryTable()
        versions = MemoryVersions(table)
        self.clock = Clock()
        self.reader = ProgramReader(versions, self.clock)
        self.publisher = ProgramPublisher(versions, table.commit, pause=lambda _: None)

    def publish(self, name: str, at: datetime = EPOCH) -> None:
        self.publisher.publish(json.dumps(document(name=name)), by="key", now=at)


def test_nothing_is_decided_before_the_first_publication() -> None:
    with pytest.raises(NoProgramError):
        House().reader.active()


def test_a_publication_is_seen_when_the_cache_has_run_out() -> None:
    house = House()
    house.publish("First")
    assert house.reader.active().name == "First"
    house.publish("Second")

    house.clock.now += CACHE_SECONDS - 0.001
    assert house.reader.active().name == "First"
    house.clock.now += 0.001
    assert house.reader.active().name == "Second"


def test_who_meets_what_a_later_version_has_decided_takes_it_up_at_once() -> None:
    house = House()
    house.publish("First")
    assert house.reader.active(at_least=1).name == "First"
    house.publish("Second")

    assert house.reader.active(at_least=1).name == "First"
    assert house.reader.active(at_least=2).name == "Second"
    assert house.reader.active().name == "Second"


def test_the_first_publication_is_seen_at_once() -> None:
    house = House()
    with pytest.raises(NoProgramError):
        house.reader.active()

    house.publish("First")

    assert house.reader.active().name == "First"


def test_an_older_version_stays_readable() -> None:
    """E2: what was decided under a version can be decided under it again."""
    house = House()
    house.publish("First")
    house.publish("Second")

    assert (house.reader.version(1).name, house.reader.version(1).version) == ("First", 1)


def test_a_version_is_compiled_once() -> None:
    house = House()
    house.publish("First")

    assert house.reader.version(1) is house.reader.active()


def test_a_version_that_was_never_published_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        House().reader.version(1)


def test_stores_come_by_id_in_pages() -> None:
    """E33: cursor pages."""
    north = [{"id": f"n{n}", "brand": "maru", "name": "North", "region": "north"} for n in (3, 1, 2)]
    compiled = program(document(stores=north))

    first = stores_of(compiled, limit=2)
    second = stores_of(compiled, limit=2, after=first.next_cursor)

    assert [store.id for store in first.items] == ["n1", "n2"]
    assert [store.id for store in second.items] == ["n3"]
    assert second.next_cursor is None


def test_stores_are_chosen_by_brand_and_region() -> None:
    compiled = program()

    assert [store.id for store in stores_of(compiled, brand="sora", limit=9).items] == ["s1"]
    assert [store.id for store in stores_of(compiled, region="north", limit=9).items] == ["m1"]
    assert stores_of(compiled, brand="sora", region="north", limit=9).items == ()


def test_a_late_sale_finds_the_programme_of_its_day() -> None:
    """E20: rates follow `occurred_at`."""
    house, day = House(), timedelta(days=1)
    for number, name in enumerate(("First", "Second", "Third")):
        house.publish(name, EPOCH + number * day)

    found = [house.reader.at(EPOCH + hours * timedelta(hours=1)).name for hours in (0, 23, 24, 47, 48, 1000)]

    assert found == ["First", "First", "Second", "Second", "Third", "Third"]


def test_what_is_older_than_every_version_finds_the_first() -> None:
    house = House()
    house.publish("First")

    assert house.reader.at(EPOCH - timedelta(days=1)).name == "First"
