"""Refunds in the making: what a use case that refunds, or records a sale that refunds wait for, stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import merge
from operator import attrgetter
from typing import NamedTuple

from huitou.kernel.commits import StaleReadError, Write, until_committed
from huitou.kernel.errors import ConflictError, InvalidError
from huitou.kernel.ids import Digest, MemberId
from huitou.kernel.pages import Page, all_items
from huitou.points.backlog import work_off
from huitou.points.membership import MemberNotFoundError, require_seen
from huitou.points.reaching import Way, entries_since, for_survivor, survivor_of
from huitou.points.replay import activity_without
from huitou.points.wallet import Entry, Wallet
from huitou.program.model import GROUP, CurrencyId, Program
from huitou.purchases.booking import SaleBookings, booked
from huitou.purchases.model import Purchase
from huitou.purchases.refunding import (
    NO_HISTORY,
    History,
    Refunding,
    decide_refund,
    returned,
    slides,
    without_share,
)
from huitou.purchases.refunds import Refund, RefundStatus
from huitou.standing.model import Record

ENTRIES_AT_FIRST = 25
"""Mostly enough to find another activity, and some four read units."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund as it is kept, with what it took and gave; ``booked`` as of a `Recorded`."""

    refund: Refund
    entries: tuple[Entry, ...]
    replayed: bool
    booked: tuple[Entry, ...] = field(default=(), compare=False)


class Owner(NamedTuple):
    """Who has the points of a purchase's member, at the end of ``way`` (E15): their wallets and standing.

    ``at`` is when to decide.
    """

    way: Way
    wallets: Mapping[CurrencyId, Wallet]
    record: Record
    at: datetime


