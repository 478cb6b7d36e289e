"""What the use cases of coupons need from outside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from huitou.kernel.commits import Write
from huitou.kernel.ids import MemberId, OwnedId
from huitou.kernel.pages import Page
from huitou.program.model import BrandId
from huitou.rewards.model import Coupon


class CouponStore(Protocol):
    """Keeps coupons with their members. Reads are consistent."""

    def load(self, coupon: OwnedId) -> Coupon | None: ...

    def find(self, code: str) -> Coupon | None: ...

    def add(self, coupon: Coupon) -> list[Write]:
        """A new one; refused with `StaleReadError` if its code is taken."""
        ...

    def save(self, before: Coupon, after: Coupon) -> Write:
        """Refused with `StaleReadError` if ``before`` is not the latest, or was forgotten (E25)."""
        ...

    def of_members(
        self, members: Sequence[MemberId], brands: Collection[BrandId] | None, *, after: str | None, limit: int
    ) -> Page[Coupon]:
        """All of ``members`` together, the newest first; only those that ``brands`` take, if there are any named."""
        ...
