"""What came after a merge is split by the identity used, once the merge is undone (E15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.members.directory import FoundMember
from huitou.merging.model import Merge
from huitou.merging.service import merge_id
from huitou.points.holds import Holds
from huitou.points.ledger import came_with
from huitou.points.service import Points
from huitou.points.wallet import EntryType, Origin
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import PointsPaid, Purchase, VisitType
from huitou.standing.keeping import MOST_UNSEEN
from tests.builders import document, program, rule
from tests.ledger import order
from tests.members import MEI_EMAIL, MEI_LINE, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, SOON, Shop, bill, booking, bread, return_of

DAY = timedelta(days=1)
MERGED, SINCE, PARTED, LATER = NOON + DAY, NOON + 2 * DAY, NOON + 3 * DAY, NOON + 4 * DAY
CAPPED = rule(caps=[{"points": "900", "per": "lifetime"}])
MONEY_OFF = [{"brand": "maru", "currency": "points", "points": "10", "money": "5", "share": 50}]
SLIDING = [{"id": "points", "name": "Points", "expiry": {"type": "sliding", "days": 10}}]


class OnePerson(TwoRecords):
    """Mei with a phone number, and an address of hers that was another member until they were merged."""

    def __init__(self, **written: Any) -> None:
        super().__init__(Shop(replace(program(document(**written)), refund_policy=RefundPolicy.DEBT)))
        shop = self.shop
        stands_on = (shop.wallets, shop.ledger.commands, shop.programs, shop.table.commit, lambda _: None)
        self.points, self.holds = Points(*stands_on), Holds(*stands_on)
        self.mei = self.enrol(MEI_PHONE, brand="maru", now=NOON)
        self.other = self.enrol(MEI_EMAIL, brand="maru", now=NOON)

    def become_one(self) -> None:
        self.merge(self.mei, self.other, MERGED)

    def sell(self, number: str, amount: int, by: FoundMember, at: datetime = SINCE, **said: Any) -> Purchase:
        return self.shop.sell(bill(number, bread(amount), occurred_at=at, **said), by, now=at).purchase

    def part(self, now: datetime = PARTED) -> Merge:
        return self.use.reverse(merge_id("M-1"), now).merge

    def spendable(self, now: datetime = LATER) -> list[int]:
        """Of both."""
        return [self.shop.points(each, now=now) for each in (self.mei, self.other)]

    def are_sound(self) -> bool:
        return self.contradictions(self.mei) == self.contradictions(self.other) == []


@pytest.fixture
def people() -> OnePerson:
    return OnePerson(earning=[CAPPED], tiers=TIERS)


def test_a_purchase_keeps_the_name_whose_identity_was_shown(people: OnePerson) -> None:
    """E15: it earns for the survivor, in a lot that says whose it is; a number waits for it there."""
    people.sell("A-1", 1000, people.by(MEI_EMAIL), at=NOON)
    people.become_one()
    sold = people.sell("A-2", 500, people.by(MEI_EMAIL))
    own = people.sell("A-3", 300, people.by(MEI_PHONE), at=SINCE + SOON)

    assert (sold.member, sold.survivor, sold.booked_for) == (people.other, people.mei, people.mei)
    assert (own.member, own.survivor) == (people.mei, None)
    assert [lot.origin for lot in people.shop.wallet(people.mei).lots] == [
        Origin(people.other, 1),
        Origin(people.other, 2),
        None,
    ]
    assert [sale.number for sale in people.shop.use.of_member(people.mei, brand="maru", after=None, limit=9).items] == [
        "A-3",
        "A-2",
        "A-1",
    ]
    assert people.shop.use.get(sold.id, "maru").entries[0].member == people.mei
    assert people.are_sound()


def test_it_goes_with_who_showed_the_identity(people: OnePerson) -> None:
    """E15: points, caps, first purchases and progress; as if the two had never been one."""
    people.sell("A-1", 2000, people.by(MEI_PHONE), at=NOON)
    people.become_one()
    people.sell("A-2", 4000, people.by(MEI_EMAIL))
    people.sell("A-3", 500, people.by(MEI_PHONE))

    undone = people.part()

    mine, theirs = (people.shop.wallet(each) for each in (people.mei, people.other))
    assert [(lot.remaining, lot.number, lot.origin) for lot in theirs.lots] == [(40, 1, None)]
    assert [lot.remaining for lot in mine.lots] == [20, 5]
    assert (mine.counters, theirs.counters) == ({"base/l": 25}, {"base/l": 40})
    assert (mine.bought, theirs.bought) == ({"maru": 2}, {"maru": 1})
    assert [people.spend(each) for each in (people.mei, people.other)] == [2500, 4000]
    assert [people.tier(each, LATER) for each in (people.mei, people.other)] == ["basic", "silver"]
    assert [(each.came, each.earned, each.returned) for each in undone.transfers] == [(0, 40, 40)]
    assert people.are_sound()


def test_it_is_refunded_by_whoever_has_it_under_the_id_that_was_given_out(people: OnePerson) -> None:
    """E1, E2, E15: of two refunds, one before the unmerge and one after, both exact and each once."""
    people.sell("A-1", 2000, people.by(MEI_PHONE), at=NOON)
    people.become_one()
    one, two = people.sell("A-2", 400, people.by(MEI_EMAIL)), people.sell("A-3", 700, people.by(MEI_EMAIL))

    before = people.shop.refund(return_of(one, "R-1"), one.id, now=SINCE + DAY / 2)
    people.part()
    after = people.shop.refund(return_of(two, "R-2"), two.id, now=LATER)

    for made, who, points in ((before, people.mei, 4), (after, people.other, 7)):
        (entry,) = made.entries
        assert (entry.member, entry.amount, entry.waived, entry.debt) == (who, -points, 0, 0)
    for number, sale, first in (("R-1", one, before), ("R-2", two, after)):
        assert people.shop.refund(return_of(sale, number), sale.id, now=LATER + SOON) == replace(first, replayed=True)
    mine, theirs = (people.shop.wallet(each) for each in (people.mei, people.other))
    assert people.spendable() == [20, 0]
    assert (theirs.counters, theirs.bought, people.spend(people.other)) == ({}, {}, 0)
    assert (mine.counters, mine.bought, people.spend(people.mei)) == ({"base/l": 20}, {"maru": 1}, 2000)
    assert people.are_sound()


def test_a_till_that_asks_again_after_the_unmerge_gets_the_first_answer(people: OnePerson) -> None:
    """E14, E15: with the same identity; with the other's it is another sale."""
    people.become_one()
    sold = people.sell("A-1", 400, people.by(MEI_EMAIL))
    people.part()
    again = people.shop.sell(bill("A-1", bread(400), occurred_at=SINCE), people.by(MEI_EMAIL), now=LATER)
    assert (again.replayed, again.purchase, again.entries[0].member) == (True, sold, people.mei)
    with pytest.raises(ContentReusedError):
        people.shop.sell(bill("A-1", bread(400), occurred_at=SINCE), people.by(MEI_PHONE), now=LATER)


