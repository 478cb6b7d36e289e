"""Slots in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.pressure.model import Holder, Pressure
from huitou.simulator.memory import MemoryTable


class MemoryPressure:
    """`PressureStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load_all(self, holders: Iterable[Holder]) -> Mapping[Holder, Pressure]:
        return {each: self._table.get(Pressure, *keys.pressure(each)) or Pressure() for each in holders}

    def save(self, holder: Holder, after: Pressure, now: datetime) -> Write:
        del now
        return self._table.put(*keys.pressure(holder), after, refused=_overtaken(), when=_is_at(after.version - 1))

    def unchanged(self, holder: Holder, seen: Pressure) -> Write:
        return self._table.check(*keys.pressure(holder), refused=_overtaken(), when=_is_at(seen.version))


def _is_at(version: int) -> Callable[[object], bool]:
    return lambda value: (value.version if isinstance(value, Pressure) else 0) == version


def _overtaken() -> StaleReadError:
    return StaleReadError("Another message was planned, or sent there, meanwhile.")