class RefundBookings(SaleBookings):
    """See `SaleBookings`."""

    def net(self, purchase: Purchase, now: datetime) -> Purchase:
        """E19: books what waited for a sale, each refund in a commit of its own, once; the purchase after it."""
        for refund in purchase.returns.awaited:
            purchase = self._until_netted(refund, purchase, now)
        return purchase

    def _until_netted(self, awaited: Digest, purchase: Purchase, now: datetime) -> Purchase:
        return until_committed(lambda: self._netted(awaited, purchase, now), self._pause)

    def _netted(self, awaited: Digest, purchase: Purchase, now: datetime) -> Purchase:
        """A refund that cannot be, of this sale, or was closed before it came, is set aside with the reason.

        Whether it waited still is told by when the sale was received, however late it is netted.
        """
        current, refund = self._purchases.find(purchase.receipt), self._refunds.find(awaited)
        if current is None or refund is None or awaited not in current.returns.awaited:
            return current or purchase
        status = refund.status_at(current.received_at)
        try:
            if status is RefundStatus.WAITING:
                made, after, writes = self._refunding(refund, current, now)
                self._commit([*writes, *self._refunds.settle(made.refund)])
                return after
        except (InvalidError, ConflictError) as error:
            status, refund = RefundStatus.REFUSED, replace(refund, refusal=error.code)
        rest = tuple(each for each in current.returns.awaited if each != awaited)
        after = replace(current, returns=replace(current.returns, awaited=rest))
        settled = self._refunds.settle(replace(refund, status=status))
        self._commit([self._purchases.refund(current, after), *settled])
        return after

    def _refunding(self, refund: Refund, purchase: Purchase, now: datetime) -> tuple[Refunding, Purchase, list[Write]]:
        """``refund`` decided, the purchase after it, and the writes of all but the refund's own item."""
        program, rules = self._programs.active(), self._programs.version(purchase.program_version)
        if purchase.member is None:
            made = decide_refund(refund, purchase, {}, rules=rules, program=program, now=now)
            return made, made.purchase, [self._purchases.refund(purchase, made.purchase)]
        owner = self._owner_at(purchase, program, now)
        history = self._history(purchase, returned(purchase, refund, rules), owner, program)
        made = decide_refund(
            refund, purchase, owner.wallets, rules=rules, program=program, now=owner.at, history=history
        )
        decisions, folded = self._folded(made.decisions, owner.record, program, now)
        released = [self._budgets.give_back(grant) for grant in made.released]
        kept = self._purchases.refund(purchase, made.purchase)
        shares = self._without_shares(purchase, made.purchase, owner, rules)
        made = made._replace(
            decisions=decisions, refund=replace(made.refund, survivor=survivor_of(owner.way, owner.way[0]))
        )
        writes = [*self._saved(owner.wallets, decisions), *folded, *released, kept, *shares]
        return made, made.purchase, writes

    def _owner_at(self, purchase: Purchase, program: Program, now: datetime) -> Owner:
        """Whoever has the points of the purchase's member now (E15)."""
        if purchase.member is None:
            raise MemberNotFoundError

        def load(way: Way) -> Owner:
            wallets, record, _ = self._states.load(way[-1])
            require_seen(wallets.get(program.home_currency), GROUP)
            at = max(wallet.not_before(now) for wallet in wallets.values())
            work_off(wallets.values(), self._wallets, self._commit, program, at)
            return Owner(way, wallets, record, at)

        return for_survivor(load, purchase.member)

    def _without_shares(self, before: Purchase, after: Purchase, owner: Owner, rules: Program) -> Iterable[Write]:
        """E15: those who were merged into the owner keep their part of caps and progress up to date."""
        for member in owner.way[:-1]:
            wallets = self._wallets.load_all(member)
            yield from self._saved(wallets, without_share(before, after, wallets, rules=rules, now=owner.at))

    def _history(self, before: Purchase, after: Purchase, owner: Owner, program: Program) -> History:
        """Entries are read only where points slide, or had paid."""
        sliding: Iterable[Wallet] = ()
        wallets = owner.wallets
        if after.is_refunded:
            sliding = [wallet for wallet in wallets.values() if slides(wallet, program)]
        absorbed = wallets[program.home_currency].absorbed
        activity = {
            wallet.currency: activity_without(before.id, self._newest_first(wallet, absorbed)) for wallet in sliding
        }
        if before.paid is None or after.returns.points == before.returns.points:
            return NO_HISTORY._replace(activity=activity)
        paid = before.paid
        spent = before.booked_for and self._wallets.entry(before.booked_for, paid.currency, paid.version)
        if not spent:
            raise StaleReadError("The purchase is being written just now.")
        return History(activity, spent, entries_since(self._wallets, spent, owner.way, program.home_currency))

    def _newest_first(self, wallet: Wallet, absorbed: Iterable[MemberId]) -> Iterable[Entry]:
        """Also of those who were merged into the wallet's member: they are one person (E15). Read as far as asked."""
        each = (self._entries_of_one(member, wallet.currency) for member in (wallet.member, *absorbed))
        return merge(*each, key=attrgetter("recorded_at"), reverse=True)

    def _entries_of_one(self, member: MemberId, currency: CurrencyId) -> Iterable[Entry]:
        def page(after: str | None) -> Page[Entry]:
            limit = None if after else ENTRIES_AT_FIRST
            return self._wallets.entries(member, currency, after=after, limit=limit, newest_first=True)

        return all_items(page)

    def _refunded(self, refund: Refund) -> Refunded:
        """A refund that was booked before, or waits."""
        return Refunded(refund, tuple(self._entries_of(refund)), replayed=True)

    def _entries_of(self, refund: Refund) -> Iterable[Entry]:
        references = [(each.currency, each.version) for each in refund.owed]
        if refund.given_back:
            references.append((refund.given_back.currency, refund.given_back.version))
        owner = refund.survivor or (refund.purchase and refund.purchase.member)
        for currency, version in references:
            entry = owner and self._wallets.entry(owner, currency, version)
            if not entry:
                raise StaleReadError("The refund is being written just now.")
            yield entry


def entries_of(made: Refunding) -> tuple[Entry, ...]:
    """The entries that a refund's answer shows: what each wallet owed, then what points it got back."""
    by_place = {(entry.currency, entry.version): entry for entry in booked(made.decisions)}
    shown = [by_place[each.currency, each.version] for each in made.refund.owed]
    given = made.refund.given_back
    return (*shown, by_place[given.currency, given.version]) if given else tuple(shown)
