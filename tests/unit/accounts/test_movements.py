"""Who pays whom for what, case by case (M13). Points of maru honoured at sora cost 2 per 7 in January, 4 per 11 from
February on; a point is worth 1 per 3, from 10 February on 3 per 7."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from operator import attrgetter
from typing import Any

import pytest

from huitou.accounts.movements import count_movements
from huitou.points.moves import Expire, HandOver, Reinstate, TakeOver
from huitou.points.wallet import Cause
from huitou.program.terms import RefundPolicy
from tests.accounts import GROUP_PAYS, MEMBERS, Town, settled_program
from tests.builders import at

MEI, TOM, _ = MEMBERS
JANUARY, FEBRUARY, MARCH = at("2026-01-10 12:00"), at("2026-02-05 12:00"), at("2026-03-05 12:00")
FOREVER = {"type": "never"}
Paid = dict[tuple[str, str, str, str], tuple[int, Fraction]]


def town(**terms: Any) -> Town:
    """In January; ``terms`` as `settled_program` takes them, by default points do not end."""
    return Town(settled_program(**{"expiry": FOREVER, **terms}), JANUARY)


def paid(here: Town, currency: str = "points") -> Paid:
    """By month, payer, payee and reason: points and exact money, of all members."""
    found: Paid = {}
    for (_, kept), entries in here.entries.items():
        if kept == currency:
            for (month, _, payer, payee, reason), (points, money) in count_movements(entries, here.terms()).rows():
                before = found.get((month, payer, payee, reason), (0, Fraction(0)))
                found[month, payer, payee, reason] = (before[0] + int(points), before[1] + money)
    return found


def test_the_issuer_pays_who_honoured_its_points_at_the_price_of_the_day() -> None:
    here = town()
    here.earn(MEI, 100)
    here.redeem(MEI, 7)
    here.now = FEBRUARY
    here.redeem(MEI, 11)
    assert paid(here) == {
        ("2026-01", "maru", "sora", "redemption"): (7, Fraction(2)),
        ("2026-02", "maru", "sora", "redemption"): (11, Fraction(4)),
    }


def test_a_brand_that_honours_its_own_points_pays_nobody() -> None:
    here = town()
    here.earn(MEI, 100)
    here.redeem(MEI, 30, "maru")
    assert paid(here) == {}


def test_a_pair_without_a_price_settles_at_the_worth_of_the_day() -> None:
    here = town()
    here.earn(MEI, 100, "sora")
    here.redeem(MEI, 30, "maru")
    assert paid(here) == {("2026-01", "sora", "maru", "redemption"): (30, Fraction(10))}


def test_a_reversal_is_paid_back_at_the_price_of_the_redemption_in_its_own_month() -> None:
    """Whoever carries it out: the brand that had honoured the points pays them back."""
    here = town()
    here.earn(MEI, 100)
    spent = here.redeem(MEI, 7)
    here.now = FEBRUARY
    here.reverse(MEI, spent, "maru")
    assert paid(here) == {
        ("2026-01", "maru", "sora", "redemption"): (7, Fraction(2)),
        ("2026-02", "maru", "sora", "redemption"): (-7, Fraction(-2)),
    }


def test_points_that_were_given_keep_their_issuer_and_cost_nothing_on_the_way() -> None:
    here = town()
    here.earn(MEI, 100)
    here.send(MEI, 20, TOM)
    here.convert(MEI, 20)
    here.redeem(TOM, 14)
    assert paid(here) == {("2026-01", "maru", "sora", "redemption"): (14, Fraction(4))}
    assert paid(here, "stamps") == {}


def test_the_group_pays_for_its_campaigns_and_gets_its_share_of_refunds_back() -> None:
    """The share of what refunds take back, to the point; at the worth of the day of the sale."""
    here = town()
    sale = here.earn(MEI, 90, funded=30)
    here.now = MARCH
    for owed in (31, 59):
        here.refund(MEI, sale, owed)
    assert paid(here) == {
        ("2026-01", "group", "maru", "campaign"): (30, Fraction(10)),
        ("2026-03", "group", "maru", "campaign"): (-30, Fraction(-10)),
    }


@pytest.mark.parametrize("group_pays", [True, False])
def test_what_a_refund_waives_is_paid_to_the_issuer_by_whom_the_programme_names(group_pays: bool) -> None:
    """E1: where the brand itself bears it, nothing is paid."""
    here = town(bearers=GROUP_PAYS if group_pays else {})
    sale = here.earn(MEI, 30)
    here.redeem(MEI, 30, "maru")
    here.refund(MEI, sale, 30, RefundPolicy.WAIVE)
    assert paid(here) == ({("2026-01", "group", "maru", "waived"): (30, Fraction(10))} if group_pays else {})


def test_a_debt_is_borne_until_it_is_repaid_and_then_by_whose_points_repay_it() -> None:
    """E1: the bearer gets back what it paid, at the worth of then; the issuer of the new points pays the old one."""
    here = town()
    sale = here.earn(MEI, 30)
    here.redeem(MEI, 30, "maru")
    here.refund(MEI, sale, 30)
    here.now = MARCH
    here.earn(MEI, 12, "sora")
    assert paid(here) == {
        ("2026-01", "group", "maru", "debt"): (30, Fraction(10)),
        ("2026-03", "group", "maru", "debt"): (-12, Fraction(-4)),
        ("2026-03", "sora", "maru", "repayment"): (12, Fraction(12)),
    }


def test_points_given_by_hand_are_paid_to_their_issuer_and_points_taken_are_paid_back() -> None:
    here = town()
    here.adjust(MEI, 30)
    here.now = MARCH
    here.adjust(MEI, -7)
    assert paid(here) == {
        ("2026-01", "group", "maru", "adjustment"): (30, Fraction(10)),
        ("2026-03", "group", "maru", "adjustment"): (-7, Fraction(-3)),
    }


def test_points_of_a_campaign_are_paid_to_their_issuer_by_whom_the_programme_names() -> None:
    """M20: the group's own campaign, and a brand that bears its own, pay nobody."""
    here = town()
    here.give(MEI, 30)
    here.give(MEI, 6, "group")
    assert paid(here) == {("2026-01", "group", "maru", "campaign"): (30, Fraction(10))}
    here = town(bearers={})
    here.give(MEI, 30)
    assert paid(here) == {}


