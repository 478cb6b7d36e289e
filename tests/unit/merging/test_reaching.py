"""What names something of an absorbed card, from before the merge, is done in the survivor's wallet (E15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.kernel.ids import MemberId
from huitou.members.directory import FoundMember
from huitou.merging.service import merge_id
from huitou.points.holds import Holds
from huitou.points.journeys import Journeys
from huitou.points.ledger import came_with
from huitou.points.service import Points
from huitou.points.wallet import EntryType
from huitou.program.model import GROUP
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import PointsPaid
from huitou.purchases.moving import AlreadyMovedError
from tests.builders import document, program, rule
from tests.ledger import order as an_order
from tests.members import MEI_EMAIL, MEI_LINE, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, SOON, Shop, bill, bread, line, return_of

NEXT_DAY = NOON + timedelta(days=1)
LATER = NEXT_DAY + timedelta(hours=1)
HOLD = timedelta(days=2)
CAPPED = rule(caps=[{"points": "50", "per": "lifetime"}])
MONEY_OFF = [{"brand": "maru", "currency": "points", "points": "10", "money": "5", "share": 50}]
SLIDING = [{"id": "points", "name": "Points", "expiry": {"type": "sliding", "days": 10}}]


class OnePerson(TwoRecords):
    """Mei with two cards, and what a till can do with them."""

    def __init__(self, **written: Any) -> None:
        super().__init__(Shop(replace(program(document(**written)), refund_policy=RefundPolicy.DEBT, hold_limit=HOLD)))
        shop = self.shop
        stands_on = (shop.wallets, shop.ledger.commands, shop.programs, shop.table.commit, lambda _: None)
        self.points, self.holds, self.journeys = Points(*stands_on), Holds(*stands_on), Journeys(*stands_on)
        self.mei = self.enrol(MEI_PHONE, brand="maru", now=NOON)
        self.other = self.enrol(MEI_EMAIL, brand="maru", now=NOON)

    def spendable(self, member: MemberId, now: datetime = LATER) -> int:
        return self.shop.points(member, now=now)

    def are_sound(self) -> bool:
        return self.contradictions(self.mei) == self.contradictions(self.other) == []


@pytest.fixture
def people() -> OnePerson:
    return OnePerson(tiers=TIERS)


def test_a_sale_of_the_absorbed_card_is_refunded_from_its_own_lot(people: OnePerson) -> None:
    """E1, E15: not from the survivor's, though that one ends first."""
    shop = people.shop
    shop.sell(bill("A-1", bread(700)), people.mei)
    sold = shop.sell(bill("A-2", bread(1500)), people.other).purchase
    people.merge(people.mei, people.other, NEXT_DAY)

    made = shop.refund(return_of(sold), now=LATER)

    (entry,) = made.entries
    assert (entry.member, entry.amount, entry.waived, entry.debt) == (people.mei, -15, 0, 0)
    assert people.spendable(people.mei) == 7
    assert shop.wallet(people.mei).bought == {"maru": 1}
    assert shop.refund(return_of(sold), now=LATER + SOON) == replace(made, replayed=True, booked=())
    assert people.are_sound()


def test_what_the_absorbed_card_has_spent_is_owed_by_the_survivor_and_by_the_other_after_an_unmerge(
    people: OnePerson,
) -> None:
    """E1, E15: debt for a purchase goes where the purchase is."""
    sold = people.shop.sell(bill("A-1"), people.other).purchase
    people.points.redeem(an_order("R-1", 4, member=people.other), presented=True, now=NOON + SOON)
    people.merge(people.mei, people.other, NEXT_DAY)

    (entry,) = people.shop.refund(return_of(sold), now=LATER).entries
    assert (entry.amount, entry.debt) == (-6, 4)
    people.use.reverse(merge_id("M-1"), LATER)

    balances = [people.shop.wallet(each).balance(LATER).debt for each in (people.mei, people.other)]
    assert balances == [0, 4]
    assert people.are_sound()


