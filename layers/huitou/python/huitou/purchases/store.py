"""Purchases and visits in DynamoDB.

A purchase lies in its member's partition, in the order of time; its receipt, an item of its own, says where.
A purchase without a member lies in its receipt until it is claimed. What was bought is packed (deflated JSON),
so that ten lines take one write unit; when it happened is in the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from pynamodb.attributes import BinaryAttribute, JSONAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.errors import UnavailableError
from huitou.kernel.ids import Digest, MemberId, OwnedId, occurred_at_of, ulid_for
from huitou.kernel.instants import from_millis, to_millis
from huitou.kernel.pages import Page, all_items
from huitou.platform import keys
from huitou.platform.attributes import IntegerAttribute
from huitou.platform.table import Item, Table
from huitou.points.store import READS, wallet_kind, wallets_in
from huitou.purchases.model import EntryRef, Move, Purchase, Visit, VisitType
from huitou.purchases.packing import pack, pack_returns, unpack, unpack_returns
from huitou.purchases.ports import Awaited, MemberState
from huitou.purchases.standing import is_whole
from huitou.standing.store import PositionItem, StandingItem, position_in, record_in


class SaleItem(Item):
    """What both a member's purchase and one without a member say."""

    receipt = UnicodeAttribute(null=True)
    brand = UnicodeAttribute(null=True)
    store = UnicodeAttribute(null=True)
    channel = UnicodeAttribute(null=True)
    terminal = UnicodeAttribute(null=True)
    number = UnicodeAttribute(null=True)
    business_date = UnicodeAttribute(attr_name="day", null=True)
    received_at = IntegerAttribute(null=True)
    money = UnicodeAttribute(null=True)
    basket = BinaryAttribute(null=True, legacy_encoding=False)
    total = IntegerAttribute(null=True)
    client_reference = UnicodeAttribute(attr_name="reference", null=True)
    program_version = IntegerAttribute(attr_name="program", null=True)
    returns = UnicodeAttribute(null=True)


class PurchaseItem(SaleItem):
    """A member's purchase."""

    claimed_at = IntegerAttribute(null=True)
    entries = JSONAttribute(null=True)
    moved = JSONAttribute(null=True)
    sold_to = UnicodeAttribute(null=True)
    survivor = UnicodeAttribute(null=True)


class ReceiptItem(SaleItem):
    """Where the purchase or visit with this identity is; or the purchase itself, while it has no member.

    Before the sale came, the refunds that wait for it (E19).
    """

    member = UnicodeAttribute(null=True)
    key = UnicodeAttribute(null=True)
    occurred_at = IntegerAttribute(null=True)
    waiting = JSONAttribute(null=True)


class VisitItem(Item):
    """A visit, booking, check-in or partner event."""

    source = UnicodeAttribute()
    type = UnicodeAttribute()
    brand = UnicodeAttribute()
    store = UnicodeAttribute(null=True)
    received_at = IntegerAttribute()
    data = JSONAttribute(null=True)
    client_reference = UnicodeAttribute(attr_name="reference", null=True)


