"""What callers do with coupons: see those of a member, and use one, once, whoever else tries (E16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from huitou.kernel.commits import Commit, until_committed
from huitou.kernel.content import require_same
from huitou.kernel.ids import Digest, MemberId, digest_of
from huitou.kernel.pages import Page
from huitou.points.membership import require_seen, seen_home
from huitou.points.ports import WalletStore
from huitou.program.faults import Faults
from huitou.program.model import GROUP, BrandId
from huitou.program.ports import Programs
from huitou.rewards.codes import read_code
from huitou.rewards.decisions import reverse, use
from huitou.rewards.errors import CouponNotFoundError, CouponUseNotFoundError, InvalidCouponUseError
from huitou.rewards.model import Coupon, Use
from huitou.rewards.ports import CouponStore


class SeenCoupon(NamedTuple):
    """A coupon as ``brand`` sees it; whose it is only where that has joined (E31)."""

    coupon: Coupon
    brand: BrandId
    knows_member: bool = True


@dataclass(frozen=True, slots=True)
class Used:
    """A use, now or (``replayed``) the first time the call came; or one that was reversed."""

    coupon: Coupon
    use: Use
    replayed: bool


def use_command(scope: BrandId, code: str, idempotency_key: str) -> Digest:
    """A key names a call about one coupon: so the coupon alone is enough to know it again."""
    return digest_of(("coupon", scope, read_code(code) or code, idempotency_key))


class Coupons:
    """The use cases. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        coupons: CouponStore,
        wallets: WalletStore,
        programs: Programs,
        commit: Commit,
        pause: Callable[[int], None],
    ) -> None:
        self._coupons = coupons
        self._wallets = wallets
        self._programs = programs
        self._commit = commit
        self._pause = pause

    def of_member(self, member: MemberId, brand: BrandId, *, after: str | None, limit: int) -> Page[SeenCoupon]:
        """A page of a member's coupons, the newest first, with those of who was merged into them (E15).

        A brand sees its own and the group's (E31).
        Raises `MemberNotFoundError`, `MemberErasedError`, `MemberMovedError`, `InvalidCursorError`.
        """
        home = require_seen(self._wallets.load(member, self._programs.active().home_currency), brand)
        brands = None if brand == GROUP else {GROUP, brand}
        page = self._coupons.of_members((member, *home.absorbed), brands, after=after, limit=limit)
        return Page(tuple(SeenCoupon(each, brand) for each in page.items), page.next_cursor)

    def get(self, code: str, brand: BrandId) -> SeenCoupon:
        """A coupon that ``brand`` takes. Raises `CouponNotFoundError`, `MemberErasedError`."""
        coupon = self._find(code, brand)
        home = seen_home(self._wallets, coupon.id.member, self._programs.active().home_currency, GROUP)
        return SeenCoupon(coupon, brand, brand == GROUP or home.has_joined(brand))

    def use(self, code: str, asked: Use, scope: BrandId) -> Used:
        """Uses it, once. ``scope`` is the brand of the key, or the group. The same call again gives the same answer.

        Raises `CouponNotFoundError`, `MemberErasedError`, `CouponNotTakenHereError`, `CouponUsedError`,
        `CouponExpiredError`, `CouponUsedTooOftenError`, `InvalidCouponUseError`, `ContentReusedError`.
        """

        def attempt() -> Used:
            before = self.get(code, scope).coupon
            if known := before.use_of(asked.id):
                require_same(known.content(), asked.content(), "use")
                return Used(before, known, replayed=True)
            self._require_place(asked)
            after = use(before, asked)
            self._commit([self._coupons.save(before, after)])
            return Used(after, asked, replayed=False)

        return until_committed(attempt, self._pause)

    def reverse(self, code: str, command: Digest, brand: BrandId, now: datetime) -> Used:
        """Makes as if the use had not been, once; the coupon lives no longer by it.

        Raises `CouponNotFoundError`, `CouponUseNotFoundError`, `MemberErasedError`.
        """

        def attempt() -> Used:
            before = self.get(code, brand).coupon
            after = reverse(before, command, brand, now)
            if after is not before:
                self._commit([self._coupons.save(before, after)])
            found = after.use_of(command)
            if found is None:
                raise CouponUseNotFoundError
            return Used(after, found, replayed=after is before)

        return until_committed(attempt, self._pause)

    def _require_place(self, asked: Use) -> None:
        """Asked of what is new: what was done once is answered for ever, whatever the programme says by then (E14)."""
        faults = Faults()
        faults.store(asked.store, asked.brand, self._programs.active())
        faults.raise_any(InvalidCouponUseError, "The coupon cannot be used where it is asked for.")

    def _find(self, code: str, brand: BrandId) -> Coupon:
        read = read_code(code)
        found = self._coupons.find(read) if read else None
        if found is None or (brand != GROUP and found.brand not in {GROUP, brand}):
            raise CouponNotFoundError
        return found