def test_a_refund_gives_caps_and_progress_back_to_both_names() -> None:
    """E2, E15: so that the unmerge still knows whose they were."""
    people = OnePerson(earning=[CAPPED], tiers=TIERS)
    people.shop.sell(bill("A-1", bread(2000)), people.mei)
    sold = people.shop.sell(bill("A-2", bread(4000)), people.other).purchase
    people.merge(people.mei, people.other, NEXT_DAY)
    assert people.tier(people.mei, NEXT_DAY + SOON) == "silver"

    people.shop.refund(return_of(sold), now=LATER)
    assert people.shop.wallet(people.mei).counters == {"base/l": 20}
    people.use.reverse(merge_id("M-1"), LATER)

    mine, theirs = (people.shop.wallet(each) for each in (people.mei, people.other))
    assert (mine.counters, theirs.counters) == ({"base/l": 20}, {})
    assert (mine.bought, theirs.bought) == ({"maru": 1}, {})
    assert [people.spend(each) for each in (people.mei, people.other)] == [2000, 0]


def test_a_redemption_of_the_absorbed_card_is_reversed_into_the_lots_that_came_over(people: OnePerson) -> None:
    """E4, E15; once, and where nothing was left to come over too."""
    people.shop.sell(bill("A-1"), people.other)
    redeemed = an_order("R-1", 10, member=people.other)
    people.points.redeem(redeemed, presented=True, now=NOON + SOON)
    people.merge(people.mei, people.other, NEXT_DAY)

    made = people.points.reverse(redeemed.id, brand="maru", now=LATER)

    assert (made.entry.member, made.entry.type, made.entry.amount) == (people.mei, EntryType.REVERSE, 10)
    (lot,) = people.shop.wallet(people.mei).lots
    assert came_with(lot) == people.other
    again = people.points.reverse(redeemed.id, brand="maru", now=LATER + SOON)
    assert (again.replayed, again.entry) == (True, made.entry)
    undone = people.use.reverse(merge_id("M-1"), LATER).merge
    assert [(each.came, each.returned) for each in undone.transfers] == [(0, 10)]
    assert [people.spendable(each) for each in (people.mei, people.other)] == [0, 10]
    assert people.are_sound()


@pytest.mark.parametrize("ends", ["capture", "release"])
def test_a_hold_of_the_absorbed_card_is_captured_or_released(people: OnePerson, ends: str) -> None:
    """E15, E17."""
    people.shop.sell(bill("A-1"), people.other)
    hold = an_order("H-1", 8, type="hold", member=people.other, lasts=HOLD)
    people.holds.place(hold, presented=True, now=NOON + SOON)
    people.merge(people.mei, people.other, NEXT_DAY)

    if ends == "capture":
        made = people.holds.capture(hold.id, 5, brand="maru", now=LATER)
        assert (made.captured, people.spendable(people.mei)) == (5, 5)
    else:
        made = people.holds.release(hold.id, brand="maru", now=LATER)
        assert (made.state, people.spendable(people.mei)) == ("released", 10)

    assert made.order.survivor == people.mei
    assert people.holds.get(hold.id, "maru", LATER) == replace(made, replayed=True, entries=())
    assert people.are_sound()


def test_a_hold_of_the_absorbed_card_pays_a_purchase_of_the_survivor() -> None:
    """E15, E17; and its refund gives the points back (E3)."""
    people = OnePerson(money_off=MONEY_OFF)
    people.shop.sell(bill("A-1", bread(20000)), people.other)
    hold = an_order("H-1", 100, type="hold", member=people.other, lasts=HOLD)
    people.holds.place(hold, presented=True, now=NOON + SOON)
    people.merge(people.mei, people.other, NEXT_DAY)

    paid = PointsPaid("points", 100, hold=hold.id)
    sale = people.shop.sell(bill("A-2", bread(5000), occurred_at=NEXT_DAY + SOON, paid=paid), people.mei).purchase
    assert people.holds.get(hold.id, "maru", LATER).captured == 100
    people.shop.refund(return_of(sale), now=LATER)

    assert people.spendable(people.mei) == 200
    assert people.are_sound()


