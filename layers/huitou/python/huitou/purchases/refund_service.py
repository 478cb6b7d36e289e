"""Refunding what members bought, each refund once (E14), also before its sale is known (E19)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from huitou.kernel.commits import once, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, OwnedId, parse_digest, parse_id
from huitou.kernel.pages import Page
from huitou.program.acceptance import accepted_time
from huitou.program.model import GROUP, BrandId
from huitou.purchases.booking import booked
from huitou.purchases.model import Purchase
from huitou.purchases.ports import Awaited
from huitou.purchases.refund_booking import RefundBookings, Refunded, entries_of
from huitou.purchases.refunds import Refund, RefundNotFoundError, RefundNotWaitingError, RefundStatus
from huitou.purchases.service import PurchaseNotFoundError

LISTED_AFTER = timedelta(days=1)
"""E19: how long a refund waits until its brand is told."""


class Refunds(RefundBookings):
    """The use cases."""

    def refund(self, order: Refund, named: str | None, now: datetime) -> Refunded:
        """Carries ``order`` out, of the purchase with the id ``named``, else of the one with its receipt.

        A sale that is not known by its receipt may still come: the refund waits for it (E19). Raises
        `PurchaseNotFoundError`, `RefundTooLateError`, `AlreadyRefundedError`, `UnknownLineError`,
        `MoreThanBoughtError`, `InFutureError`, `TooLateError`, `ContentReusedError`, `ContentionError`.
        """

        def attempt() -> Refunded:
            program = self._programs.active()
            at = accepted_time(order.occurred_at, program, now)
            sold = self._sold(order, named)
            receipt = sold.receipt if sold else order.receipt
            closes_at = min(order.closes_at, at + program.refund_limit)
            refund = replace(order, receipt=receipt, occurred_at=at, closes_at=closes_at)
            if isinstance(sold, Purchase):
                made, _, writes = self._refunding(refund, sold, now)
                self._commit([*writes, *self._refunds.add(made.refund)])
                return Refunded(made.refund, entries_of(made), replayed=False, booked=booked(made.decisions))
            waiting = Awaited(receipt, (*(sold.refunds if sold else ()), refund.id))
            self._commit([self._purchases.wait(receipt, sold, waiting), *self._refunds.add(refund)])
            return Refunded(refund, (), replayed=False)

        def recall() -> Refunded | None:
            known = self._refunds.find(order.id)
            if known is None:
                return None
            sold = self._sold(order, named)
            given = replace(order, receipt=sold.receipt if sold else order.receipt)
            require_same(known.content(), given.content(), "refund")
            if isinstance(sold, Purchase) and known.id in sold.returns.awaited:
                self.net(sold, now)
                known = self._refunds.find(order.id) or known
            return self._refunded(known)

        return once(attempt, recall, self._pause)

    def get(self, refund: str, brand: BrandId) -> Refunded:
        """A refund of this brand. Raises `RefundNotFoundError`."""
        return self._refunded(self._seen(refund, brand))

    def waiting(self, brand: BrandId, now: datetime, *, after: str | None, limit: int) -> Page[Refund]:
        """E19: a brand's refunds that have waited for a day, the oldest first; a page may be short of its limit."""
        page = self._refunds.waiting(brand, now - LISTED_AFTER, after=after, limit=limit)
        open_still = (each for each in page.items if each.status_at(now) is RefundStatus.WAITING)
        return Page(tuple(open_still), page.next_cursor)

    def cancel(self, refund: str, brand: BrandId, now: datetime) -> Refunded:
        """E19: takes back a refund that waits. Raises `RefundNotFoundError`, `RefundNotWaitingError`."""

        def attempt() -> Refunded:
            known = self._seen(refund, brand)
            if known.status is RefundStatus.CANCELLED:
                return Refunded(known, (), replayed=True)
            awaited = self._purchases.look_up(known.receipt)
            if isinstance(awaited, Purchase):
                self.net(awaited, now)
            if known.status_at(now) is not RefundStatus.WAITING or not isinstance(awaited, Awaited):
                raise RefundNotWaitingError("The refund does not wait for its sale any more.")
            return Refunded(self._withdrawn(known, awaited, RefundStatus.CANCELLED), (), replayed=False)

        return until_committed(attempt, self._pause)

    def finish(self, refund: Digest, now: datetime) -> None:
        """E19: closes what has waited for too long; does nothing before, and nothing twice.

        A refund whose sale has come, but was not netted with it, goes with the sale.
        """

        def attempt() -> None:
            known = self._refunds.find(refund)
            if known is None or known.status is not RefundStatus.WAITING or now < known.closes_at:
                return
            sold = self._purchases.look_up(known.receipt)
            if isinstance(sold, Purchase):
                self.net(sold, now)
            elif sold is not None:
                self._withdrawn(known, sold, RefundStatus.CLOSED)

        until_committed(attempt, self._pause)

    def _withdrawn(self, refund: Refund, awaited: Awaited, status: RefundStatus) -> Refund:
        """The refund as it is kept from now on; its sale will not find it."""
        rest = tuple(each for each in awaited.refunds if each != refund.id)
        left = Awaited(refund.receipt, rest) if rest else None
        withdrawn = replace(refund, status=status)
        self._commit([self._purchases.wait(refund.receipt, awaited, left), *self._refunds.settle(withdrawn)])
        return withdrawn

    def _sold(self, order: Refund, named: str | None) -> Purchase | Awaited | None:
        if named is None:
            return self._purchases.look_up(order.receipt)
        return self._purchase(named, order.brand)

    def _seen(self, refund: str, brand: BrandId) -> Refund:
        found = self._refunds.find(parse_digest(refund))
        if found is None or brand not in {GROUP, found.brand}:
            raise RefundNotFoundError("No such refund.")
        return found

    def _purchase(self, purchase_id: str, brand: BrandId) -> Purchase:
        """Where it is now, if it was moved. Raises `PurchaseNotFoundError`."""
        named = parse_id(purchase_id)
        found = self._purchases.get(named) if isinstance(named, OwnedId) else self._purchases.find(named)
        if found is None or brand not in {GROUP, found.brand}:
            raise PurchaseNotFoundError("No such purchase.")
        if found.moved is None:
            return found
        return self._purchases.find(found.receipt) or found
