"""Purchases and visits in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from huitou.kernel.commits import StaleReadError, Write
from huitou.kernel.ids import Digest, MemberId, OwnedId, ulid_for
from huitou.kernel.pages import Page
from huitou.platform import keys
from huitou.points.wallet import Wallet
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.ports import Awaited, MemberState
from huitou.simulator.memory import MemoryTable, absent
from huitou.standing.model import Record
from huitou.standing.position import Position


class MemoryMemberStates:
    """`MemberStates` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def load(self, member: MemberId) -> MemberState:
        values = self._table.query(object, keys.member(member), between=keys.STANDING_TO_WALLETS).items
        wallets = {value.currency: value for value in values if isinstance(value, Wallet)}
        record = next((value for value in values if isinstance(value, Record)), Record(member))
        return MemberState(wallets, record, next((value for value in values if isinstance(value, Position)), None))


class MemoryPurchases:
    """`PurchaseStore` in memory."""

    def __init__(self, table: MemoryTable) -> None:
        self._table = table

    def find(self, receipt: Digest) -> Purchase | None:
        found = self.look_up(receipt)
        return found if isinstance(found, Purchase) else None

    def look_up(self, receipt: Digest) -> Purchase | Awaited | None:
        found = self._table.get(object, *keys.receipt(receipt))
        if isinstance(found, OwnedId):
            return self.get(found)
        return found if isinstance(found, Purchase | Awaited) else None

    def find_all(self, receipts: Sequence[Digest]) -> Mapping[Digest, Purchase]:
        return {receipt: found for receipt in receipts if (found := self.find(receipt)) is not None}

    def get(self, purchase: OwnedId) -> Purchase | None:
        return self._table.get(Purchase, *keys.purchase(*purchase))

    def cursor(self, purchase: Purchase) -> str:
        return keys.PURCHASE_PREFIX + ulid_for(purchase.occurred_at, purchase.receipt)

    def of_member(self, member: MemberId, *, after: str | None, limit: int) -> Page[Purchase]:
        return self._table.query(
            Purchase,
            keys.member(member),
            prefix=keys.PURCHASE_PREFIX,
            after=after,
            limit=limit,
            newest_first=True,
        )

    def add(self, purchase: Purchase, over: Awaited | None = None) -> list[Write]:
        refused = StaleReadError("The receipt was recorded meanwhile.")
        receipt = keys.receipt(purchase.receipt)
        if purchase.member is None:
            return [self._table.put(*receipt, purchase, refused=refused, when=_is(over))]
        key = purchase.key(purchase.member)
        return [
            self._table.put(*keys.purchase(*key), purchase, refused=refused, when=_always),
            self._table.put(*receipt, key, refused=refused, when=_is(over)),
        ]

    def wait(self, receipt: Digest, before: Awaited | None, after: Awaited | None) -> Write:
        refused = StaleReadError("What waits for the sale changed meanwhile.")
        key = keys.receipt(receipt)
        if after is None:
            return self._table.delete(*key, refused=refused, when=_is(before))
        return self._table.put(*key, after, refused=refused, when=_is(before))

    def refund(self, before: Purchase, after: Purchase) -> Write:
        key = keys.purchase(*before.key(before.member)) if before.member else keys.receipt(before.receipt)
        return self._table.update(
            *key,
            lambda stored: replace(stored, returns=after.returns),
            refused=StaleReadError("The purchase was refunded or moved meanwhile."),
            when=_unchanged(before),
        )

    def move(self, before: Purchase, after: Purchase) -> list[Write]:
        if before.member is None or after.member is None or before.moved is None:
            raise ValueError("A move says from whom, to whom and why.")
        refused = StaleReadError("The purchase was refunded or moved meanwhile.")
        old, new = before.key(before.member), after.key(after.member)
        return [
            self._table.update(
                *keys.purchase(*old),
                lambda stored: replace(stored, moved=before.moved),
                refused=refused,
                when=_unchanged(before),
            ),
            self._table.put(*keys.purchase(*new), after, refused=refused, when=_always),
            self._table.put(*keys.receipt(after.receipt), new, refused=refused, when=_is(old)),
        ]

    def claim(self, purchase: Purchase) -> list[Write]:
        if purchase.member is None:
            raise ValueError("A claim names the member.")
        refused = StaleReadError("The receipt was claimed or refunded meanwhile.")
        key = purchase.key(purchase.member)
        unclaimed = replace(purchase, returns=purchase.returns.as_unclaimed)
        return [
            self._table.put(*keys.purchase(*key), purchase, refused=refused, when=_always),
            self._table.put(*keys.receipt(purchase.receipt), key, refused=refused, when=_unchanged(unclaimed)),
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


def _is(expected: object) -> Callable[[object], bool]:
    return lambda stored: stored == expected


def _unchanged(purchase: Purchase) -> Callable[[object], bool]:
    """Not refunded since, not moved; of one without a member, also not claimed."""
    return lambda stored: isinstance(stored, Purchase) and stored.returns == purchase.returns and stored.moved is None
