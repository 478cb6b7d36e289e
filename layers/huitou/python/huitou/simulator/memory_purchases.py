"""Purchases and visits in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.points.wallet import Wallet
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.ports import MemberState
from huitou.simulator.memory import MemoryTable, absent
from huitou.standing.model import Record


class MemoryMemberStates:
    """`MemberStates` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, member: MemberId) -> MemberState:
        values = self._table.query(object, keys.member(member), between=keys.STANDING_TO_WALLETS).items
        wallets = {value.currency: value for value in values if isinstance(value, Wallet)}
        return MemberState(wallets, next((value for value in values if isinstance(value, Record)), Record(member)))


class MemoryPurchases:
    """`PurchaseStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, receipt: Digest) -> Purchase | None:
        found = self._table.get(object, *keys.receipt(receipt))
        if isinstance(found, OwnedId):
            return self.get(found)
        return found if isinstance(found, Purchase) else None

    def find_all(self, receipts: Sequence[Digest]) -> Mapping[Digest, Purchase]:
        return {receipt: found for receipt in receipts if (found := self.find(receipt)) is not None}

    def get(self, purchase: OwnedId) -> Purchase | None:
        return self._table.get(Purchase, *keys.purchase(*purchase))

    def of_member(self, member: MemberId, *, after: str | None, limit: int) -> Page[Purchase]:
        return self._table.query(
            Purchase,
            keys.member(member),
            prefix=keys.PURCHASE_PREFIX,
            after=after,
            limit=limit,
            newest_first=True,
        )

    def add(self, purchase: Purchase) -> list[Write]:
        refused = StaleReadError("The receipt was recorded meanwhile.")
        receipt = keys.receipt(purchase.receipt)
        if purchase.member is None:
            return [self._table.put(*receipt, purchase, refused=refused, when=absent)]
        key = purchase.key(purchase.member)
        return [
            self._table.put(*keys.purchase(*key), purchase, refused=refused, when=_always),
            self._table.put(*receipt, key, refused=refused, when=absent),
        ]

    def claim(self, purchase: Purchase) -> list[Write]:
        if purchase.member is None:
            raise ValueError("A claim names the member.")
        refused = StaleReadError("The receipt was claimed meanwhile.")
        key = purchase.key(purchase.member)
        return [
            self._table.put(*keys.purchase(*key), purchase, refused=refused, when=_always),
            self._table.put(*keys.receipt(purchase.receipt), key, refused=refused, when=_is_unclaimed),
        ]

    def find_visit(self, source: Digest) -> Visit | None:
        key = self._table.get(OwnedId, *keys.receipt(source))
        return self._table.get(Visit, *keys.event(*key)) if key else None

    def add_visit(self, visit: Visit) -> list[Write]:
        refused = StaleReadError("The visit was recorded meanwhile.")
        return [
            self._table.put(*keys.event(*visit.id), visit, refused=refused, when=_always),
            self._table.put(*keys.receipt(visit.source), visit.id, refused=refused, when=absent),
        ]


def _always(_: object) -> bool:
    return True


def _is_unclaimed(value: object) -> bool:
    return isinstance(value, Purchase)