def test_courtesy_is_paid_to_the_issuer_whose_points_live_again() -> None:
    """E4, M11: by a reversal after their end, or by hand."""
    here = town(courtesy_days=10, expiry={"type": "rolling_days", "days": 30})
    here.earn(MEI, 60)
    spent = here.redeem(MEI, 30, "maru")
    here.now = JANUARY + timedelta(days=40)
    here.reverse(MEI, spent, "maru")
    (expired, *_) = [entry for entry in here.story(MEI) if entry.type == "expire"]
    here.do(MEI, Reinstate(expired, 10, "maru", "goodwill", "staff", here.cause("reinstatement")))
    assert paid(here) == {("2026-02", "group", "maru", "courtesy"): (60, Fraction(180, 7))}


def test_points_that_end_unspent_cost_nobody_anything() -> None:
    here = town()
    here.earn(MEI, 60)
    here.do(MEI, Expire("maru", "closed", "staff", here.cause("closing")))
    assert paid(here) == {}


def test_who_was_merged_owes_on_and_what_was_done_before_can_be_undone() -> None:
    """E15: the debt is repaid at the worth of its own day, the redemption at its own price; merging costs nothing."""
    here = town()
    sale = here.earn(MEI, 30)
    spent = here.redeem(MEI, 7)
    here.redeem(MEI, 23, "maru")
    here.refund(MEI, sale, 30)
    here.now = FEBRUARY
    handed = here.do(MEI, HandOver(TOM, Cause("merge", "m"))).entries[-1]
    here.do(TOM, TakeOver(handed.changes, handed.holds, handed.debts, MEI, handed.cause))
    here.reverse(TOM, spent)
    both = sorted((*here.story(MEI), *here.story(TOM)), key=attrgetter("recorded_at"))
    found = {key[0:1] + key[2:]: values for key, values in count_movements(both, here.terms()).rows()}
    assert found == {
        ("2026-01", "maru", "sora", "redemption"): (7, Fraction(2)),
        ("2026-01", "group", "maru", "debt"): (30, Fraction(10)),
        ("2026-02", "maru", "sora", "redemption"): (-7, Fraction(-2)),
        ("2026-02", "group", "maru", "debt"): (-7, Fraction(-7, 3)),
    }
