"""Refunds in memory."""

from __future__ import annotations

from datetime import datetime

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.program.model import BrandId
from huitou.purchases.refunds import Refund, RefundStatus
from huitou.simulator.memory import MemoryTable, absent, present


class MemoryRefunds:
    """`RefundStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, refund: Digest) -> Refund | None:
        return self._table.get(Refund, *keys.refund(refund))

    def add(self, refund: Refund) -> list[Write]:
        known = StaleReadError("The refund was recorded meanwhile.")
        write = self._table.put(*keys.refund(refund.id), refund, refused=known, when=absent)
        if refund.status is not RefundStatus.WAITING:
            return [write]
        return [write, self._table.put(*_place(refund), refund.id, refused=known, when=absent)]

    def settle(self, refund: Refund) -> list[Write]:
        settled = StaleReadError("The refund does not wait any more.")
        return [
            self._table.put(*keys.refund(refund.id), refund, refused=settled, when=_waits),
            self._table.delete(*_place(refund), refused=settled, when=present),
        ]

    def waiting(self, brand: BrandId, came_before: datetime, *, after: str | None, limit: int) -> Page[Refund]:
        page = self._table.query(
            str, keys.waiting_refunds(brand), between=keys.waiting_until(came_before), after=after, limit=limit
        )
        found = (self.find(Digest(digest)) for digest in page.items)
        return Page(tuple(refund for refund in found if refund), page.next_cursor)


def _place(refund: Refund) -> keys.Key:
    return keys.waiting_refund(refund.brand, refund.received_at, refund.id)


def _waits(value: object) -> bool:
    return isinstance(value, Refund) and value.status is RefundStatus.WAITING
