"""Members' slots in memory."""

from __future__ import annotations

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
        refused = StaleReadError("Another message was planned meanwhile.")
        return self._table.put(
            *keys.pressure(member),
            after,
            refused=refused,
            when=lambda value: (value.version if isinstance(value, Pressure) else 0) == after.version - 1,
        )