def test_what_was_spent_stays_spent_and_is_listed(people: OnePerson) -> None:
    """E15: of what came and of what was earned since."""
    people.sell("A-1", 1000, people.by(MEI_EMAIL), at=NOON)
    people.become_one()
    people.sell("A-2", 500, people.by(MEI_EMAIL))
    spent = order("R-1", 12, member=people.mei)
    people.points.redeem(spent, presented=True, now=SINCE + SOON, identity_of=people.other)

    (transfer,) = people.part().transfers

    assert (transfer.came, transfer.earned, transfer.returned) == (10, 5, 3)
    assert people.spendable() == [0, 3]


def test_a_redemption_is_reversed_for_whose_identity_was_used(people: OnePerson) -> None:
    """E4, E14, E15: into their lots, also after the unmerge; of the survivor's, into the survivor's."""
    people.sell("A-1", 1000, people.by(MEI_EMAIL), at=NOON)
    people.sell("A-2", 2000, people.by(MEI_PHONE), at=NOON)
    people.become_one()
    theirs, mine = order("R-1", 10, member=people.mei), order("R-2", 15, member=people.mei)
    people.points.redeem(theirs, presented=True, now=SINCE, identity_of=people.other)
    people.points.redeem(mine, presented=True, now=SINCE + SOON)
    people.part()
    assert people.spendable() == [5, 0]

    made = people.points.reverse(theirs.id, brand="maru", now=LATER)
    people.points.reverse(mine.id, brand="maru", now=LATER)

    assert (made.entry.member, made.command.survivor) == (people.other, people.other)
    assert people.points.reverse(theirs.id, brand="maru", now=LATER) == replace(made, replayed=True, entries=())
    assert people.points.redeem(replace(theirs, member=people.other), presented=True, now=LATER).replayed
    assert people.spendable() == [20, 10]
    assert [(lot.number, lot.origin) for lot in people.shop.wallet(people.other).lots] == [(1, None)]
    assert people.are_sound()


