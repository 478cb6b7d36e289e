"""What was planned for a member is kept alike in memory and in DynamoDB (E23)."""

from __future__ import annotations

import pytest

from huitou.kernel.commits import StaleReadError
from huitou.kernel.ids import MemberId
from huitou.pressure.model import Pressure, Slot
from huitou.templates.model import TemplateKind
from tests.builders import MEI, at
from tests.contract.targets import AnyTable
from tests.outbox import pressure_of, pressure_on

OTHER = MemberId("01JNSM3VF0R6T8C1W5PJ4X0001")
NOW = at("2026-03-02 12:00")
SLOTS = (
    Slot("01A", TemplateKind.MARKETING, at("2026-03-02 12:00")),
    Slot("01B", TemplateKind.SERVICE, at("2026-03-03 08:00")),
    Slot("01C", TemplateKind.MARKETING, at("2026-03-04 08:00"), 9),
)


def test_slots_come_back_as_they_were_stored(table: AnyTable) -> None:
    store = pressure_on(table)
    assert pressure_of(store, MEI) == Pressure()

    table.commit([store.save(MEI, Pressure(SLOTS, 1), NOW)])
    assert pressure_of(store, MEI) == Pressure(SLOTS, 1)

    table.commit([store.save(MEI, Pressure((), 2), NOW)])
    assert pressure_of(store, MEI) == Pressure((), 2)


@pytest.mark.parametrize("before", [0, 1])
def test_of_two_who_change_them_one_is_refused(table: AnyTable, before: int) -> None:
    store = pressure_on(table)
    for version in range(1, before + 1):
        table.commit([store.save(MEI, Pressure(SLOTS, version), NOW)])
    table.commit([store.save(MEI, Pressure(SLOTS[:1], before + 1), NOW)])

    with pytest.raises(StaleReadError):
        table.commit([store.save(MEI, Pressure(SLOTS[1:], before + 1), NOW)])

    assert pressure_of(store, MEI).slots == SLOTS[:1]


@pytest.mark.parametrize("before", [0, 1])
def test_what_was_seen_can_be_held_on_to(table: AnyTable, before: int) -> None:
    store = pressure_on(table)
    for version in range(1, before + 1):
        table.commit([store.save(MEI, Pressure(SLOTS, version), NOW)])
    seen = pressure_of(store, MEI)
    table.commit([store.unchanged(MEI, seen), store.save(OTHER, Pressure(SLOTS, 1), NOW)])
    table.commit([store.save(MEI, Pressure((), before + 1), NOW)])

    with pytest.raises(StaleReadError):
        table.commit([store.unchanged(MEI, seen), store.save(OTHER, Pressure((), 2), NOW)])

    assert pressure_of(store, OTHER) == Pressure(SLOTS, 1)
