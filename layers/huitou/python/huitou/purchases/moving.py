"""Moving a purchase to the right member (M40): taken back from one and sold to the other, in one commit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from huitou.kernel.commits import StaleReadError, until_committed
from huitou.kernel.errors import ConflictError
from huitou.kernel.ids import MemberId, OwnedId, parse_id
from huitou.members.directory import FoundMember
from huitou.points.circumstances import NOBODY
from huitou.points.membership import as_named
from huitou.points.wallet import Cause
from huitou.program.model import GROUP, BrandId
from huitou.purchases.booking import booked
from huitou.purchases.model import Move, Purchase
from huitou.purchases.refund_booking import RefundBookings
from huitou.purchases.refunding import invert, require_refundable
from huitou.purchases.service import PurchaseNotFoundError, Recorded


class NotMovableError(ConflictError):
    """M40: nobody's purchase is claimed, not moved; and points that paid stay with whom they belonged to."""

    code = "not_movable"
    title = "The purchase cannot be moved"


class AlreadyMovedError(ConflictError):
    """The purchase was moved to somebody else; ``extra`` says under which id it is now."""

    code = "already_moved"
    title = "The purchase was moved before"


class Moves(RefundBookings):
    """The use case."""

    def move(
        self, purchase_id: str, to: FoundMember, brand: BrandId, *, reason: str, actor: str, now: datetime
    ) -> Recorded:
        """Gives a purchase, with what is left of it, to whom it belongs; they earn as of the sale, by its rules.

        The same again changes nothing. Raises `PurchaseNotFoundError`, `NotMovableError`, `AlreadyMovedError`,
        `AlreadyRefundedError`, `RefundTooLateError`, `MemberNotFoundError`, `ContentionError`.
        """

        def attempt() -> Recorded:
            purchase = self._movable(purchase_id, brand)
            if purchase.moved is not None:
                return self._moved_before(purchase.moved, to.id)
            if self._is_of(purchase.member, to.id):
                return self._as_it_is(purchase)
            if purchase.returns.awaited:
                self.net(purchase, now)
                raise StaleReadError("What waited for the purchase came first.")
            return self._move(purchase, to, reason, actor, now)

        return until_committed(attempt, self._pause)

    def _move(self, purchase: Purchase, to: FoundMember, reason: str, actor: str, now: datetime) -> Recorded:
        program, rules = self._programs.active(), self._programs.version(purchase.program_version)
        require_refundable(purchase, rules, now)
        whole = {index: line.quantity for index, line in enumerate(purchase.lines)}
        emptied = replace(purchase, returns=replace(purchase.returns, lines=whole))
        owner = self._owner_at(purchase, program, now)
        inverse = invert(
            purchase,
            emptied,
            owner.wallets,
            rules=rules,
            program=program,
            now=owner.at,
            cause=Cause("move", purchase.id),
            history=self._history(purchase, emptied, owner, program),
        )
        decisions, folded = self._folded(inverse.decisions, owner.record, program, now)
        shares = self._without_shares(purchase, inverse.purchase, owner, rules)
        resold = replace(
            purchase,
            returns=purchase.returns.as_unearned,
            sold_to=purchase.sold_to or purchase.member,
            entries=(),
            seen=NOBODY,
            grants=(),
            survivor=None,
        )
        sale, writes = self._decided(resold, to, rules, now, returned=inverse.released)
        move = Move(sale.purchase.key(sale.purchase.member or to.id), now, reason, actor)
        kept = self._purchases.move(replace(purchase, moved=move), sale.purchase)
        self._commit([*self._saved(owner.wallets, decisions), *folded, *shares, *writes, *kept])
        entries = (*booked(decisions), *booked(sale.decisions))
        return Recorded(sale.purchase, sale.entries, replayed=False, booked=entries)

    def _movable(self, purchase_id: str, brand: BrandId) -> Purchase:
        named = parse_id(purchase_id)
        found = self._purchases.get(named) if isinstance(named, OwnedId) else self._purchases.find(named)
        if found is None or brand not in {GROUP, found.brand}:
            raise PurchaseNotFoundError("No such purchase.")
        if found.member is None:
            raise NotMovableError("Nobody has this purchase yet: claim its receipt.")
        if found.paid is not None:
            raise NotMovableError("Points paid a part of this purchase: refund it and record it anew.")
        return found

    def _moved_before(self, move: Move, to: MemberId) -> Recorded:
        if not self._is_of(move.to.member, to):
            raise AlreadyMovedError("The purchase was moved to somebody else.", extra={"moved_to": str(move.to)})
        found = self._purchases.get(move.to)
        if found is None:
            raise StaleReadError("The purchase is being moved just now.")
        return self._as_it_is(found)

    def _is_of(self, member: MemberId | None, to: MemberId) -> bool:
        """Whether the two are one, also by an alias (E15)."""
        home = self._programs.active().home_currency
        return as_named(self._wallets, member, to, home) == member

    def _as_it_is(self, purchase: Purchase) -> Recorded:
        return Recorded(purchase, tuple(self._entries(purchase)), replayed=True)