def test_points_that_paid_a_sale_of_the_absorbed_card_come_back_to_the_survivor() -> None:
    """E3, E15: part by part, and all in the end."""
    people = OnePerson(money_off=MONEY_OFF)
    people.shop.sell(bill("A-1", bread(10000)), people.other)
    paid = PointsPaid("points", 100)
    basket = (bread(2000), bread(3000, sku="bread-2"))
    sold = people.shop.sell(bill("A-2", *basket, occurred_at=NOON + SOON, paid=paid), people.other).purchase
    people.merge(people.mei, people.other, NEXT_DAY)

    for number in (0, 1):
        people.shop.refund(return_of(sold, f"R-{number}", line(number)), now=LATER)

    assert people.spendable(people.mei) == 100
    people.use.reverse(merge_id("M-1"), LATER)
    assert [people.spendable(each) for each in (people.mei, people.other)] == [0, 100]
    assert people.are_sound()


def test_an_expiry_of_the_absorbed_card_is_made_good_to_the_survivor(people: OnePerson) -> None:
    """M11, E15."""
    people.shop.sell(bill("A-1"), people.other)
    ended = people.points.adjust(
        an_order("X-1", 10, type="expiry", member=people.other, reason="closed", actor="staff-7"),
        scope=GROUP,
        now=NOON + SOON,
    )
    people.merge(people.mei, people.other, NEXT_DAY)
    good = an_order(
        "C-1",
        0,
        type="reinstatement",
        member=people.other,
        entry=ended.entry.id,
        lasts=timedelta(days=9),
        reason="sorry",
    )

    made = people.points.reinstate(good, scope=GROUP, now=LATER)

    assert (made.entry.member, people.spendable(people.mei)) == (people.mei, 10)
    assert people.points.reinstate(good, scope=GROUP, now=LATER).replayed
    assert people.are_sound()


def test_a_purchase_of_the_absorbed_card_is_moved_to_somebody_else(people: OnePerson) -> None:
    """M40, E15; to the survivor it need not be."""
    lin = people.enrol(MEI_LINE, brand="maru", now=NOON)
    sold = people.shop.sell(bill("A-1"), people.other).purchase
    people.merge(people.mei, people.other, NEXT_DAY)

    assert people.shop.move(sold.id, people.mei, now=LATER).replayed
    moved = people.shop.move(sold.id, lin, now=LATER)

    assert (moved.purchase.member, people.spendable(lin), people.spendable(people.mei)) == (lin, 10, 0)
    with pytest.raises(AlreadyMovedError):
        people.shop.move(sold.id, people.mei, now=LATER)
    again = people.shop.sell(bill("A-1"), people.mei)
    assert (again.replayed, again.purchase.member) == (True, lin)
    assert people.are_sound()


def test_a_command_of_before_is_known_under_either_name(people: OnePerson) -> None:
    """E14, E15: the first answer, no second effect and no refusal."""
    lin = people.enrol(MEI_LINE, brand="maru", now=NOON)
    people.shop.sell(bill("A-1"), people.other)
    spent = an_order("R-1", 4, member=people.other)
    first = people.points.redeem(spent, presented=True, now=NOON + SOON)
    people.merge(people.mei, people.other, NEXT_DAY)

    again = people.points.redeem(replace(spent, member=people.mei), presented=True, now=LATER)

    assert (again.replayed, again.entry) == (True, first.entry)
    with pytest.raises(ContentReusedError):
        people.points.redeem(replace(spent, member=lin), presented=True, now=LATER)


