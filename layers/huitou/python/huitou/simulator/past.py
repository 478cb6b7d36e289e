"""The past as it is kept: what members bought, and which points they used (M14).

Where members were merged, their pasts are one (E15). What came back of a purchase counts as never bought, points that
were given back as never used; a purchase that was moved is that of the right member (M40).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from huitou.accounts.ports import Ledgers
from huitou.kernel.ids import MemberId
from huitou.kernel.pages import all_items
from huitou.members.ports import MemberIndex, Profiles
from huitou.points.wallet import Entry, EntryType, Wallet
from huitou.program.model import GROUP, BrandId, CurrencyId
from huitou.purchases.model import POINTS, Payment, Purchase
from huitou.purchases.ports import MemberStates
from huitou.purchases.standing import known_of
from huitou.segments.ports import Deeds
from huitou.simulator.history import History, Spending, Telling

PAGE = 500
"""Members that are read at once."""
KEPT = Telling(spendings=True, returns=True, agreed_percent=None)
_USED = frozenset({EntryType.REDEEM, EntryType.CAPTURE})
_GIVEN_BACK = frozenset({EntryType.REVERSE, EntryType.GIVE_BACK})


@dataclass(frozen=True, slots=True)
class Archive:
    """Where the pasts of members are read."""

    index: MemberIndex
    states: MemberStates
    profiles: Profiles
    deeds: Deeds
    ledgers: Ledgers

    def history(self, member: MemberId) -> History | None:
        """The past of a member; None for who goes on as another."""
        wallets, record, _ = self.states.load(member)
        home = next((wallet for wallet in wallets.values() if wallet.home), None)
        if home is None or home.moved_to:
            return None
        held = {member: wallets, **{each: self.states.load(each).wallets for each in home.absorbed}}
        done = [self.deeds.read(each, None, None) for each in held]
        bought = (sale for kept in done for sale in kept.purchases if not (sale.moved or sale.is_refunded))
        purchases = sorted(map(as_bought_now, bought), key=lambda sale: (sale.occurred_at, sale.receipt))
        person = self.profiles.load(member)
        return History(
            member=member,
            name=member,
            enrolled_at=known_of(home, record).enrolled_at,
            purchases=purchases,
            spendings=sorted(spendings_of(self._entries(held)), key=attrgetter("at")),
            visits=sorted((visit for kept in done for visit in kept.visits), key=attrgetter("occurred_at")),
            joined=joined_beside(purchases, home.brands, person.enrolled_by if person else GROUP),
            person=person,
        )

    def _entries(self, held: Mapping[MemberId, Mapping[CurrencyId, Wallet]]) -> list[Entry]:
        return [
            entry
            for member, wallets in held.items()
            for currency in wallets
            for entry in all_items(
                lambda after, who=member, what=currency: self.ledgers.entries(who, what, after=after)  # type: ignore[misc]
            )
        ]


class MembersPast:
    """`Past` of the members in some shards of the index: those who bought something from ``first`` on, before
    ``end``.
    """

    tells = KEPT

    def __init__(self, archive: Archive, shards: Sequence[int], first: datetime | None, end: datetime) -> None:
        self._archive = archive
        self._shards = shards
        self._first = first
        self._end = end

    def histories(self) -> Iterator[History]:
        for shard in self._shards:
            for member in all_items(
                lambda after, part=shard: self._archive.index.members(part, after=after, limit=PAGE)  # type: ignore[misc]
            ):
                history = self._archive.history(member)
                if history and (within := history.between(self._first, self._end)):
                    yield within


def joined_beside(
    purchases: Iterable[Purchase], joined: Mapping[BrandId, datetime], enrolled_by: BrandId
) -> Mapping[BrandId, datetime]:
    """The brands of ``joined`` without those that a purchase joined: it does so again."""
    bought = {(sale.brand, sale.occurred_at) for sale in purchases}
    return {brand: at for brand, at in joined.items() if brand == enrolled_by or (brand, at) not in bought}


def as_bought_now(purchase: Purchase) -> Purchase:
    """The purchase as a till would send it that knows what was to come: without what came back.

    Points that paid a part of it are no command any more but a means of payment, which earns nothing (E3); that they
    were used, the ledger says.
    """
    kept = replace(purchase, returns=purchase.returns.as_unearned, paid=None)
    if purchase.paid is None:
        return kept
    others = tuple(payment for payment in purchase.payments if payment.method != POINTS)
    return replace(kept, payments=(*others, Payment(POINTS, purchase.paid_in_points)))


def spendings_of(entries: Iterable[Entry]) -> Iterator[Spending]:
    """The points that stayed used, of one person's entries."""
    told = list(entries)
    back: Counter[str | None] = Counter()
    for entry in told:
        if entry.type in _GIVEN_BACK:
            back[entry.about] += entry.amount
    for entry in told:
        points = -entry.amount - back[entry.id]
        if entry.type in _USED and points > 0:
            yield Spending(entry.effective_at, entry.brand, entry.currency, points)
