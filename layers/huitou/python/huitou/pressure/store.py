"""A member's slots in DynamoDB: one small item beside the messages."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import JSONAttribute
from pynamodb.expressions.condition import Condition

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.kernel.instants import from_millis, to_millis
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.pressure.model import Pressure, Slot
from huitou.templates.model import TemplateKind


class PressureItem(Item):
    """Which messages take up room, in the order of time."""

    s = JSONAttribute()
    v = IntegerAttribute()


class TablePressure:
    """`PressureStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, member: MemberId) -> Pressure:
        item = self._table.get(PressureItem, *keys.pressure(member))
        if item is None:
            return Pressure()
        return Pressure(tuple(_slot(*each) for each in item.s), item.v)

    def save(self, member: MemberId, after: Pressure) -> Write:
        item = PressureItem(*keys.pressure(member), s=list(map(_json, after.slots)), v=after.version)
        return self._table.put(item, condition=_is_at(after.version - 1), refused=_overtaken())

    def unchanged(self, member: MemberId, seen: Pressure) -> Write:
        condition = _is_at(seen.version)
        return self._table.check(PressureItem, *keys.pressure(member), condition=condition, refused=_overtaken())


def _json(slot: Slot) -> list[Any]:
    return [slot.message, slot.kind, to_millis(slot.at), *([slot.priority] if slot.priority is not None else ())]


def _slot(message: str, kind: str, at: int, priority: int | None = None) -> Slot:
    return Slot(message, TemplateKind(kind), from_millis(at), priority)


def _is_at(version: int) -> Condition:
    return PressureItem.v == version if version else PressureItem.pk.does_not_exist()


def _overtaken() -> StaleReadError:
    return StaleReadError("Another message was planned meanwhile.")
