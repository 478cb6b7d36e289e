"""Two members who are one person (M2, E15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from huitou.kernel.channels import MessageChannel
from huitou.kernel.errors import ContentReusedError, InvalidError, MemberMovedError
from huitou.kernel.ids import Digest, MemberId
from huitou.members.consents import Word
from huitou.members.model import ConsentKey, Profile
from huitou.merging.service import (
    MOST_LOTS,
    AlreadyMergedError,
    TooManyAbsorbedError,
    TooMuchToMergeError,
    merge_id,
)
from huitou.points.decisions import Capture, PlaceHold, Redeem, decide
from huitou.points.membership import MemberNotFoundError
from huitou.points.wallet import Cause, Debt, EntryType, Origin
from tests.builders import document, program, rule
from tests.members import MEI_EMAIL, MEI_LINE, MEI_PHONE
from tests.merging import TIERS, TwoRecords
from tests.purchases import NOON, SOON, Shop, bill, bread

NEXT_DAY = NOON + timedelta(days=1)
CAPPED = rule(caps=[{"points": "50", "per": "lifetime"}])


@pytest.fixture
def people() -> TwoRecords:
    return TwoRecords(Shop(program(document(tiers=TIERS))))


@pytest.fixture
def mei(people: TwoRecords) -> MemberId:
    return people.enrol(MEI_PHONE, brand="maru", now=NOON)


@pytest.fixture
def other(people: TwoRecords) -> MemberId:
    """Mei as well, as it turns out."""
    return people.enrol(MEI_EMAIL, brand="sora", now=NOON, profile=Profile(birthday=date(1990, 3, 4)))


def test_lots_keep_end_issuer_and_where_they_came_from(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15."""
    people.shop.sell(bill("A-1"), mei)
    people.shop.sell(bill("A-2", bread(2000), occurred_at=NOON + SOON), other)
    (theirs,) = people.wallets(other)["points"].lots
    people.merge(mei, other, NEXT_DAY)
    own, came = people.wallets(mei)["points"].lots
    assert own.origin is None
    assert came == replace(theirs, number=came.number, origin=Origin(other, theirs.number))
    assert people.wallets(other)["points"].lots == ()
    assert people.contradictions(mei) == people.contradictions(other) == []


