"""Two regular customers who are one person (E13, E15): hundreds of lots each, in memory and on DynamoDB.

In memory a wallet is one object; in DynamoDB its lots lie on pages. What becomes of them is the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from huitou.kernel.ids import Digest, MemberId
from huitou.merging.service import merge_id
from huitou.points.decisions import Adjust, Earn, PlaceHold, Redeem, Settle
from huitou.points.earning import Earning
from huitou.points.wallet import Cause, Lot, Wallet
from huitou.simulator.memory import MemoryTable
from tests.builders import document, program, rule
from tests.contract.targets import AnyTable
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TwoRecords
from tests.purchases import NOON, Shop

WEEK = timedelta(days=7)
RULES = document(
    earning=[rule(), rule(id="beans", currency="beans")],
    point_currencies=[
        {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 210}},
        {"id": "beans", "name": "Beans", "expiry": {"type": "sliding", "days": 90}},
    ],
)
LOTS = {"points": 600, "beans": 300}
SLIDING = 24
"""Beans of purchases, which follow what the member does."""


class Regulars(TwoRecords):
    """Mei with her phone number, and with an address of hers that is another member."""

    def __init__(self, table: AnyTable) -> None:
        super().__init__(Shop(program(RULES), table))
        self.mei = self.enrol(MEI_PHONE, brand="maru", now=NOON)
        self.other = self.enrol(MEI_EMAIL, brand="sora", now=NOON)
        for member in (self.mei, self.other):
            for currency, lots in LOTS.items():
                self.give_lots(member, currency, lots, NOON)
            bought = (NOON - timedelta(days=number) for number in range(SLIDING, 0, -1))
            earned = [Earn(Earning(40, ()), "maru", when, Cause("purchase", str(when))) for when in bought]
            self.carry_out(member, "beans", earned, NOON)
        hold = PlaceHold(Digest("H" * 26), 500, "maru", NOON + 2 * WEEK, Cause("hold", "H"))
        self.carry_out(self.other, "points", [hold], NOON)

    def settle(self, now: datetime) -> None:
        """As the clock does, in steps, before anybody asks."""
        for currency in LOTS:
            while self.shop.wallet(self.mei, currency).due_by(now):
                self.carry_out(self.mei, currency, [Settle()], now)

    def kept(self) -> list[Wallet]:
        """Of both, as far as points go, however the store keeps them."""
        members = (self.mei, self.other)
        return [as_kept(wallet) for member in members for wallet in self.wallets(member).values()]

    def is_sound(self) -> bool:
        return self.contradictions(self.mei) == self.contradictions(self.other) == []


def as_kept(wallet: Wallet) -> Wallet:
    return replace(wallet, version=0, next_lot=0, folds=0, recorded_at=NOON, pages=())


class Told(NamedTuple):
    """A wallet, whoever's it is: each enrolment gives an id of its own."""

    lots: list[tuple[Lot, int | None]]
    held: list[int]


def told(wallet: Wallet) -> Told:
    lots = [(replace(lot, origin=None), lot.origin.number if lot.origin else None) for lot in wallet.lots]
    return Told(lots, [hold.points for hold in wallet.holds])


def test_regular_customers_become_one_and_two_again_without_a_trace(table: AnyTable) -> None:
    """E15: all that both have goes over in one commit and, if nothing happens between, back to its place."""
    people = Regulars(table)
    before, theirs = people.kept(), people.wallets(people.other)

    people.merge(people.mei, people.other, NOON)
    together = people.wallets(people.mei)
    sound = people.is_sound()
    people.use.reverse(merge_id("M-1"), NOON)

    for currency, lots in LOTS.items():
        came = [lot for lot in together[currency].lots if lot.origin]
        assert [replace(lot, number=lot.origin.number, origin=None) for lot in came if lot.origin] == [
            *theirs[currency].lots
        ]
        assert len(together[currency].lots) - len(came) >= lots
    assert [hold.points for hold in together["points"].holds] == [500]
    assert people.kept() == before
    assert sound
    assert people.is_sound()


def test_what_regular_customers_do_between_comes_to_the_same_wherever_lots_lie(table: AnyTable) -> None:
    """E13, E15: lots end, pay, are added and slide with what is done; the hold ends; what remains goes back."""
    stories = [whole_story(Regulars(each)) for each in (table, MemoryTable())]

    assert stories[0] == stories[1]


def whole_story(people: Regulars) -> list[Told]:
    """Every wallet after the merge, after what was done as one person, and after the unmerge."""
    kept: list[Told] = []

    def tell(*members: MemberId) -> None:
        kept.extend(told(wallet) for member in members for wallet in people.wallets(member).values())
        assert people.is_sound()

    people.merge(people.mei, people.other, NOON)
    tell(people.mei)
    later = NOON + WEEK
    people.settle(later)
    for currency in LOTS:
        redeem = Redeem(3000, "maru", Cause("redemption", currency), identity_of=people.other)
        people.carry_out(people.mei, currency, [redeem, Adjust(7, "sora", "goodwill", "staff", Cause("x", "1"))], later)
    tell(people.mei)
    later += WEEK
    people.settle(later)
    people.use.reverse(merge_id("M-1"), later)
    tell(people.mei, people.other)
    return kept