class TableMemberStates:
    """`MemberStates` in DynamoDB: one query. It is no snapshot, so wallet and record say how often facts went over."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, member: MemberId) -> MemberState:
        for _ in range(READS):
            rows = list(all_items(lambda after: self._rows(member, after)))
            wallets = wallets_in(member, rows)
            record = record_in(member, next((row for row in rows if isinstance(row, StandingItem)), None))
            if wallets is not None and is_whole(wallets, record):
                found = next((row for row in rows if isinstance(row, PositionItem)), None)
                return MemberState(wallets, record, position_in(member, found) if found else None)
        raise UnavailableError("The member is being changed too fast to be read.")

    def _rows(self, member: MemberId, after: str | None) -> Page[Item]:
        return self._table.query(_state_kind, keys.member(member), between=keys.STANDING_TO_WALLETS, after=after)


def _state_kind(sk: str) -> type[Item]:
    return wallet_kind(sk) if sk.startswith(keys.WALLET_PREFIX) else _STANDING_KINDS.get(sk, Item)


_STANDING_KINDS: Mapping[str, type[Item]] = {keys.STANDING: StandingItem, keys.POSITION: PositionItem}


class TablePurchases:
    """`PurchaseStore` in DynamoDB."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, receipt: Digest) -> Purchase | None:
        found = self.look_up(receipt)
        return found if isinstance(found, Purchase) else None

    def look_up(self, receipt: Digest) -> Purchase | Awaited | None:
        item = self._table.get(ReceiptItem, *keys.receipt(receipt))
        if item is None:
            return None
        if item.waiting is not None:
            return Awaited(receipt, tuple(item.waiting))
        if item.member is None:
            return _unclaimed(receipt, item)
        purchase = self.get(OwnedId(MemberId(item.member), item.key))
        if purchase is None:
            raise StaleReadError("The purchase is being written just now.")
        return purchase

    def find_all(self, receipts: Sequence[Digest]) -> Mapping[Digest, Purchase]:
        pointers = self._table.get_many([(ReceiptItem, *keys.receipt(receipt)) for receipt in receipts])
        found: dict[Digest, Purchase] = {}
        owned: dict[Digest, OwnedId] = {}
        for receipt, item in zip(receipts, pointers, strict=True):
            if isinstance(item, ReceiptItem) and item.waiting is not None:
                continue
            if isinstance(item, ReceiptItem) and item.member is None:
                found[receipt] = _unclaimed(receipt, item)
            elif isinstance(item, ReceiptItem):
                owned[receipt] = OwnedId(MemberId(item.member), item.key)
        purchases = self._table.get_many([(PurchaseItem, *keys.purchase(*owner)) for owner in owned.values()])
        for (receipt, owner), item in zip(owned.items(), purchases, strict=True):
            if isinstance(item, PurchaseItem):
                found[receipt] = purchase_in(owner.member, item)
        return found

    def get(self, purchase: OwnedId) -> Purchase | None:
        item = self._table.get(PurchaseItem, *keys.purchase(*purchase))
        return purchase_in(purchase.member, item) if item else None

    def cursor(self, purchase: Purchase) -> str:
        return keys.PURCHASE_PREFIX + ulid_for(purchase.occurred_at, purchase.receipt)

    def of_member(self, member: MemberId, *, after: str | None, limit: int) -> Page[Purchase]:
        page = self._table.query(
            PurchaseItem,
            keys.member(member),
            prefix=keys.PURCHASE_PREFIX,
            after=after,
            limit=limit,
            newest_first=True,
        )
        return Page(tuple(purchase_in(member, item) for item in page.items), page.next_cursor)

    def add(self, purchase: Purchase, over: Awaited | None = None) -> list[Write]:
        if purchase.member is None:
            item = ReceiptItem(
                *keys.receipt(purchase.receipt),
                occurred_at=to_millis(purchase.occurred_at),
                **_sale_attributes(purchase),
            )
            return [self._new(item, over)]
        pointer = _pointer(purchase.receipt, purchase.key(purchase.member))
        return [self._purchase_write(purchase), self._new(pointer, over)]

    def wait(self, receipt: Digest, before: Awaited | None, after: Awaited | None) -> Write:
        refused = StaleReadError("What waits for the sale changed meanwhile.")
        if after is None:
            return self._table.delete(ReceiptItem, *keys.receipt(receipt), condition=_waits(before), refused=refused)
        item = ReceiptItem(*keys.receipt(receipt), waiting=list(after.refunds))
        return self._table.put(item, condition=_waits(before), refused=refused)

    def refund(self, before: Purchase, after: Purchase) -> Write:
        kind, key = (
            (PurchaseItem, keys.purchase(*before.key(before.member)))
            if before.member
            else (ReceiptItem, keys.receipt(before.receipt))
        )
        return self._table.update(
            kind,
            *key,
            [kind.returns.set(packed) if (packed := pack_returns(after.returns)) else kind.returns.remove()],
            condition=_unchanged(kind, before),
            refused=StaleReadError("The purchase was refunded or moved meanwhile."),
        )

    def move(self, before: Purchase, after: Purchase) -> list[Write]:
        if before.member is None or after.member is None or before.moved is None:
            raise ValueError("A move says from whom, to whom and why.")
        refused = StaleReadError("The purchase was refunded or moved meanwhile.")
        to, at, reason, actor = before.moved
        moved = [*to, to_millis(at), reason, actor]
        old = self._table.update(
            PurchaseItem,
            *keys.purchase(*before.key(before.member)),
            [PurchaseItem.moved.set(moved)],
            condition=_unchanged(PurchaseItem, before),
            refused=refused,
        )
        pointer = self._table.put(
            _pointer(after.receipt, after.key(after.member)),
            condition=ReceiptItem.member == before.member,
            refused=refused,
        )
        return [old, self._purchase_write(after), pointer]

    def claim(self, purchase: Purchase) -> list[Write]:
        if purchase.member is None:
            raise ValueError("A claim names the member.")
        unclaimed = replace(purchase, returns=purchase.returns.as_unclaimed)
        pointer = self._table.put(
            _pointer(purchase.receipt, purchase.key(purchase.member)),
            condition=_unchanged(ReceiptItem, unclaimed),
            refused=StaleReadError("The receipt was claimed or refunded meanwhile."),
        )
        return [self._purchase_write(purchase), pointer]

    def find_visit(self, source: Digest) -> Visit | None:
        pointer = self._table.get(ReceiptItem, *keys.receipt(source))
        if pointer is None or pointer.member is None:
            return None
        visit = OwnedId(MemberId(pointer.member), pointer.key)
        item = self._table.get(VisitItem, *keys.event(*visit))
        return visit_in(visit, item) if item else None

    def add_visit(self, visit: Visit) -> list[Write]:
        item = VisitItem(
            *keys.event(*visit.id),
            source=visit.source,
            type=visit.type.value,
            brand=visit.brand,
            store=visit.store,
            received_at=to_millis(visit.received_at),
            data=dict(visit.data) or None,
            client_reference=visit.client_reference,
        )
        return [self._table.put(item, refused=_taken()), self._new(_pointer(visit.source, visit.id))]

    def _purchase_write(self, purchase: Purchase) -> Write:
        key = keys.purchase(*purchase.key(MemberId(purchase.member or "")))
        item = PurchaseItem(
            *key,
            receipt=purchase.receipt,
            claimed_at=to_millis(purchase.claimed_at) if purchase.claimed_at else None,
            entries=[list(entry) for entry in purchase.entries] or None,
            sold_to=purchase.sold_to,
            survivor=purchase.survivor,
            **_sale_attributes(purchase),
        )
        return self._table.put(item, refused=_taken())

    def _new(self, item: ReceiptItem, over: Awaited | None = None) -> Write:
        return self._table.put(item, condition=_waits(over), refused=_taken())


