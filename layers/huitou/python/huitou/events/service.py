"""Publishing: from records of the stream to events on the bus, each change at least once (E21)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from huitou.events.decisions import Versions, events_of
from huitou.events.model import DomainEvent
from huitou.events.ports import Bus, Changes
from huitou.kernel.errors import UnavailableError
from huitou.kernel.streams import Aside, Record


class Published(NamedTuple):
    """What became of a batch: how many events are on the bus, how many records were set aside.

    ``again`` are the numbers of the records that must be delivered once more.
    """

    events: int
    set_aside: int
    again: frozenset[int]


class Publisher:
    """``changes`` understands a record, ``version`` finds a version of the programme."""

    def __init__(self, changes: Changes, version: Versions, bus: Bus, aside: Aside) -> None:
        self._changes = changes
        self._version = version
        self._bus = bus
        self._aside = aside

    def publish(self, records: Sequence[Record]) -> Published:
        """A record of which nothing can be made is kept aside at once: its neighbours neither wait nor come again.

        What the world could not do, reading the programme or taking an event, is reported, to be delivered again.
        """
        made: list[tuple[int, DomainEvent]] = []
        again, set_aside = set(), 0
        for number, record in enumerate(records):
            try:
                made += [(number, event) for event in self._events_of(record)]
            except UnavailableError:
                again.add(number)
            except Exception as error:
                self._aside.keep(record, error)
                set_aside += 1
        refused = self._bus.put([event for _, event in made])
        again.update(made[index][0] for index in refused)
        return Published(len(made) - len(refused), set_aside, frozenset(again))

    def _events_of(self, record: Record) -> tuple[DomainEvent, ...]:
        change = self._changes(record)
        return events_of(change, self._version) if change else ()
