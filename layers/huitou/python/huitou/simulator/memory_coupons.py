"""Coupons in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.program.model import BrandId
from huitou.rewards.model import Coupon
from huitou.simulator.memory import MemoryTable, absent


class MemoryCoupons:
    """`CouponStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, coupon: OwnedId) -> Coupon | None:
        return self._table.get(Coupon, *keys.coupon(*coupon))

    def find(self, code: str) -> Coupon | None:
        named = self._table.get(OwnedId, *keys.coupon_code(code))
        return self.load(named) if named else None

    def add(self, coupon: Coupon) -> list[Write]:
        taken = StaleReadError("The code was drawn before.")
        return [
            self._table.put(*keys.coupon(*coupon.id), coupon, refused=taken, when=absent),
            self._table.put(*keys.coupon_code(coupon.code), coupon.id, refused=taken, when=absent),
        ]

    def save(self, before: Coupon, after: Coupon) -> Write:
        refused = StaleReadError("The coupon was used, or returned, meanwhile.")
        return self._table.put(*keys.coupon(*after.id), after, refused=refused, when=lambda value: value == before)

    def of_members(
        self, members: Sequence[MemberId], brands: Collection[BrandId] | None, *, after: str | None, limit: int
    ) -> Page[Coupon]:
        def shows(coupon: Coupon) -> bool:
            return brands is None or coupon.brand in brands

        partitions = map(keys.member, members)
        return self._table.newest_of(Coupon, partitions, keys.COUPON_PREFIX, shows=shows, after=after, limit=limit)