def test_what_the_survivor_gets_back_of_the_others_lots_is_their_own(people: OnePerson) -> None:
    """E15: a later merge with the same member, undone, leaves it where it is."""
    people.sell("A-1", 1000, people.by(MEI_EMAIL), at=NOON)
    people.become_one()
    spent = order("R-1", 10, member=people.mei)
    people.points.redeem(spent, presented=True, now=SINCE)
    people.part()
    people.points.reverse(spent.id, brand="maru", now=PARTED + SOON)
    people.merge(people.mei, people.other, LATER, key="M-2")
    people.use.reverse(merge_id("M-2"), LATER + SOON)
    assert people.spendable() == [10, 0]
    assert people.are_sound()


def test_lots_of_the_identity_used_are_held_and_pay_first() -> None:
    """E15: a redemption at the till, in each of its ways."""
    people = OnePerson(money_off=MONEY_OFF)
    people.sell("A-1", 20000, people.by(MEI_PHONE), at=NOON)
    people.sell("A-2", 20000, people.by(MEI_EMAIL), at=NOON + SOON)
    people.become_one()

    held = order("H-1", 50, type="hold", member=people.mei, lasts=SOON)
    placed = people.holds.place(held, presented=True, now=SINCE, identity_of=people.other).placed
    paid = people.sell("A-3", 2000, people.by(MEI_EMAIL), paid=PointsPaid("points", 50))
    entry = people.shop.wallets.entry(people.mei, "points", paid.paid.version if paid.paid else 0)

    assert entry is not None
    assert entry.type is EntryType.REDEEM
    assert {came_with(change.lot) for each in (placed, entry) for change in each.changes} == {people.other}


def test_points_that_paid_come_back_to_whose_identity_was_used() -> None:
    """E3, E15: also after the unmerge, and also where some of them had been the survivor's."""
    people = OnePerson(money_off=MONEY_OFF)
    people.sell("A-1", 20000, people.by(MEI_PHONE), at=NOON)
    people.sell("A-2", 3000, people.by(MEI_EMAIL), at=NOON + SOON)
    people.become_one()
    sold = people.sell("A-3", 5000, people.by(MEI_EMAIL), paid=PointsPaid("points", 50))
    people.part()
    assert people.spendable() == [180, 49]

    people.shop.refund(return_of(sold), sold.id, now=LATER)

    assert people.spendable() == [180, 50]
    assert not any(lot.origin for lot in people.shop.wallet(people.other).lots)
    assert people.are_sound()


def test_a_claim_and_a_move_follow_the_identity_too(people: OnePerson) -> None:
    """M40, E15."""
    lin = people.enrol(MEI_LINE, brand="maru", now=NOON)
    people.become_one()
    unclaimed = bill("A-1", bread(300), occurred_at=SINCE)
    people.shop.sell(unclaimed, None)
    claimed = people.shop.claim(unclaimed, people.by(MEI_EMAIL)).purchase
    mistaken = people.sell("A-2", 500, FoundMember(lin, presented=True))
    moved = people.shop.move(mistaken.id, people.by(MEI_EMAIL), now=SINCE + SOON).purchase
    assert people.shop.move(mistaken.id, people.mei, now=SINCE + SOON).replayed
    assert claimed.member == moved.member == people.other

    people.part()

    assert people.spendable() == [0, 8]
    assert people.shop.claim(unclaimed, people.by(MEI_EMAIL)).replayed
    assert people.shop.move(mistaken.id, people.other, now=LATER).replayed
    back = people.shop.move(moved.id, people.mei, now=LATER).purchase
    assert (back.member, back.survivor, people.spendable()) == (people.mei, None, [5, 3])
    assert people.are_sound()


def test_visits_count_for_whose_identity_was_shown(people: OnePerson) -> None:
    """E15, E31: and they have joined the brand, which the survivor has not."""
    people.become_one()
    found = people.by(MEI_EMAIL)
    visit = booking(type=VisitType.VISIT, member=found.named, brand="sora", occurred_at=SINCE)
    seen = people.shop.visit(visit, found, now=SINCE)
    assert seen.visit.member == people.other
    assert people.shop.visit(seen.visit, found, now=SINCE + SOON).replayed
    people.part()
    brands = [set(people.shop.wallet(each).brands) for each in (people.mei, people.other)]
    assert brands == [{"maru"}, {"maru", "sora"}]
    states = [people.shop.states.load(each) for each in (people.mei, people.other)]
    facts = [[*state.record.facts, *state.wallets["points"].unseen] for state in states]
    assert [sum(fact.visits for fact in each) for each in facts] == [0, 1]


