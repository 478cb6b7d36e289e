"""Slots in DynamoDB: a member's are one small item beside the messages, an address has one by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pynamodb.attributes import JSONAttribute
from pynamodb.expressions.condition import Condition

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.instants import from_millis, to_millis
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.pressure.model import LONGEST_WINDOW, Holder, Pressure, Slot
from huitou.templates.model import TemplateKind

DAY: Final = timedelta(days=1)
"""By which no change of a clock makes the longest window longer."""


class PressureItem(Item):
    """Which messages take up room, in the order of time."""

    s = JSONAttribute()
    v = IntegerAttribute()
    forgotten_at = IntegerAttribute(null=True)


class TablePressure:
    """`PressureStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load_all(self, holders: Iterable[Holder]) -> Mapping[Holder, Pressure]:
        wanted = list(holders)
        found = self._table.get_many([(PressureItem, *keys.pressure(each)) for each in wanted])
        return dict(zip(wanted, map(_pressure, found), strict=True))

    def save(self, holder: Holder, after: Pressure, now: datetime) -> Write:
        is_member = isinstance(holder, str)
        item = PressureItem(
            *keys.pressure(holder),
            s=list(map(_json, after.slots)),
            v=after.version,
            forgotten_at=None if is_member else to_millis(now + LONGEST_WINDOW + DAY) // 1000,
        )
        return self._table.put(item, condition=_is_at(after.version - 1), refused=_overtaken())

    def unchanged(self, holder: Holder, seen: Pressure) -> Write:
        condition = _is_at(seen.version)
        return self._table.check(PressureItem, *keys.pressure(holder), condition=condition, refused=_overtaken())


def _pressure(item: Item | None) -> Pressure:
    if not isinstance(item, PressureItem):
        return Pressure()
    return Pressure(tuple(_slot(*each) for each in item.s), item.v)


def _json(slot: Slot) -> list[Any]:
    return [slot.message, slot.kind, to_millis(slot.at), *([slot.priority] if slot.priority is not None else ())]


def _slot(message: str, kind: str, at: int, priority: int | None = None) -> Slot:
    return Slot(message, TemplateKind(kind), from_millis(at), priority)


def _is_at(version: int) -> Condition:
    return PressureItem.v == version if version else PressureItem.pk.does_not_exist()


def _overtaken() -> StaleReadError:
    return StaleReadError("Another message was planned, or sent there, meanwhile.")