def _taken() -> StaleReadError:
    return StaleReadError("The receipt was recorded meanwhile.")


def _waits(awaited: Awaited | None) -> Condition:
    """Nothing has this receipt, except the refunds that are known to wait for it."""
    if awaited is None:
        return ReceiptItem.pk.does_not_exist()
    waits: Condition = ReceiptItem.waiting == list(awaited.refunds)
    return waits


def _unchanged(kind: type[PurchaseItem] | type[ReceiptItem], purchase: Purchase) -> Condition:
    counts = PurchaseItem.moved.does_not_exist() if kind is PurchaseItem else ReceiptItem.member.does_not_exist()
    unchanged: Condition = kind.pk.exists() & counts & _as_returned(kind, purchase)
    return unchanged


def _as_returned(kind: type[SaleItem], purchase: Purchase) -> Condition:
    packed = pack_returns(purchase.returns)
    return kind.returns.does_not_exist() if packed is None else kind.returns == packed


def _pointer(identity: Digest, target: OwnedId) -> ReceiptItem:
    return ReceiptItem(*keys.receipt(identity), member=target.member, key=target.key)


def _sale_attributes(purchase: Purchase) -> Mapping[str, Any]:
    return {
        "brand": purchase.brand,
        "store": purchase.store,
        "channel": purchase.channel,
        "terminal": purchase.terminal,
        "number": purchase.number,
        "business_date": purchase.business_date.isoformat() if purchase.business_date else None,
        "received_at": to_millis(purchase.received_at),
        "money": purchase.money,
        "basket": pack(purchase),
        "total": purchase.total,
        "client_reference": purchase.client_reference,
        "program_version": purchase.program_version,
        "returns": pack_returns(purchase.returns),
    }


def purchase_in(member: MemberId, item: PurchaseItem) -> Purchase:
    ulid = item.sk.removeprefix(keys.PURCHASE_PREFIX)
    return Purchase(
        receipt=Digest(item.receipt),
        member=member,
        occurred_at=occurred_at_of(ulid),
        claimed_at=from_millis(item.claimed_at) if item.claimed_at is not None else None,
        entries=tuple(EntryRef(*entry) for entry in item.entries or ()),
        moved=_move(*item.moved) if item.moved else None,
        sold_to=MemberId(item.sold_to) if item.sold_to else None,
        survivor=MemberId(item.survivor) if item.survivor else None,
        **_sale_values(item),
    )


def without_reason(moved: list[Any]) -> list[Any]:
    """A stored move, without what staff had to say about it (E25)."""
    member, key, at, _, actor = moved
    return [member, key, at, "", actor]


def _move(member: str, key: str, at: int, reason: str, actor: str) -> Move:
    return Move(OwnedId(MemberId(member), key), from_millis(at), reason, actor)


def _unclaimed(receipt: Digest, item: ReceiptItem) -> Purchase:
    return Purchase(receipt=receipt, member=None, occurred_at=from_millis(item.occurred_at), **_sale_values(item))


def _sale_values(item: SaleItem) -> Mapping[str, Any]:
    return {
        "brand": item.brand,
        "store": item.store,
        "channel": item.channel,
        "terminal": item.terminal,
        "number": item.number,
        "business_date": date.fromisoformat(item.business_date) if item.business_date else None,
        "received_at": from_millis(item.received_at),
        "money": item.money,
        "total": item.total,
        "client_reference": item.client_reference,
        "program_version": item.program_version,
        "returns": unpack_returns(item.returns),
        **unpack(item.basket),
    }


def visit_in(visit: OwnedId, item: VisitItem) -> Visit:
    return Visit(
        source=Digest(item.source),
        type=VisitType(item.type),
        member=visit.member,
        brand=item.brand,
        store=item.store,
        occurred_at=occurred_at_of(visit.key),
        received_at=from_millis(item.received_at),
        data=item.data or {},
        client_reference=item.client_reference,
    )
