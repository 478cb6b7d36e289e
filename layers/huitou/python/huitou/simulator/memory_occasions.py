"""Occasions in memory."""

from __future__ import annotations

from huitou.campaigns.occasions import Occasion, OccasionId
from huitou.kernel.commits import StaleReadError, Write
from huitou.platform import keys
from huitou.simulator.memory import MemoryTable, absent


class MemoryOccasions:
    """`OccasionStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, occasion: OccasionId) -> Occasion | None:
        return self._table.get(Occasion, *keys.occasion(*occasion))

    def add(self, occasion: Occasion) -> Write:
        refused = StaleReadError("It is there already.")
        return self._table.put(*keys.occasion(*occasion.id), occasion, refused=refused, when=absent)

    def save(self, before: Occasion, after: Occasion) -> Write:
        refused = StaleReadError("Another worker is further with the same part.")
        key = keys.occasion(*after.id)
        return self._table.put(*key, after, refused=refused, when=lambda value: value == before)
