"""Refunds in DynamoDB: an item each under the digest of its number; those that wait are also listed by brand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.instants import from_millis, to_millis
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.program.model import BrandId
from huitou.purchases.model import EntryRef
from huitou.purchases.refunds import LineAsked, Owed, Refund, RefundStatus
from huitou.purchases.returns import LineBack


class RefundItem(Item):
    """A refund. ``booked`` is what came of it; while it waits, it is due when that ends."""

    number = UnicodeAttribute()
    brand = UnicodeAttribute()
    receipt = UnicodeAttribute()
    status = UnicodeAttribute()
    lines = JSONAttribute(null=True)
    occurred_at = IntegerAttribute()
    received_at = IntegerAttribute()
    closes_at = IntegerAttribute()
    reason = UnicodeAttribute(null=True)
    client_reference = UnicodeAttribute(attr_name="reference", null=True)
    purchase = JSONAttribute(null=True)
    booked = JSONAttribute(null=True)
    survivor = UnicodeAttribute(null=True)
    refusal = UnicodeAttribute(null=True)
    due_pk = UnicodeAttribute(null=True)
    due_sk = UnicodeAttribute(null=True)


class WaitingItem(Item):
    """That a refund waits for its sale: the key says which, and since when."""


class TableRefunds:
    """`RefundStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, refund: Digest) -> Refund | None:
        item = self._table.get(RefundItem, *keys.refund(refund))
        return refund_in(item) if item else None

    def add(self, refund: Refund) -> list[Write]:
        known = StaleReadError("The refund was recorded meanwhile.")
        write = self._table.put(_item(refund), condition=RefundItem.pk.does_not_exist(), refused=known)
        if refund.status is not RefundStatus.WAITING:
            return [write]
        return [write, self._table.put(WaitingItem(*_place(refund)), refused=known)]

    def settle(self, refund: Refund) -> list[Write]:
        settled = StaleReadError("The refund does not wait any more.")
        waits = RefundItem.status == RefundStatus.WAITING.value
        return [
            self._table.put(_item(refund), condition=waits, refused=settled),
            self._table.delete(WaitingItem, *_place(refund), refused=settled),
        ]

    def waiting(self, brand: BrandId, came_before: datetime, *, after: str | None, limit: int) -> Page[Refund]:
        page = self._table.query(
            WaitingItem,
            keys.waiting_refunds(brand),
            between=keys.waiting_until(came_before),
            after=after,
            limit=limit,
        )
        digests = [keys.parse_waiting_refund(item.sk) for item in page.items]
        found = self._table.get_many([(RefundItem, *keys.refund(digest)) for digest in digests])
        return Page(tuple(refund_in(item) for item in found if isinstance(item, RefundItem)), page.next_cursor)


def _place(refund: Refund) -> keys.Key:
    return keys.waiting_refund(refund.brand, refund.received_at, refund.id)


def _item(refund: Refund) -> RefundItem:
    waits = refund.status is RefundStatus.WAITING
    due_pk, due_sk = keys.due(refund.id, refund.closes_at) if waits else (None, None)
    return RefundItem(
        *keys.refund(refund.id),
        number=refund.number,
        brand=refund.brand,
        receipt=refund.receipt,
        status=refund.status.value,
        lines=None if refund.lines is None else [list(each) for each in refund.lines],
        occurred_at=to_millis(refund.occurred_at),
        received_at=to_millis(refund.received_at),
        closes_at=to_millis(refund.closes_at),
        reason=refund.reason,
        client_reference=refund.client_reference,
        purchase=list(refund.purchase) if refund.purchase else None,
        booked=_booked(refund) if refund.status is RefundStatus.BOOKED else None,
        survivor=refund.survivor,
        refusal=refund.refusal,
        due_pk=due_pk,
        due_sk=due_sk,
    )


def _booked(refund: Refund) -> list[Any]:
    return [
        refund.program_version,
        refund.is_full,
        refund.money,
        refund.points,
        refund.points_currency,
        [list(each) for each in refund.returned],
        [list(each) for each in refund.owed],
        list(refund.given_back) if refund.given_back else None,
    ]


def refund_in(item: RefundItem) -> Refund:
    version, is_full, money, points, currency, returned, owed, given_back = item.booked or _NOT_BOOKED
    return Refund(
        id=keys.parse_refund(item.pk),
        number=item.number,
        brand=item.brand,
        receipt=Digest(item.receipt),
        lines=None if item.lines is None else tuple(LineAsked(*each) for each in item.lines),
        occurred_at=from_millis(item.occurred_at),
        received_at=from_millis(item.received_at),
        closes_at=from_millis(item.closes_at),
        reason=item.reason,
        client_reference=item.client_reference,
        status=RefundStatus(item.status),
        purchase=OwnedId(MemberId(item.purchase[0]), item.purchase[1]) if item.purchase else None,
        returned=tuple(LineBack(*each) for each in returned),
        money=money,
        points=points,
        points_currency=currency,
        is_full=is_full,
        owed=tuple(Owed(*each) for each in owed),
        given_back=EntryRef(*given_back) if given_back else None,
        survivor=MemberId(item.survivor) if item.survivor else None,
        program_version=version,
        refusal=item.refusal,
    )


_NOT_BOOKED: list[Any] = [0, False, 0, 0, None, (), (), None]
