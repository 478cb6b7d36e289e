"""Recording what members buy and do, each once (E14), with the points it earns in the same write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from huitou.kernel.commits import Commit, Write, once
from huitou.kernel.content import require_same
from huitou.kernel.errors import ConflictError, NotFoundError
from huitou.kernel.ids import Digest, MemberId, OwnedId, parse_id
from huitou.kernel.pages import Page
from huitou.members.directory import FoundMember
from huitou.points.commands import PointsCommand
from huitou.points.granting import BudgetStore
from huitou.points.membership import as_named, require_seen
from huitou.points.ports import CommandStore, WalletStore
from huitou.points.wallet import Entry
from huitou.program.acceptance import accepted_time
from huitou.program.model import GROUP, BrandId
from huitou.program.ports import Programs
from huitou.purchases.absorbed import share_of_visit
from huitou.purchases.booking import booked
from huitou.purchases.decisions import require_claimable, rules_for
from huitou.purchases.held import hold_for
from huitou.purchases.model import Purchase, Visit
from huitou.purchases.paying import priced
from huitou.purchases.ports import Awaited, MemberSegments, MemberStates, PurchaseStore, RefundStore
from huitou.purchases.refund_booking import RefundBookings
from huitou.purchases.returns import Returns
from huitou.purchases.standing import visited
from huitou.standing.ports import StandingStore


class PurchaseNotFoundError(NotFoundError):
    """No such purchase, or one of another brand."""

    code = "purchase_not_found"
    title = "Purchase not found"


class ReceiptNotFoundError(NotFoundError):
    """No receipt with this number and this total: the same answer for both, so that nobody can guess."""

    code = "receipt_not_found"
    title = "Receipt not found"


class AlreadyClaimedError(ConflictError):
    """M40: the purchase is somebody's already."""

    code = "already_claimed"
    title = "The receipt belongs to a member already"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A purchase as it is kept, with what it earned; ``replayed`` if it was known before.

    ``booked`` are all entries that were written now, with what had fallen due by then; whoever asks again gets the
    same purchase without them.
    """

    purchase: Purchase
    entries: tuple[Entry, ...]
    replayed: bool
    booked: tuple[Entry, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit as it is kept; ``replayed`` if it was known before. ``booked`` as of a `Recorded`."""

    visit: Visit
    replayed: bool
    booked: tuple[Entry, ...] = field(default=(), compare=False)


