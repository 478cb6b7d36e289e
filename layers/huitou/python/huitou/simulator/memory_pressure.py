"""Members' slots in memory."""

from __future__ import annotations

from collections.abc import Callable

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId
from huitou.platform import keys
from huitou.pressure.model import Pressure
from huitou.simulator.memory import MemoryTable


class MemoryPressure:
    """`PressureStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, member: MemberId) -> Pressure:
        return self._table.get(Pressure, *keys.pressure(member)) or Pressure()

    def save(self, member: MemberId, after: Pressure) -> Write:
        return self._table.put(*keys.pressure(member), after, refused=_overtaken(), when=_is_at(after.version - 1))

    def unchanged(self, member: MemberId, seen: Pressure) -> Write:
        return self._table.check(*keys.pressure(member), refused=_overtaken(), when=_is_at(seen.version))


def _is_at(version: int) -> Callable[[object], bool]:
    return lambda value: (value.version if isinstance(value, Pressure) else 0) == version


def _overtaken() -> StaleReadError:
    return StaleReadError("Another message was planned meanwhile.")