def test_many_purchases_are_folded_for_both_names(people: OnePerson) -> None:
    """E8, E15: the absorbed wallet does not grow."""
    people.become_one()
    for number in range(MOST_UNSEEN + 2):
        people.sell(f"A-{number}", 100, people.by(MEI_EMAIL), at=SINCE + number * SOON)
    assert len(people.shop.wallet(people.other).unseen) <= MOST_UNSEEN
    people.part()
    assert [people.spend(each) for each in (people.mei, people.other)] == [0, 100 * (MOST_UNSEEN + 2)]


def test_it_goes_back_over_two_merges(people: OnePerson) -> None:
    """E15: who absorbed the other was absorbed too."""
    lin = people.enrol(MEI_LINE, brand="maru", now=NOON)
    people.become_one()
    early = people.sell("A-1", 400, people.by(MEI_EMAIL))
    people.merge(lin, people.mei, SINCE + SOON, key="M-2")
    late = people.sell("A-2", 500, people.by(MEI_EMAIL), at=SINCE + 2 * SOON)
    own = people.sell("A-3", 700, people.by(MEI_PHONE), at=SINCE + 2 * SOON)
    assert [each.survivor for each in (early, late, own)] == [people.mei, lin, lin]
    people.shop.refund(return_of(early, "R-1"), early.id, now=PARTED)
    assert people.shop.points(lin, now=PARTED) == 12

    middle = people.use.reverse(merge_id("M-2"), PARTED).merge
    assert [(each.came, each.earned, each.returned) for each in middle.transfers] == [(4, 12, 12)]
    assert people.spendable() == [12, 0]
    people.part(PARTED + SOON)

    assert (people.spendable(), people.shop.points(lin, now=LATER)) == ([7, 5], 0)
    people.shop.refund(return_of(late, "R-2"), late.id, now=LATER)
    people.shop.refund(return_of(own, "R-3"), own.id, now=LATER)
    assert people.spendable() == [0, 0]
    wallets = [people.shop.wallet(each) for each in (lin, people.mei, people.other)]
    assert [(each.lots, each.debts, each.bought, dict(each.counters)) for each in wallets] == [((), (), {}, {})] * 3
    assert people.contradictions(lin) == []
    assert people.are_sound()


def test_an_identity_that_was_looked_up_before_the_unmerge_leads_to_its_member(people: OnePerson) -> None:
    """E15, E18: whoever was overtaken books where the identity leads now."""
    people.become_one()
    found = people.by(MEI_EMAIL)
    people.part()
    sold = people.sell("A-1", 500, found, at=LATER)
    assert (sold.member, sold.survivor, people.spendable(LATER + SOON)) == (people.other, None, [0, 5])


def test_points_slide_with_what_was_done_under_their_own_name() -> None:
    """E5, E15: a refund after the unmerge withdraws one activity, and what the identity did beside it still counts."""
    people = OnePerson(point_currencies=SLIDING)
    people.sell("A-1", 700, people.by(MEI_EMAIL), at=NOON)
    people.become_one()
    people.sell("A-2", 200, people.by(MEI_EMAIL), at=NOON + 4 * DAY)
    sold = people.sell("A-3", 100, people.by(MEI_EMAIL), at=NOON + 6 * DAY)
    people.part(NOON + 7 * DAY)
    ends = {lot.expires_at for lot in people.shop.wallet(people.other).lots}

    people.shop.refund(return_of(sold), sold.id, now=NOON + 8 * DAY)

    (after,) = {lot.expires_at for lot in people.shop.wallet(people.other).lots}
    assert ends == {after + 2 * DAY if after else None}
    assert people.are_sound()


def test_an_erasure_after_the_unmerge_leaves_the_survivor_alone(people: OnePerson) -> None:
    """E25, E15: what was bought under a name lies with it."""
    people.become_one()
    sold = people.sell("A-1", 500, people.by(MEI_EMAIL))
    people.part()
    listed = people.shop.use.of_member
    assert [each.id for each in listed(people.other, brand="maru", after=None, limit=9).items] == [sold.id]
    assert not listed(people.mei, brand="maru", after=None, limit=9).items
