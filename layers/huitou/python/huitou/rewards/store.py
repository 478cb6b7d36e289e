"""Coupons in DynamoDB: each is one item among what is its member's, and a look-up item by its code."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.instants import from_millis, to_millis
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.platform.attributes import InstantAttribute, IntegerAttribute
from huitou.platform.members_pages import newest_of
from huitou.platform.table import Item, Table
from huitou.points.wallet import Cause
from huitou.program.model import BrandId
from huitou.rewards.model import Coupon, Use


class CouponItem(Item):
    """A coupon."""

    code = UnicodeAttribute()
    kind = UnicodeAttribute()
    program_version = IntegerAttribute()
    brand = UnicodeAttribute()
    given_for = JSONAttribute()
    issued_at = InstantAttribute()
    expires_at = InstantAttribute()
    uses = JSONAttribute(null=True)
    version = IntegerAttribute()


class CouponCodeItem(Item):
    """Which coupon has a code: its marker against a second one."""

    member = UnicodeAttribute()
    coupon = UnicodeAttribute()


class TableCoupons:
    """`CouponStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, coupon: OwnedId) -> Coupon | None:
        item = self._table.get(CouponItem, *keys.coupon(*coupon))
        return coupon_in(item) if item else None

    def find(self, code: str) -> Coupon | None:
        named = self._table.get(CouponCodeItem, *keys.coupon_code(code))
        return self.load(OwnedId(MemberId(named.member), named.coupon)) if named else None

    def add(self, coupon: Coupon) -> list[Write]:
        taken = StaleReadError("The code was drawn before.")
        named = CouponCodeItem(*keys.coupon_code(coupon.code), member=coupon.id.member, coupon=coupon.id.key)
        return [
            self._table.put(each, condition=type(each).pk.does_not_exist(), refused=taken)
            for each in (_item(coupon), named)
        ]

    def save(self, before: Coupon, after: Coupon) -> Write:
        return self._table.put(
            _item(after),
            condition=CouponItem.version == before.version,
            refused=StaleReadError("The coupon was used, or returned, meanwhile."),
        )

    def of_members(
        self, members: Sequence[MemberId], brands: Collection[BrandId] | None, *, after: str | None, limit: int
    ) -> Page[Coupon]:
        def shows(item: CouponItem) -> bool:
            return brands is None or item.brand in brands

        page = newest_of(self._table, CouponItem, members, keys.COUPON_PREFIX, shows=shows, after=after, limit=limit)
        return Page(tuple(map(coupon_in, page.items)), page.next_cursor)


def _item(coupon: Coupon) -> CouponItem:
    return CouponItem(
        *keys.coupon(*coupon.id),
        code=coupon.code,
        kind=coupon.kind,
        program_version=coupon.program_version,
        brand=coupon.brand,
        given_for=list(coupon.cause),
        issued_at=coupon.issued_at,
        expires_at=coupon.expires_at,
        uses=[_kept(use) for use in coupon.uses] or None,
        version=coupon.version,
    )


def coupon_in(item: CouponItem) -> Coupon:
    """The coupon that the item holds."""
    return Coupon(
        id=keys.parse_coupon(item.pk, item.sk),
        code=item.code,
        kind=item.kind,
        program_version=item.program_version,
        brand=item.brand,
        cause=Cause(*item.given_for),
        issued_at=item.issued_at,
        expires_at=item.expires_at,
        uses=tuple(_use(*each) for each in item.uses or ()),
        version=item.version,
    )


def _kept(use: Use) -> list[Any]:
    reversed_at = to_millis(use.reversed_at) if use.reversed_at else None
    return [use.id, use.brand, use.store, use.client_reference, to_millis(use.at), reversed_at]


def _use(  # noqa: PLR0917 - what is kept of one
    command: str, brand: str, store: str | None, reference: str | None, at: int, reversed_at: int | None
) -> Use:
    taken_back = None if reversed_at is None else from_millis(reversed_at)
    return Use(Digest(command), brand, store, reference, from_millis(at), taken_back)
