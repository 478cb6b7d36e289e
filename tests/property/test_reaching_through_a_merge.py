"""Refunds of what either card bought before a merge are true inverses all the same (E1, E2, E13, E15)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.ids import MemberId
from huitou.merging.service import merge_id
from huitou.points.ledger import InsufficientPointsError, OutstandingDebtError
from huitou.points.service import Points
from huitou.points.wallet import EntryType
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import Purchase
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refunds import AlreadyRefundedError, LineAsked, MoreThanBoughtError
from tests.builders import document, program, rule
from tests.ledger import order
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, Shop, bill, bread, return_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAPS: list[list[dict[str, str]]] = [[], [{"points": "30", "per": "lifetime"}], [{"points": "9", "per": "day"}]]
EXPIRIES = st.sampled_from([{"type": "never"}, {"type": "sliding", "days": 90}, {"type": "rolling_days", "days": 90}])


class Sale(NamedTuple):
    """What one of the two cards buys, and how much of its points it spends afterwards."""

    who: int
    lines: list[int]
    spent: int


SALES = st.lists(
    st.builds(Sale, st.integers(0, 1), st.lists(st.integers(0, 3000), min_size=1, max_size=3), st.integers(0, 40)),
    min_size=1,
    max_size=6,
)


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    """With caps, a bonus for the first purchase, tiers, and points that end in different ways."""
    rules = [rule(per="70", caps=draw(st.sampled_from(CAPS)))]
    if draw(st.booleans()):
        rules.append(
            {"id": "new", "name": "New", "currency": "points", "points": "5", "when": {"first_purchase": "group"}}
        )
    home = {"id": "points", "name": "Points", "expiry": draw(EXPIRIES), "pending_days": draw(st.sampled_from([0, 1]))}
    return document(point_currencies=[home], earning=rules, tiers=TIERS)


class TwoCards(TwoRecords):
    """Two cards of one person."""

    def __init__(self, written: dict[str, Any], policy: RefundPolicy) -> None:
        super().__init__(Shop(replace(program(written), refund_policy=policy)))
        shop = self.shop
        self.points = Points(shop.wallets, shop.ledger.commands, shop.programs, shop.table.commit, lambda _: None)
        self.cards = [self.enrol(each, brand="maru", now=NOON) for each in (MEI_PHONE, MEI_EMAIL)]
        self.now = NOON

    def buy(self, sales: list[Sale]) -> list[Purchase]:
        sold = []
        for number, sale in enumerate(sales):
            self.now += HOUR
            basket = bill(f"A-{number}", *map(bread, sale.lines), occurred_at=self.now)
            sold.append(self.shop.sell(basket, self.cards[sale.who], now=self.now).purchase)
            if sale.spent:
                spending = order(f"R-{number}", sale.spent, member=self.cards[sale.who])
                with suppress(InsufficientPointsError, OutstandingDebtError):
                    self.points.redeem(spending, presented=True, now=self.now)
        return sold

    def merge_them(self) -> MemberId:
        self.now += DAY
        survivor, absorbed = self.cards
        self.merge(survivor, absorbed, self.now)
        return survivor

    def refund_all(self, sold: list[Purchase], random: Random) -> list[Refunded]:
        """In any order, some of them line by line."""
        made = []
        for purchase in random.sample(sold, len(sold)):
            self.now += HOUR
            for place in random.sample(range(len(purchase.lines)), random.randint(0, len(purchase.lines))):
                with suppress(MoreThanBoughtError, AlreadyRefundedError):
                    made.append(self._refund(purchase, f"{place}", LineAsked(place, None, None)))
            with suppress(AlreadyRefundedError):
                made.append(self._refund(purchase, "rest"))
        return made

    def _refund(self, purchase: Purchase, part: str, *lines: LineAsked) -> Refunded:
        asked = return_of(purchase, f"{purchase.number}/{part}", *lines)
        made = self.shop.refund(asked, now=self.now)
        assert self.shop.refund(asked, now=self.now) == replace(made, replayed=True)
        return made

    def are_sound(self) -> bool:
        return not any(map(self.contradictions, self.cards))


@settings(max_examples=50, deadline=None)
@given(written=programs(), sales=SALES, random=st.randoms())
def test_refunding_everything_after_a_merge_leaves_nothing(
    written: dict[str, Any], sales: list[Sale], random: Random
) -> None:
    """E2, E15: no points, caps, purchases or progress are left, of either card, also after the unmerge."""
    people = TwoCards(written, RefundPolicy.WAIVE)
    sold = people.buy([sale._replace(spent=0) for sale in sales])
    people.merge_them()

    made = people.refund_all(sold, random)

    assert all(entry.waived == entry.debt == 0 for each in made for entry in each.entries)
    assert people.are_sound()
    for undone in (False, True):
        if undone:
            people.use.reverse(merge_id("M-1"), people.now)
        for card in people.cards:
            wallet = people.shop.wallet(card)
            if card == people.cards[0] or undone:
                assert (wallet.lots, wallet.debts, wallet.bought) == ((), (), {})
                assert not any(wallet.counters.values())
                assert people.spend(card) == 0
    assert people.are_sound()


@settings(max_examples=50, deadline=None)
@given(written=programs(), sales=SALES, policy=st.sampled_from(RefundPolicy), random=st.randoms())
def test_what_is_owed_after_a_merge_is_taken_waived_or_owed_on(
    written: dict[str, Any], sales: list[Sale], policy: RefundPolicy, random: Random
) -> None:
    """E1, E13, E15: also where points were spent before; and nothing is lost or made by an unmerge."""
    people = TwoCards(written, policy)
    sold = people.buy(sales)
    survivor = people.merge_them()

    made = people.refund_all(sold, random)

    taken = [entry for each in made for entry in each.entries if entry.type is EntryType.TAKE_BACK]
    owed = [owed.points for each in made for owed in each.refund.owed]
    assert [-entry.amount + entry.waived + entry.debt for entry in taken] == owed
    earned = [entry for card in people.cards for entry in people.entries(card, "points")]
    assert sum(owed) == sum(entry.amount for entry in earned if entry.type is EntryType.EARN)
    assert {entry.member for entry in taken} == {survivor}
    assert people.are_sound()
    people.use.reverse(merge_id("M-1"), people.now)
    assert people.are_sound()