def test_a_claim_of_before_is_known_under_either_name(people: OnePerson) -> None:
    """E14, E15, M40."""
    people.shop.sell(bill("A-1"), None)
    first = people.shop.claim(bill("A-1"), people.other)
    people.merge(people.mei, people.other, NEXT_DAY)
    again = people.shop.use.claim(first.purchase.receipt, 1000, "maru", FoundMember(people.mei, presented=True), LATER)
    assert again == replace(first, replayed=True)


def test_a_hold_that_was_placed_since_stays_with_the_survivor(people: OnePerson) -> None:
    """E15: after the unmerge it can still be captured under its own name."""
    people.shop.sell(bill("A-1"), people.other)
    people.merge(people.mei, people.other, NEXT_DAY)
    hold = an_order("H-1", 4, type="hold", member=people.mei, lasts=HOLD)
    people.holds.place(hold, presented=True, now=NEXT_DAY)
    undone = people.use.reverse(merge_id("M-1"), LATER).merge
    assert [(each.came, each.returned) for each in undone.transfers] == [(10, 6)]
    assert people.holds.capture(hold.id, None, brand="maru", now=LATER).captured == 4
    assert people.are_sound()


def test_it_is_found_over_two_merges(people: OnePerson) -> None:
    """E15: who absorbed the other was absorbed too."""
    lin = people.enrol(MEI_LINE, brand="maru", now=NOON)
    sold = people.shop.sell(bill("A-1", bread(1500)), people.other).purchase
    people.shop.sell(bill("A-2", bread(700)), people.mei)
    people.merge(people.mei, people.other, NEXT_DAY)
    people.merge(lin, people.mei, NEXT_DAY + SOON, key="M-2")

    (entry,) = people.shop.refund(return_of(sold), now=LATER).entries

    assert (entry.member, entry.amount, people.spendable(lin)) == (lin, -15, 7)
    people.use.reverse(merge_id("M-2"), LATER)
    people.use.reverse(merge_id("M-1"), LATER)
    assert [people.spendable(each) for each in (lin, people.mei, people.other)] == [0, 7, 0]
    assert [people.shop.wallet(each).bought for each in (lin, people.mei, people.other)] == [{}, {"maru": 1}, {}]
    assert people.contradictions(lin) == []
    assert people.are_sound()


def test_an_activity_of_either_name_keeps_points_alive() -> None:
    """E5, E15: a refund withdraws one activity, and the latest of both that is left counts."""
    people = OnePerson(point_currencies=SLIDING)
    day = timedelta(days=1)
    people.shop.sell(bill("A-1", bread(700)), people.other)
    people.shop.sell(bill("A-2", bread(100), occurred_at=NOON + 2 * day), people.mei)
    sold = people.shop.sell(bill("A-3", occurred_at=NOON + 4 * day), people.other).purchase
    people.merge(people.mei, people.other, NOON + 5 * day)

    people.shop.refund(return_of(sold), now=NOON + 6 * day)

    ends = {lot.remaining: lot.expires_at for lot in people.shop.wallet(people.mei).lots}
    assert ends[7] == ends[1]
    assert people.are_sound()


def test_what_was_used_up_before_the_merge_follows_the_activity_of_both_since() -> None:
    """E4, E5, E15: reversed, it ends where it would have ended."""
    people = OnePerson(point_currencies=SLIDING)
    day = timedelta(days=1)
    people.shop.sell(bill("A-1"), people.other)
    redeemed = an_order("R-1", 10, member=people.other)
    people.points.redeem(redeemed, presented=True, now=NOON + SOON)
    people.merge(people.mei, people.other, NOON + day)
    people.shop.sell(bill("A-2", bread(300), occurred_at=NOON + 8 * day), people.mei)

    people.points.reverse(redeemed.id, brand="maru", now=NOON + 12 * day)

    ends = {lot.remaining: lot.expires_at for lot in people.shop.wallet(people.mei).lots}
    assert ends[10] == ends[3]
    assert people.are_sound()