def test_the_other_id_leads_to_the_survivor(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15: for reads and writes."""
    people.merge(mei, other, NEXT_DAY)
    with pytest.raises(MemberMovedError) as moved:
        people.enrolment.get(other, "group")
    assert moved.value.to == mei
    with pytest.raises(MemberMovedError):
        people.shop.sell(bill("A-1", occurred_at=NEXT_DAY), other)


def test_identities_lead_to_the_survivor(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    people.merge(mei, other, NEXT_DAY)
    assert people.enrolment.look_up(MEI_EMAIL, "sora").member.id == mei
    assert people.record(mei).profile.birthday == date(1990, 3, 4)
    assert people.shop.states.load(mei).record.birthday == (3, 4)


def test_progress_is_summed(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15: 2000 here and 2000 there are silver."""
    people.shop.sell(bill("A-1", bread(2000)), mei)
    people.shop.sell(bill("A-2", bread(2000)), other)
    people.merge(mei, other, NEXT_DAY)
    assert people.tier(mei, NEXT_DAY + SOON) == "silver"
    people.use.reverse(merge_id("M-1"), NEXT_DAY + SOON)
    assert people.tier(mei, NEXT_DAY + 2 * SOON) == people.tier(other, NEXT_DAY + 2 * SOON) == "basic"


def test_caps_are_summed() -> None:
    """E15, E12: 30 of 50 here and 20 there leave nothing."""
    people = TwoRecords(Shop(program(document(earning=[CAPPED]))))
    mei = people.enrol(MEI_PHONE, brand="maru", now=NOON)
    other = people.enrol(MEI_EMAIL, brand="maru", now=NOON)
    people.shop.sell(bill("A-1", bread(3000)), mei)
    people.shop.sell(bill("A-2", bread(2000)), other)
    people.merge(mei, other, NEXT_DAY)
    people.shop.sell(bill("A-3", bread(9000), occurred_at=NEXT_DAY + SOON), mei)
    assert people.shop.points(mei, now=NEXT_DAY + 3 * SOON) == 50


def test_holds_and_debt_move_with_their_lots(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15: a hold that was placed before is captured after."""
    shop = people.shop
    shop.sell(bill("A-1"), mei)
    shop.sell(bill("A-2", bread(2000)), other)
    wallet = shop.wallet(other)
    key = Digest("H" * 26)
    hold = PlaceHold(key, 15, "maru", NEXT_DAY + timedelta(days=1), Cause("hold", key))
    held = decide(wallet, hold, shop.programs.active(), NOON + 2 * SOON)
    owing = replace(held, wallet=replace(held.wallet, debts=(Debt(f"{other}-01KAJ", "maru", 4),)))
    shop.table.commit(shop.wallets.save(wallet, owing))
    people.merge(mei, other, NEXT_DAY)
    balance = shop.wallet(mei).balance(NEXT_DAY)
    assert (balance.spendable, balance.held, balance.debt) == (15, 15, 4)
    captured = decide(shop.wallet(mei), Capture(key, 15, Cause("capture", key)), shop.programs.active(), NEXT_DAY)
    assert captured.wallet.balance(NEXT_DAY).held == 0
    people.use.reverse(merge_id("M-1"), NEXT_DAY)
    assert (shop.wallet(other).lots, shop.wallet(other).holds) == (owing.wallet.lots, owing.wallet.holds)
    assert shop.wallet(other).debts == owing.wallet.debts


def test_consent_is_the_stricter_of_both(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15: of two words the no; silence is no word."""
    about, quiet = ConsentKey(MessageChannel.SMS, "group", "offers"), ConsentKey(MessageChannel.LINE, "group", "offers")
    people.consents.give(mei, about, Word(True, "app"), "group", NOON)
    people.consents.give(other, about, Word(False, "till"), "group", NOON)
    people.consents.give(other, quiet, Word(True, "till"), "group", NOON)
    people.merge(mei, other, NEXT_DAY)
    consents = people.record(mei).consents
    assert (consents[about].granted, consents[quiet].granted) == (False, True)
    people.use.reverse(merge_id("M-1"), NEXT_DAY)
    assert {key: each.granted for key, each in people.record(mei).consents.items()} == {about: True}


def test_lots_of_the_identity_used_go_first(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15."""
    people.shop.sell(bill("A-1"), mei)
    people.shop.sell(bill("A-9"), other)
    people.merge(mei, other, NEXT_DAY)
    wallet, rules = people.shop.wallet(mei), people.shop.programs.active()
    for identity_of in (None, other):
        spent = decide(wallet, Redeem(5, "maru", Cause("redemption", "R"), identity_of), rules, NEXT_DAY)
        (change,) = spent.entries[-1].changes
        assert (change.lot.origin.member if change.lot.origin else None) == identity_of


def test_what_the_others_lots_paid_stays_paid_and_is_listed(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15."""
    shop = people.shop
    shop.sell(bill("A-1"), mei)
    shop.sell(bill("A-2", bread(2000)), other)
    people.merge(mei, other, NEXT_DAY)
    wallet = shop.wallet(mei)
    command = Redeem(12, "maru", Cause("redemption", "R"), other)
    shop.table.commit(shop.wallets.save(wallet, decide(wallet, command, shop.programs.active(), NEXT_DAY + SOON)))
    undone = people.use.reverse(merge_id("M-1"), NEXT_DAY + 2 * SOON).merge
    assert [(each.came, each.returned) for each in undone.transfers] == [(20, 8)]
    now = NEXT_DAY + 2 * SOON
    assert (shop.points(mei, now=now), shop.points(other, now=now)) == (10, 8)


def test_a_merge_happens_once(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E14."""
    assert not people.merge(mei, other, NEXT_DAY).replayed
    assert people.merge(mei, other, NEXT_DAY + SOON).replayed
    with pytest.raises(ContentReusedError):
        people.merge(other, mei, NEXT_DAY)
    with pytest.raises(AlreadyMergedError):
        people.merge(mei, other, NEXT_DAY, key="M-2")
    assert not people.use.reverse(merge_id("M-1"), NEXT_DAY).replayed
    assert people.use.reverse(merge_id("M-1"), NEXT_DAY).replayed


def test_five_members_can_be_absorbed_and_no_more(people: TwoRecords, mei: MemberId) -> None:
    """E15."""
    others = [people.enrol(replace(MEI_LINE, value=f"U{each}"), brand="maru", now=NOON) for each in range(6)]
    for number, each in enumerate(others[:5]):
        people.merge(mei, each, NEXT_DAY, key=f"M-{number}")
    with pytest.raises(TooManyAbsorbedError):
        people.merge(mei, others[5], NEXT_DAY, key="M-6")


def test_nobody_is_merged_with_themselves_or_with_nobody(people: TwoRecords, mei: MemberId) -> None:
    with pytest.raises(InvalidError):
        people.merge(mei, mei, NEXT_DAY)
    with pytest.raises(MemberNotFoundError):
        people.merge(mei, MemberId("01JMEMBERMEM0000000000N0NE"), NEXT_DAY)


def test_purchases_of_both_are_listed_together(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15: a merge moves no facts, the survivor reads both."""
    for number, who in enumerate((mei, other, mei, other, mei)):
        people.shop.sell(bill(f"A-{number}", occurred_at=NOON + number * SOON), who)
    people.merge(mei, other, NEXT_DAY)
    shown, cursor = [], None
    while True:
        page = people.shop.use.of_member(mei, brand="group", after=cursor, limit=2)
        shown += [purchase.number for purchase in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert shown == ["A-4", "A-3", "A-2", "A-1", "A-0"]


def test_a_receipt_of_before_is_known_under_either_name(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E14, E15: the member of a purchase is compared after the alias."""
    people.shop.sell(bill("A-1"), other)
    people.merge(mei, other, NEXT_DAY)
    again = people.shop.sell(bill("A-1"), mei)
    assert (again.replayed, again.purchase.member) == (True, other)


def test_nothing_is_booked_any_more_for_who_was_merged(people: TwoRecords, mei: MemberId, other: MemberId) -> None:
    """E15: whoever still holds the wallet of before is sent on."""
    people.shop.sell(bill("A-1"), other)
    people.merge(mei, other, NEXT_DAY)
    redeeming = Redeem(1, "maru", Cause("redemption", "R-2"))
    with pytest.raises(MemberMovedError):
        decide(people.shop.wallet(other), redeeming, people.shop.programs.active(), NEXT_DAY)


def test_what_no_transaction_holds_is_not_merged(
    people: TwoRecords, mei: MemberId, other: MemberId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M2: neither more items than one has nor an entry of more lots than an item holds; nothing is changed."""
    people.give_lots(other, "points", MOST_LOTS + 1, NOON)
    before = people.wallets(mei), people.wallets(other)
    with pytest.raises(TooMuchToMergeError, match="4001 lots of one currency"):
        people.merge(mei, other, NOON)
    monkeypatch.setattr("huitou.merging.service.MOST_WRITES", 5)
    with pytest.raises(TooMuchToMergeError, match="writes, and one transaction has at most 5"):
        people.merge(other, mei, NOON)
    assert (people.wallets(mei), people.wallets(other)) == before


def test_what_fell_due_meanwhile_is_booked_before_and_takes_no_room(
    people: TwoRecords, mei: MemberId, other: MemberId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E22: forty instants of each, of which the clock has booked none; each is an entry."""
    for member in (mei, other):
        people.give_lots(member, "points", 500, NOON)
    monkeypatch.setattr("huitou.merging.service.MOST_WRITES", 12)
    late = NOON + timedelta(days=40)
    people.merge(mei, other, late)
    handed, taken = (people.entries(member, "points")[-1] for member in (other, mei))
    assert (handed.type, taken.type) == (EntryType.HAND_OVER, EntryType.TAKE_OVER)
    assert not people.wallets(mei)["points"].due_by(late)
    assert people.contradictions(mei) == people.contradictions(other) == []
