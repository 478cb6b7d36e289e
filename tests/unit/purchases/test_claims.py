"""M40 (補登): who forgot the card brings the receipt, once and in time, and earns as of the sale."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from huitou.kernel.errors import ContentReusedError
from huitou.points.membership import MemberNotFoundError
from huitou.program.model import GROUP
from huitou.purchases.decisions import ClaimTooLateError
from huitou.purchases.service import AlreadyClaimedError, PurchaseNotFoundError, ReceiptNotFoundError
from tests.builders import MEI, document, program, rule
from tests.purchases import LIN, NOON, SOON, Shop, bill

LIMIT = timedelta(days=14)
NEXT_DAY = NOON + timedelta(days=1)


def shop(*, sold: bool = True, **changes: object) -> Shop:
    """Mei and Lin are members; a sale was made to nobody."""
    opened = Shop(program(document(claim_limit_days=LIMIT.days, **changes)))
    opened.enrol(MEI)
    opened.enrol(LIN)
    if sold:
        opened.sell(bill(), None)
    return opened


def test_a_sale_without_a_member_is_kept_and_earns_nobody_anything() -> None:
    """M40."""
    huitou = shop(sold=False)

    recorded = huitou.sell(bill(), None)

    assert (recorded.purchase.member, recorded.entries, recorded.replayed) == (None, (), False)
    assert huitou.use.get(recorded.purchase.id, "maru").purchase == recorded.purchase
    assert huitou.points(MEI) == huitou.points(LIN) == 0


def test_a_claim_earns_as_of_the_sale() -> None:
    """M40, E20: points count and end from the sale on, not from the claim."""
    huitou = shop()
    sold_to_mei = shop(sold=False).sell(bill())

    claimed = huitou.claim(bill(), now=NEXT_DAY)

    (entry,) = claimed.entries
    assert (entry.amount, entry.effective_at, entry.recorded_at) == (10, NOON, NEXT_DAY)
    assert entry.changes == sold_to_mei.entries[0].changes
    assert claimed.purchase.claimed_at == NEXT_DAY
    assert huitou.points(now=NEXT_DAY) == 10
    assert huitou.ledger.contradictions() == []


def test_a_claim_earns_under_the_version_of_the_sale() -> None:
    """M40, M12: what was promised at the till holds, whatever has been published since."""
    huitou = shop()
    huitou.programs.publish(program(document(earning=[rule(points="7")]), version=2), NOON + SOON)

    claimed = huitou.claim(bill())

    assert [(entry.amount, entry.program_version) for entry in claimed.entries] == [(10, 1)]
    assert claimed.purchase.program_version == 1


def test_a_receipt_is_claimed_once() -> None:
    """M40: whoever comes second is told so, and gets nothing."""
    huitou = shop()
    huitou.claim(bill(), MEI)
    kept = huitou.everything()

    with pytest.raises(AlreadyClaimedError):
        huitou.claim(bill(), LIN)

    assert huitou.everything() == kept


def test_a_claim_repeated_by_the_same_member_gives_the_first_answer() -> None:
    """E14, M40: also when the time to claim is over by then."""
    huitou = shop()
    first = huitou.claim(bill())
    kept = huitou.everything()

    for now in (NEXT_DAY, NOON + LIMIT * 100):
        assert huitou.claim(bill(), now=now) == replace(first, replayed=True)
    assert huitou.everything() == kept


def test_a_purchase_that_was_somebodys_from_the_start_cannot_be_claimed() -> None:
    """M40."""
    huitou = shop(sold=False)
    huitou.sell(bill(), MEI)

    for member in (MEI, LIN):
        with pytest.raises(AlreadyClaimedError):
            huitou.claim(bill(), member)


def test_a_wrong_total_is_as_unknown_as_a_wrong_number() -> None:
    """M40: the same answer, so that numbers cannot be guessed; also once it is claimed."""
    huitou = shop()

    for _ in ("unclaimed", "claimed"):
        answers = []
        for attempt in (bill("A-1", total=999), bill("A-9")):
            with pytest.raises(ReceiptNotFoundError) as refusal:
                huitou.claim(attempt, LIN)
            answers.append(refusal.value.detail)
        assert len(set(answers)) == 1
        huitou.claim(bill())


def test_a_receipt_can_be_claimed_up_to_the_limit_and_not_later() -> None:
    """M40: within a set time."""
    in_time, too_late = shop(), shop()

    assert in_time.claim(bill(), now=NOON + LIMIT).entries
    with pytest.raises(ClaimTooLateError):
        too_late.claim(bill(), now=NOON + LIMIT + SOON)


def test_the_limit_is_that_of_the_programme_in_force() -> None:
    """M40: a longer time, once published, helps those who waited."""
    huitou = shop()
    huitou.programs.publish(program(document(claim_limit_days=60), version=2))

    assert huitou.claim(bill(), now=NOON + timedelta(days=30)).entries


def test_the_till_that_repeats_the_sale_after_the_claim_hears_that_it_is_known() -> None:
    """E14, M40: the sale as the till knows it has no member; that it found one since is no contradiction."""
    huitou = shop()
    huitou.claim(bill())
    kept = huitou.everything()

    again = huitou.sell(bill(), None)

    assert (again.replayed, again.purchase.member) == (True, MEI)
    assert huitou.everything() == kept


def test_a_till_that_names_a_member_for_a_claimed_sale_contradicts_itself() -> None:
    """E14: the first content had no member."""
    huitou = shop()
    huitou.claim(bill())

    for member in (MEI, LIN):
        with pytest.raises(ContentReusedError) as refusal:
            huitou.sell(bill(), member)
        assert [error.pointer for error in refusal.value.errors] == ["/member"]
        assert MEI not in refusal.value.errors[0].message or member == MEI


def test_a_sale_is_found_by_both_its_ids_after_the_claim() -> None:
    """M40: the id that the till was given keeps working."""
    huitou = shop(sold=False)
    before = huitou.sell(bill(), None).purchase.id

    after = huitou.claim(bill()).purchase.id

    assert before != after
    assert huitou.use.get(before, "maru") == huitou.use.get(after, "maru")


def test_a_claim_joins_the_member_to_the_brand_that_sold() -> None:
    """E31: a claim is a use."""
    huitou = Shop(program(document(claim_limit_days=14)))
    huitou.enrol(MEI, "sora")
    huitou.sell(bill(), None)

    huitou.claim(bill())

    assert set(huitou.wallet().brands) == {"sora", "maru"}


def test_a_claim_by_id_alone_joins_nobody() -> None:
    """E31: our own id proves nothing to a brand that does not know the member."""
    huitou = Shop(program(document(claim_limit_days=14)))
    huitou.enrol(MEI, "sora")
    huitou.sell(bill(), None)
    kept = huitou.everything()

    with pytest.raises(MemberNotFoundError):
        huitou.claim(bill(), presented=False)

    assert huitou.everything() == kept


def test_a_stranger_cannot_claim() -> None:
    """M40."""
    huitou = Shop()
    huitou.sell(bill(), None)

    with pytest.raises(MemberNotFoundError):
        huitou.claim(bill())


def test_another_brand_can_neither_claim_nor_read_it_and_the_group_can() -> None:
    """E31."""
    huitou = shop()

    with pytest.raises(ReceiptNotFoundError):
        huitou.claim(bill(), brand="sora")
    with pytest.raises(PurchaseNotFoundError):
        huitou.use.get(bill().receipt, "sora")
    assert huitou.use.get(bill().receipt, GROUP).purchase.member is None
    assert huitou.claim(bill(), brand=GROUP).purchase.member == MEI


def test_points_that_are_over_by_the_time_of_the_claim_are_booked_as_earned_and_expired() -> None:
    """E20, E5: the entries tell both, and the balance is what it would have been."""
    short = {"id": "points", "name": "Points", "expiry": {"type": "rolling_days", "days": 3}}
    huitou = shop(point_currencies=[short], earning=[rule()])

    huitou.claim(bill(), now=NOON + timedelta(days=10))

    assert huitou.ledger.story() == [("earn", 10), ("expire", -10)]
    assert huitou.ledger.contradictions() == []