class Purchases(RefundBookings):
    """The use cases. ``pause`` waits after the n-th time that a decision was overtaken."""

    def __init__(
        self,
        purchases: PurchaseStore,
        wallets: WalletStore,
        programs: Programs,
        commit: Commit,
        pause: Callable[[int], None],
        *,
        budgets: BudgetStore,
        states: MemberStates,
        standings: StandingStore,
        refunds: RefundStore,
        segments: MemberSegments,
        commands: CommandStore,
    ) -> None:
        super().__init__(
            purchases,
            wallets,
            programs,
            commit,
            pause,
            budgets=budgets,
            states=states,
            standings=standings,
            refunds=refunds,
            segments=segments,
        )
        self._commands = commands

    def record(self, purchase: Purchase, member: FoundMember | None, now: datetime) -> Recorded:
        """Records a sale; with a member, earns in the same write. The same receipt again gives the first answer.

        Points that pay a part of it are spent in the same write, those of a hold or others. Refunds that came before
        are booked right after (E19).

        Raises `MemberNotFoundError`, `InFutureError`, `TooLateError`, `ContentReusedError`, `ContentionError`; with
        points `PointsCannotPayError`, `HoldNotFoundError`, and what `Redeem` and `Capture` raise.
        """

        awaited: Awaited | None = None

        def attempt() -> Recorded:
            program = self._programs.active()
            at = accepted_time(purchase.occurred_at, program, now)
            rules = rules_for(purchase, at, self._programs)
            paid = priced(purchase, rules)
            timed = replace(purchase, occurred_at=at, program_version=rules.version, paid=paid)
            if awaited is not None:
                timed = replace(timed, returns=Returns(awaited=awaited.refunds))
            if member is None:
                self._commit(self._purchases.add(timed, awaited))
                return Recorded(timed, (), replayed=False)
            hold = hold_for(timed, member.id, self._commands, self._wallets, now, home=program.home_currency)
            sale, writes = self._decided(timed, member, rules, now)
            captured = self._captured(hold, sale.purchase)
            self._commit([*writes, *self._purchases.add(sale.purchase, awaited), *captured])
            return Recorded(sale.purchase, sale.entries, replayed=False, booked=booked(sale.decisions))

        def recall() -> Recorded | None:
            nonlocal awaited
            known = self._purchases.look_up(purchase.receipt)
            if not isinstance(known, Purchase):
                awaited = known
                return None
            named = member.id if member else None
            home = self._programs.active().home_currency
            sold_to = known.sold_to or known.member
            given = replace(purchase, member=as_named(self._wallets, sold_to, named, home))
            decimals = self._programs.active().money_exponent
            require_same(known.content(decimals), given.content(decimals), "purchase")
            return self._replayed(known)

        recorded = once(attempt, recall, self._pause)
        return replace(recorded, purchase=self.net(recorded.purchase, now))

    def claim(self, receipt: Digest, total: int, brand: BrandId, member: FoundMember, now: datetime) -> Recorded:
        """M40 (補登): gives a sale without a member to ``member``, who earns as of the sale.

        Raises `ReceiptNotFoundError`, `AlreadyClaimedError`, `ClaimTooLateError`, `MemberNotFoundError`.
        """

        def unclaimed() -> Purchase:
            purchase = self._purchases.find(receipt)
            if purchase is None or purchase.total != total or brand not in {GROUP, purchase.brand}:
                raise ReceiptNotFoundError("There is no such receipt with this total.")
            return purchase

        def attempt() -> Recorded:
            purchase = unclaimed()
            if purchase.member is not None:
                raise AlreadyClaimedError("This receipt belongs to a member already.")
            require_claimable(purchase, self._programs.active(), now)
            program = self._programs.version(purchase.program_version)
            sale, writes = self._decided(
                replace(purchase, claimed_at=now, returns=purchase.returns.as_unearned), member, program, now
            )
            self._commit([*writes, *self._purchases.claim(sale.purchase)])
            return Recorded(sale.purchase, sale.entries, replayed=False, booked=booked(sale.decisions))

        def recall() -> Recorded | None:
            known = unclaimed()
            home = self._programs.active().home_currency
            mine = known.member is not None and as_named(self._wallets, known.member, member.id, home) == known.member
            return self._replayed(known) if mine and known.claimed_at is not None else None

        return once(attempt, recall, self._pause)

    def get(self, purchase_id: str, brand: BrandId) -> Recorded:
        """A purchase of this brand, by its id or the one it had before it was claimed.

        Raises `PurchaseNotFoundError`.
        """
        named = parse_id(purchase_id)
        found = self._purchases.get(named) if isinstance(named, OwnedId) else self._purchases.find(named)
        if found is None or brand not in {GROUP, found.brand}:
            raise PurchaseNotFoundError("No such purchase.")
        return self._replayed(found)

    def of_member(self, member: MemberId, *, brand: BrandId, after: str | None, limit: int) -> Page[Purchase]:
        """A page of a member's purchases, the newest first; a brand's key sees its own, so its pages may be short.

        Raises `MemberNotFoundError`.
        """
        home = require_seen(self._wallets.load(member, self._programs.active().home_currency), brand)
        page = self._purchases.of_member(member, after=after, limit=limit)
        if home.absorbed:
            page = self._together(page, home.absorbed, after=after, limit=limit)
        return Page(tuple(each for each in page.items if brand in {GROUP, each.brand}), page.next_cursor)

    def _together(
        self, page: Page[Purchase], absorbed: Iterable[MemberId], *, after: str | None, limit: int
    ) -> Page[Purchase]:
        """E15: with what those bought who were merged into the member; it stays where it was written."""
        pages = [page, *(self._purchases.of_member(each, after=after, limit=limit) for each in absorbed)]
        found = [purchase for each in pages for purchase in each.items]
        shown = tuple(sorted(found, key=self._purchases.cursor, reverse=True)[:limit])
        is_all = len(found) <= limit and not any(each.next_cursor for each in pages)
        return Page(shown, None if is_all else self._purchases.cursor(shown[-1]))

    def visit(self, visit: Visit, member: FoundMember, now: datetime) -> SeenVisit:
        """Records a visit, booking, check-in or partner event. Raises as `record`."""

        def attempt() -> SeenVisit:
            program = self._programs.active()
            timed = replace(visit, occurred_at=accepted_time(visit.occurred_at, program, now))
            visitor, absorbed = self._way_of(member, program)
            known, home, at = self._member_at(visitor, visit.brand, program, now)
            seen = visited(known.wallets, home, timed, program, at)
            decisions, folded = self._folded(seen, known.record, program, now)
            writes = [*self._saved(known.wallets, decisions), *folded, *self._purchases.add_visit(timed)]
            for state in absorbed:
                writes += self._shared(share_of_visit(timed, state.wallets, program, at), state, program, now)
            self._commit(writes)
            return SeenVisit(timed, replayed=False, booked=booked(decisions))

        def recall() -> SeenVisit | None:
            known = self._purchases.find_visit(visit.source)
            if known is None:
                return None
            home = self._programs.active().home_currency
            owner = as_named(self._wallets, known.member, visit.member, home) or visit.member
            require_same(known.content(), replace(visit, member=owner).content(), "event")
            return SeenVisit(known, replayed=True)

        return once(attempt, recall, self._pause)

    def _captured(self, hold: PointsCommand | None, purchase: Purchase) -> list[Write]:
        if hold is None or purchase.paid is None:
            return []
        survivor = None if purchase.booked_for == hold.member else purchase.booked_for
        return [self._commands.mark_ended(hold, purchase.paid.version, survivor)]

    def _replayed(self, purchase: Purchase) -> Recorded:
        return Recorded(purchase, tuple(self._entries(purchase)), replayed=True)
