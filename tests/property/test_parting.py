"""Whatever two identities do while they are one, the unmerge gives each what was done with theirs (E13, E15)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from huitou.kernel.ids import Digest, MemberId
from huitou.merging.model import Merge
from huitou.merging.service import merge_id
from huitou.points.ledger import InsufficientPointsError, OutstandingDebtError
from huitou.points.service import Points
from huitou.points.wallet import Wallet
from huitou.program.terms import RefundPolicy
from huitou.purchases.model import Purchase
from huitou.purchases.refund_booking import Refunded
from huitou.purchases.refunds import AlreadyRefundedError, LineAsked, MoreThanBoughtError
from tests.builders import document, program, rule
from tests.ledger import order
from tests.members import MEI_EMAIL, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, Shop, bill, bread, return_of
from tests.soundness import totals

HOUR = timedelta(hours=1)
IDENTITIES = (MEI_PHONE, MEI_EMAIL)
CAPS: list[list[dict[str, str]]] = [[], [{"points": "30", "per": "lifetime"}], [{"points": "9", "per": "day"}]]
EXPIRIES = st.sampled_from([{"type": "never"}, {"type": "sliding", "days": 90}, {"type": "rolling_days", "days": 90}])


class Deed(NamedTuple):
    """What somebody does with one of the two identities. ``which`` is of the purchases or redemptions before."""

    who: int
    what: str
    points: int
    which: int


def deeds(*kinds: str) -> st.SearchStrategy[list[Deed]]:
    kind = st.sampled_from(kinds)
    return st.lists(st.builds(Deed, st.integers(0, 1), kind, st.integers(0, 40), st.integers(0, 9)), max_size=6)


ALL = deeds("buy", "buy", "redeem", "refund", "refund a line", "reverse")


@st.composite
def programs(draw: st.DrawFn) -> dict[str, Any]:
    """With caps, a bonus for the first purchase, tiers, points of two kinds that end in different ways."""
    rules = [rule(per="70", caps=draw(st.sampled_from(CAPS))), rule(id="stamps", currency="stamps", per="900")]
    if draw(st.booleans()):
        rules.append(
            {"id": "new", "name": "New", "currency": "points", "points": "5", "when": {"first_purchase": "group"}}
        )
    home = {"id": "points", "name": "Points", "expiry": draw(EXPIRIES), "pending_days": draw(st.sampled_from([0, 1]))}
    stamps = {"id": "stamps", "name": "Stamps", "brand": "maru", "expiry": {"type": "never"}}
    return document(point_currencies=[home, stamps], earning=rules, tiers=TIERS)


class Life(TwoRecords):
    """Two members who are one person for a while, in a shop where time goes on."""

    def __init__(self, written: dict[str, Any], policy: RefundPolicy = RefundPolicy.WAIVE) -> None:
        super().__init__(Shop(replace(program(written), refund_policy=policy)))
        shop = self.shop
        self.points = Points(shop.wallets, shop.ledger.commands, shop.programs, shop.table.commit, lambda _: None)
        self.both = [self.enrol(each, brand="maru", now=NOON) for each in IDENTITIES]
        self.now = NOON
        self.count = 0
        self.sold: list[Purchase] = []
        self.redeemed: list[Digest] = []
        self.refunded: list[Refunded] = []

    def live(self, done: list[Deed]) -> None:
        for deed in done:
            self.now += HOUR
            self.count += 1
            self._do(deed)
            assert self.are_sound()

    def become_one(self, key: str = "M-1") -> None:
        survivor, absorbed = self.both
        self.merge(survivor, absorbed, self.now, key)

    def part(self, key: str = "M-1") -> Merge:
        return self.use.reverse(merge_id(key), self.now).merge

    def refund(self, sale: Purchase, *lines: LineAsked) -> None:
        """The same again changes nothing."""
        self.count += 1
        asked = return_of(sale, f"R-{self.count}", *lines, occurred_at=self.now)
        with suppress(AlreadyRefundedError, MoreThanBoughtError):
            made = self.shop.refund(asked, sale.id, now=self.now)
            assert self.shop.refund(asked, sale.id, now=self.now) == replace(made, replayed=True)
            self.refunded.append(made)

    def refund_all(self) -> None:
        for sale in self.sold:
            self.now += HOUR
            self.refund(sale)

    def are_sound(self) -> bool:
        """E13: each for itself, and over both."""
        if any(map(self.contradictions, self.both)):
            return False
        sums = [totals(self.entries(each, "points")) for each in self.both]
        return sum(each.sent for each in sums) == sum(each.received for each in sums)

    def states(self) -> list[Any]:
        """What both have, once what is due is booked, without what counts writes."""
        for member in self.both:
            for currency in self.wallets(member):
                self.points.settle(member, currency, self.now)
        return [
            (self.spend(each), self.tier(each, self.now), [_plain(wallet) for _, wallet in self._kept(each)])
            for each in self.both
        ]

    def _kept(self, member: MemberId) -> list[tuple[str, Wallet]]:
        """Also what was opened for nothing is nothing."""
        found = self.wallets(member).items()
        return sorted((currency, each) for currency, each in found if each.lots or each.brands)

    def _do(self, deed: Deed) -> None:
        found = self.by(IDENTITIES[deed.who])
        match deed.what:
            case "buy":
                basket = (bread(deed.points * 100), bread(deed.which * 100, sku="cake"))
                sale = bill(f"A-{self.count}", *basket, occurred_at=self.now)
                self.sold.append(self.shop.sell(sale, found, now=self.now).purchase)
            case "redeem":
                spent = order(f"S-{self.count}", deed.points + 1, member=found.id)
                with suppress(InsufficientPointsError, OutstandingDebtError):
                    self.points.redeem(spent, presented=True, now=self.now, identity_of=found.identity_of)
                    self.redeemed.append(spent.id)
            case "reverse" if self.redeemed:
                redemption = self.redeemed[deed.which % len(self.redeemed)]
                made = self.points.reverse(redemption, brand="maru", now=self.now)
                assert self.points.reverse(redemption, brand="maru", now=self.now).entry == made.entry
            case "refund" if self.sold:
                self.refund(self.sold[deed.which % len(self.sold)])
            case "refund a line" if self.sold:
                self.refund(self.sold[deed.which % len(self.sold)], LineAsked(deed.points % 2, None, None))


def _plain(wallet: Wallet) -> Any:
    """Lots by what they are, not by the numbers that they happened to get."""
    lots = sorted((replace(lot, number=0) for lot in wallet.lots), key=repr)
    counters = {key: points for key, points in wallet.counters.items() if points}
    return wallet.currency, lots, wallet.debts, counters, wallet.bought, set(wallet.brands), wallet.absorbed


@settings(max_examples=60, deadline=None)
@given(written=programs(), before=ALL, between=ALL, later=ALL, policy=st.sampled_from(RefundPolicy))
def test_nothing_is_lost_or_made_whoever_does_what_while_they_are_one(
    written: dict[str, Any], before: list[Deed], between: list[Deed], later: list[Deed], policy: RefundPolicy
) -> None:
    """E13, E15: after each step; and a second merge, undone at once, leaves no trace of either."""
    life = Life(written, policy)
    life.live(before)
    life.become_one()
    life.live(between)
    undone = life.part()
    assert life.are_sound()
    assert all((each.returned or 0) >= 0 for each in undone.transfers)
    life.live(later)
    owed = [(-entry.amount + entry.waived + entry.debt) for each in life.refunded for entry in each.entries]
    assert owed == [each.points for made in life.refunded for each in made.refund.owed]
    stood = life.states()
    life.become_one("M-2")
    life.part("M-2")
    assert life.states() == stood
    assert life.are_sound()


@settings(max_examples=60, deadline=None)
@given(written=programs(), before=deeds("buy"), between=deeds("buy", "buy", "refund", "refund a line"))
def test_refunding_everything_after_an_unmerge_leaves_nothing(
    written: dict[str, Any], before: list[Deed], between: list[Deed]
) -> None:
    """E1, E2, E15: each refund takes from the lots of its purchase, in the wallet that they went to."""
    life = Life(written)
    life.live(before)
    life.become_one()
    life.live(between)
    life.part()
    life.refund_all()
    assert all(entry.waived == entry.debt == 0 for each in life.refunded for entry in each.entries)
    for member in life.both:
        for wallet in life.wallets(member).values():
            assert (wallet.lots, wallet.debts, wallet.bought) == ((), (), {})
            assert not any(wallet.counters.values())
        assert life.spend(member) == 0
    assert life.are_sound()


@settings(max_examples=60, deadline=None)
@given(before=deeds("buy"), between=deeds("buy"), later=deeds("buy", "refund"), who=st.integers(0, 1))
def test_where_only_one_bought_both_end_as_if_they_had_never_been_one(
    before: list[Deed], between: list[Deed], later: list[Deed], who: int
) -> None:
    """E15: points with their lots, caps, purchases, brands, progress and tiers."""
    home = {
        "id": "points",
        "name": "Points",
        "expiry": {"type": "rolling_days", "days": 90},
        "pending_days": 1,
    }
    written = document(
        point_currencies=[home], tiers=TIERS, earning=[rule(caps=[{"points": "9000", "per": "lifetime"}])]
    )
    one, two = Life(written), Life(written)
    for life, merges in ((one, True), (two, False)):
        life.live(before)
        if merges:
            life.become_one()
        life.live([deed._replace(who=who) for deed in between])
        if merges:
            life.part()
        life.live(later)
    assert one.states() == two.states()
